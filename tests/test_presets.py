"""Presets are the published recipes, layer by layer and number by number."""

import dataclasses
import functools

import keras
import numpy as np
import pytest
from keras import layers

from keras_gan import AveragedGenerator, build_composite
from keras_gan.errors import UserError
from keras_gan.gan.losses import GanLoss
from keras_gan.gan.step import GanStep
from keras_gan.presets import PRESETS
from keras_gan.registry import CALLBACKS, COMMANDS, LOSSES, NETWORKS
from keras_gan.runs.building import build_networks
from keras_gan.settings import SETTINGS, configure


@functools.cache
def composite_of(preset):
    """Built once for all tests that only look at it."""
    return build_networks(configure(preset))


def described(model):
    """Each layer in a few words, as the recipes have them."""
    words = []
    for layer in model.layers:
        config = layer.get_config()
        if isinstance(layer, layers.Dense):
            words.append(f"Dense {layer.units} {config['activation']}")
        elif isinstance(layer, (layers.Conv2D, layers.Conv2DTranspose)):
            (size, same), (stride, _) = layer.kernel_size, layer.strides
            assert size == same
            words.append(
                f"{type(layer).__name__} {layer.filters} {size}x{size} stride {stride} "
                f"{config['activation']}"
            )
        elif isinstance(layer, layers.LeakyReLU):
            words.append(f"LeakyReLU {layer.negative_slope:g}")
        elif isinstance(layer, layers.Dropout):
            words.append(f"Dropout {layer.rate:g}")
        elif isinstance(layer, layers.Reshape):
            words.append(f"Reshape {layer.target_shape}")
        elif isinstance(layer, layers.Rescaling):
            words.append(f"Rescaling {layer.scale:g} {layer.offset:+g}")
        else:
            words.append(type(layer).__name__)
    return words


def hidden(widths, *after):
    return [word for width in widths for word in (f"Dense {width} linear", *after)]


RECIPES = {
    "tutorial": {
        "generator": [
            "Dense 6272 linear",
            "LeakyReLU 0.2",
            "Reshape (7, 7, 128)",
            "Conv2DTranspose 128 4x4 stride 2 linear",
            "LeakyReLU 0.2",
            "Conv2DTranspose 128 4x4 stride 2 linear",
            "LeakyReLU 0.2",
            "Conv2D 1 7x7 stride 1 sigmoid",
        ],
        "discriminator": [
            *(["Conv2D 64 3x3 stride 2 linear", "LeakyReLU 0.2", "Dropout 0.4"] * 2),
            "Flatten",
            "Dense 1 linear",
        ],
        "parameters": (1_164_289, 40_705),
        "latent_dim": 100,
        "settings": {
            "epochs": 100,
            "latent_distribution": "normal",
            "batch_size": 128,
            "fresh_latents": 2,
            "learning_rate": 2e-4,
            "beta_1": 0.5,
            "label_smoothing": 0,
        },
    },
    "mlp": {
        "generator": [
            *hidden([256, 256], "ReLU"),
            "Dense 784 tanh",
            "Rescaling 0.5 +0.5",
            "Reshape (28, 28, 1)",
        ],
        "discriminator": [
            "Rescaling 2 -1",
            "Flatten",
            *hidden([256, 256], "LeakyReLU 0.2"),
            "Dense 1 linear",
        ],
        "parameters": (283_920, 267_009),
        "latent_dim": 64,
        "settings": {
            "epochs": 300,
            "latent_distribution": "normal",
            "batch_size": 100,
            "fresh_latents": 1,
            "learning_rate": 2e-4,
            "beta_1": 0.9,
            "label_smoothing": 0,
        },
    },
    "mlp-dropout": {
        "generator": [
            *hidden([32, 64, 128], "LeakyReLU 0.2", "Dropout 0.3"),
            "Dense 784 tanh",
            "Rescaling 0.5 +0.5",
            "Reshape (28, 28, 1)",
        ],
        "discriminator": [
            "Rescaling 2 -1",
            "Flatten",
            *hidden([128, 64, 32], "LeakyReLU 0.2", "Dropout 0.3"),
            "Dense 1 linear",
        ],
        "parameters": (114_800, 110_849),
        "latent_dim": 100,
        "settings": {
            "epochs": 100,
            "latent_distribution": "uniform",
            "batch_size": 64,
            "fresh_latents": 1,
            "learning_rate": 2e-3,
            "beta_1": 0.9,
            "label_smoothing": 0.1,
        },
    },
}


@pytest.mark.parametrize("preset", RECIPES)
def test_a_preset_is_the_published_recipe(preset):
    recipe, config = RECIPES[preset], configure(preset=preset)
    composite = composite_of(preset)
    networks = (composite.generator, composite.discriminator)
    assert described(composite.generator) == recipe["generator"]
    assert described(composite.discriminator) == recipe["discriminator"]
    assert tuple(network.count_params() for network in networks) == recipe["parameters"]
    assert composite.generator.input_shape == (None, recipe["latent_dim"])
    found = {name: getattr(config, name) for name in recipe["settings"]}
    assert found == recipe["settings"]
    # nothing of ours on top: no penalty, no average
    assert (config.loss, config.penalty, config.average, config.discriminator_steps) == (
        *("bce", 0, 0),
        1,
    )
    for model in (composite, composite.discriminator):
        assert isinstance(model.optimizer, keras.optimizers.Adam)
        assert float(model.optimizer.learning_rate) == pytest.approx(config.learning_rate)
        assert (model.optimizer.beta_1, model.optimizer.beta_2) == (config.beta_1, 0.999)


@pytest.mark.parametrize("preset", ["mlp", "mlp-dropout"])
def test_fully_connected_networks_begin_as_their_pytorch_projects_do(preset):
    composite = composite_of(preset)
    for network in (composite.generator, composite.discriminator):
        for layer in [layer for layer in network.layers if isinstance(layer, layers.Dense)]:
            inputs, _ = layer.kernel.shape
            kernel, bias = (np.abs(weights) * inputs**0.5 for weights in layer.get_weights())
            assert 0.9 < kernel.max() <= 1 + 1e-6
            assert 0 < bias.min() <= bias.max() <= 1 + 1e-6
            assert abs(kernel.mean() - 0.5) < 0.15
            if bias.size > 100:
                assert abs(bias.mean() - 0.5) < 0.15


def test_dcgan_keeps_the_papers_rules():
    config = configure(preset="dcgan")
    assert (config.learning_rate, config.beta_1, config.loss) == (2e-4, 0.5, "bce")
    composite = composite_of("dcgan")
    assert described(composite.generator) == [
        "Dense 6272 linear",
        "BatchNormalization",
        "ReLU",
        "Reshape (7, 7, 128)",
        "Conv2DTranspose 64 5x5 stride 2 linear",
        "BatchNormalization",
        "ReLU",
        "Conv2DTranspose 1 5x5 stride 2 tanh",
        "Rescaling 0.5 +0.5",
    ]
    assert described(composite.discriminator) == [
        "Rescaling 2 -1",
        "Conv2D 64 5x5 stride 2 linear",
        "LeakyReLU 0.2",
        "Conv2D 128 5x5 stride 2 linear",
        "BatchNormalization",
        "LeakyReLU 0.2",
        "Flatten",
        "Dense 1 linear",
    ]
    for layer in composite._flatten_layers():
        if hasattr(layer, "kernel_initializer"):
            assert layer.kernel_initializer.stddev == 0.02


@pytest.mark.parametrize("preset", ["wgan-gp", "lsgan", "hinge"])
def test_the_presets_of_a_loss_are_the_default_networks_with_it(preset):
    config = configure(preset=preset)
    plain = configure(clusters=0, learning_rate_decay=0.0)
    assert (config.loss, config.networks, config.label_smoothing) == (preset, "default", 0)
    if preset == "wgan-gp":
        assert (config.penalty, config.beta_1) == (10, 0)
    else:
        assert dataclasses.replace(config, preset="default", loss="bce") == plain


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("adam", keras.optimizers.Adam),
        ("rmsprop", keras.optimizers.RMSprop),
        ("sgd", keras.optimizers.SGD),
    ],
)
def test_both_sides_get_the_optimizer_that_was_asked_for(name, kind):
    composite = build_networks(configure(preset="mlp", optimizer=name, learning_rate=0.25))
    for model in (composite, composite.discriminator):
        assert type(model.optimizer) is kind
        assert float(model.optimizer.learning_rate) == 0.25


@pytest.mark.parametrize("preset", PRESETS)
def test_the_images_of_every_preset_are_from_0_to_1(preset):
    generator = composite_of(preset).generator
    latents = 3 * np.random.default_rng(0).standard_normal((8, *generator.input_shape[1:]))
    images = keras.ops.convert_to_numpy(generator(latents.astype("float32")))
    assert images.shape == (8, 28, 28, 1)
    assert images.min() >= 0
    assert images.max() <= 1


def take_step(composite, config, n, compiled=False):
    composite.run_eagerly = not compiled
    rng, latent_dim = np.random.default_rng(0), composite.input_shape[1]
    batches = []
    for _ in range(config.discriminator_steps):
        images = rng.uniform(size=(n, 28, 28, 1)).astype("float32")
        latents = rng.standard_normal((n, latent_dim), dtype="float32")
        random = composite.penalized_discriminator.penalty.draw(rng, images)
        batches.append((images, latents, random))
    return GanStep(composite)(batches)


@pytest.mark.parametrize("preset", PRESETS)
def test_mixed_precision_is_that_of_keras_and_what_is_drawn_is_not(preset):
    config = configure(preset=preset, mixed_precision=True)
    composite = build_networks(config)
    policies = {layer.dtype_policy.name for layer in composite._flatten_layers()}
    assert policies >= {"mixed_bfloat16", "float32"}
    assert composite.generator.layers[-1].compute_dtype == "float32"
    assert composite.discriminator.layers[-1].compute_dtype == "float32"
    assert {variable.dtype for variable in composite.trainable_variables} == {"float32"}
    assert keras.config.dtype_policy().name == "float32"
    logs = take_step(composite, config, n=2, compiled=preset == "mlp")
    assert np.isfinite(list(logs.values())).all()
    average = AveragedGenerator(composite.generator, config.average)
    policies = {layer.dtype_policy.name for layer in average.generator._flatten_layers()}
    assert policies == {"float32"}
    for before, after in zip(
        composite.generator.get_weights(), average.generator.get_weights(), strict=True
    ):
        np.testing.assert_array_equal(before, after)


def test_a_step_in_mixed_precision_is_nearly_that_in_full():
    logs = []
    for mixed in (False, True):
        keras.utils.set_random_seed(0)
        config = configure(mixed_precision=mixed)
        logs.append(take_step(build_networks(config), config, n=16))
    for name in ("d_loss", "g_loss", "real_score", "fake_score"):
        assert logs[1][name] == pytest.approx(logs[0][name], rel=0.05)
        assert logs[1][name] != logs[0][name]


def test_what_can_be_chosen_is_what_there_is():
    """The settings offer what is registered, and each of that is where it is said to be."""
    assert tuple(SETTINGS["networks"].metadata["kind"].names) == tuple(NETWORKS)
    assert tuple(SETTINGS["loss"].metadata["kind"].names) == tuple(LOSSES)
    assert all(callable(build) for build in NETWORKS.values())
    assert all(isinstance(loss, GanLoss) for loss in LOSSES.values())
    assert all(issubclass(callback, keras.callbacks.Callback) for callback in CALLBACKS.values())
    assert all(command.HELP for command in COMMANDS.values())


@pytest.mark.parametrize("networks", NETWORKS)
def test_the_setting_for_dropout_reaches_every_kind_of_network(networks):
    def rates(dropout):
        composite = build_networks(
            configure(networks=networks, dropout=dropout, penalty=0.0, latent_dim=8)
        )
        return [
            layer.rate for layer in composite._flatten_layers() if isinstance(layer, layers.Dropout)
        ]

    assert not any(rates(0.0))
    assert set(rates(0.25)) == {0.25}


def test_settings_that_do_not_go_together_are_told():
    networks = composite_of("mlp").generator, composite_of("mlp").discriminator
    for loss, entry in LOSSES.items():
        settings = {"loss": loss, "penalty": 10, "label_smoothing": 0.1}
        if entry.allows_label_smoothing:
            build_composite(*networks, **settings)
        else:
            with pytest.raises(UserError, match="label_smoothing must be 0"):
                build_composite(*networks, **settings)
            with pytest.raises(UserError, match="label_smoothing must be 0"):
                build_networks(configure(preset=loss, label_smoothing=0.1))
    with pytest.raises(UserError, match="set penalty to 0"):
        configure(dropout=0.3)
