"""Networks that a user brings, as files and from Python."""

import shutil

import keras
import numpy as np
import pytest
from keras import layers

from keras_gan import Config, GanCallback, UserError, build_composite, run, train
from keras_gan.callbacks.models import save_network
from keras_gan.cli import main
from keras_gan.gan.step import GanStep
from keras_gan.networks.loading import load_networks
from keras_gan.registry import CALLBACKS

QUICK = {"epochs": 1, "batch_size": 50, "average": 0.0, "optimizer": "sgd", "quiet": True}

BOTH_FILES = "--generator g.keras --discriminator d.keras"


def generator(last="sigmoid", latent_dim=6):
    latent = keras.Input((latent_dim,))
    x = layers.Dense(16, "relu")(latent)
    return keras.Model(latent, layers.Reshape((28, 28, 1))(layers.Dense(784, last)(x)))


def discriminator(last=None):
    return keras.Sequential(
        [keras.Input((28, 28, 1)), layers.Flatten(), layers.Dense(8, "relu"), layers.Dense(1, last)]
    )


def images(n=8):
    return np.random.default_rng(0).uniform(size=(n, 28, 28, 1)).astype("float32")


def latents(n=8, dim=6):
    return np.random.default_rng(0).standard_normal((n, dim)).astype("float32")


@pytest.fixture(scope="module")
def files(digits, tmp_path_factory):
    """A folder with 100 digits, and with networks of every kind."""
    folder = tmp_path_factory.mktemp("files")
    np.savez(folder / "digits.npz", x=digits[0][:100, ..., 0])
    models = {
        "g": generator(),
        "tanh": generator("tanh"),
        "loud": generator("linear"),
        "lambda": keras.Sequential([keras.Input((6,)), layers.Lambda(lambda x: x)]),
        "d": discriminator(),
        "sigmoid": discriminator("sigmoid"),
        "noisy": keras.Sequential(
            [keras.Input((28, 28, 1)), layers.Flatten(), layers.Dropout(0.5), layers.Dense(1)]
        ),
    }
    for name, model in models.items():
        model.save(folder / f"{name}.keras")
    return folder


@pytest.fixture
def folder(files, tmp_path, monkeypatch):
    """A folder with the same files, to run in, and no pictures from runs."""
    shutil.copytree(files, tmp_path, dirs_exist_ok=True)
    monkeypatch.chdir(tmp_path)
    for name in ("diagrams", "metrics", "samples", "film", "walks", "curves", "report"):
        monkeypatch.setitem(CALLBACKS, name, GanCallback)
    return tmp_path


def take_step(composite):
    """A step without compiling it."""
    composite.run_eagerly = True
    GanStep(composite)([(images(), latents(), ())])


def values(model, inputs):
    return keras.ops.convert_to_numpy(model(inputs))


def test_any_two_models_train_from_python(digits):
    composite = build_composite(generator(), discriminator(), optimizer="sgd", learning_rate=0.1)
    before = composite.get_weights()
    train(composite, digits[0], epochs=1, batch_size=50)
    assert not any(map(np.array_equal, before, composite.get_weights()))


@pytest.mark.slow
def test_networks_from_files_are_trained_from_where_they_stand(folder):
    start = keras.saving.load_model("g.keras")
    settings = {"data": "digits.npz", "generator": "g.keras", "discriminator": "d.keras"}
    # at such a rate they stay what they were
    composite = run(Config(**QUICK, **settings, learning_rate=1e-9))
    np.testing.assert_allclose(
        values(composite.generator, latents()), values(start, latents()), atol=1e-4
    )
    composite = run(Config(**QUICK, **settings, learning_rate=1.0))
    trained = keras.saving.load_model("models/generator.keras")
    np.testing.assert_array_equal(
        values(trained, latents()), values(composite.generator, latents())
    )
    assert abs(values(trained, latents()) - values(start, latents())).max() > 0.01


def test_networks_made_of_plain_operations_are_trained_and_saved(folder):
    latent, image = keras.Input((6,)), keras.Input((28, 28, 1))
    code = layers.Embedding(3, 784)(keras.ops.argmax(latent[..., :3], axis=1))
    x = keras.ops.relu(layers.Dense(784)(latent) * 2) + code
    keras.Model(latent, layers.Reshape((28, 28, 1))(keras.ops.sigmoid(x - 1))).save("g.keras")
    x = keras.ops.leaky_relu(layers.Dense(8)(layers.Flatten()(image * 2 - 1)))
    keras.Model(image, layers.Dense(1)(x)).save("d.keras")
    files = {"generator": "g.keras", "discriminator": "d.keras"}
    run(Config(**QUICK, data="digits.npz", **files))
    for name in ("generator", "discriminator"):
        keras.saving.load_model(f"models/{name}.keras")


def test_networks_that_were_saved_frozen_or_by_one_name_learn(folder):
    for name, network in (("g", generator()), ("d", discriminator())):
        shape, hidden = network.input_shape[1:], network.layers[-3:]
        frozen = keras.Sequential([keras.Input(shape), *hidden], name="sequential")
        frozen.trainable = False
        frozen.save(f"{name}.keras")
    networks = load_networks("g.keras", "d.keras", None, None)
    composite = build_composite(*networks, optimizer="sgd", learning_rate=0.1, penalty=0)
    before = composite.get_weights()
    take_step(composite)
    assert not any(map(np.array_equal, before, composite.get_weights()))


def test_a_network_that_cannot_learn_is_told():
    frozen = discriminator()
    for layer in frozen.layers:
        layer.trainable = False
    with pytest.raises(UserError, match="the discriminator has nothing to train"):
        build_composite(generator(), frozen)
    frozen = generator()
    frozen.trainable = False
    with pytest.raises(UserError, match="the generator has nothing to train"):
        build_composite(frozen, discriminator())


@pytest.mark.parametrize(
    ("layer", "settings", "said"),
    [
        (layers.RandomTranslation(0.1, 0.1), {}, "set the penalty to 0"),
        (layers.GaussianNoise(0.1), {}, "set the penalty to 0"),
        (layers.BatchNormalization(), {"loss": "wgan-gp", "penalty": 10}, "batch normalization"),
    ],
)
def test_what_a_penalty_cannot_be_taken_of_is_told(layer, settings, said):
    part = [keras.Input((28, 28, 1)), layer, layers.Flatten(), layers.Dense(1)]
    with pytest.raises(UserError, match=said):
        build_composite(generator(), keras.Sequential(part), **settings)
    build_composite(generator(), keras.Sequential(part), penalty=0)


@pytest.mark.slow
def test_one_network_may_be_brought_alone(folder):
    settings = QUICK | {"data": "digits.npz", "networks": "mlp"}
    composite = run(Config(**settings, generator="g.keras"))
    assert composite.generator.input_shape == (None, 6)
    assert len(composite.discriminator.layers) > 4
    composite = run(Config(**settings, discriminator="d.keras", latent_dim=5))
    assert composite.generator.input_shape == (None, 5)
    assert len(composite.discriminator.layers) == 3


def test_a_last_sigmoid_becomes_a_logit(folder):
    brought = keras.saving.load_model("sigmoid.keras")
    _, fitted = load_networks(None, "sigmoid.keras", generator(), None)
    logits = values(fitted, images())
    np.testing.assert_allclose(1 / (1 + np.exp(-logits)), values(brought, images()), rtol=1e-4)
    assert abs(logits).max() > 0.01


def test_images_from_minus_1_to_1_become_grey_values(folder):
    """And the discriminator that comes with them sees what it is used to."""
    g, d = keras.saving.load_model("tanh.keras"), keras.saving.load_model("d.keras")
    fitted_g, fitted_d = load_networks("tanh.keras", "d.keras", None, None)
    np.testing.assert_allclose(
        values(fitted_g, latents()), values(g, latents()) / 2 + 0.5, atol=1e-6
    )
    np.testing.assert_allclose(
        values(fitted_d, images()), values(d, 2 * images() - 1), rtol=1e-4, atol=1e-5
    )
    take_step(build_composite(fitted_g, fitted_d, penalty=0))


@pytest.mark.slow
def test_a_run_with_networks_of_ones_own_is_resumed_without_their_files(folder):
    networks = "--generator tanh.keras --discriminator sigmoid.keras"
    command = (
        f"--data digits.npz --batch-size 50 --quiet --optimizer sgd {networks} --epochs".split()
    )
    assert main([*command, "2"]) == 0
    unbroken = keras.saving.load_model("models/generator.keras").get_weights()
    assert main([*command, "1"]) == 0
    for name in ("tanh.keras", "sigmoid.keras"):
        (folder / name).unlink()
    assert main(["--resume", "--epochs", "2", "--quiet"]) == 0
    resumed = keras.saving.load_model("models/generator.keras").get_weights()
    assert all(map(np.array_equal, unbroken, resumed))


@pytest.mark.parametrize("policy", ["float32", "mixed_bfloat16"])
def test_a_network_is_saved_in_float32_and_not_compiled(policy, tmp_path):
    keras.config.set_dtype_policy(policy)
    try:
        network = discriminator()
    finally:
        keras.config.set_dtype_policy("float32")
    for compiled in (False, True):
        if compiled:
            network.compile("adam", "mse")
        save_network(network, tmp_path / "network.keras")
        saved = keras.saving.load_model(tmp_path / "network.keras")
        assert {layer.compute_dtype for layer in saved._flatten_layers()} == {"float32"}
        assert not saved.compiled
        for kept, weight in zip(saved.get_weights(), network.get_weights(), strict=True):
            np.testing.assert_array_equal(kept, weight)


@pytest.mark.slow
def test_the_saved_generator_of_a_run_can_be_trained_further(folder):
    settings = QUICK | {"data": "digits.npz", "networks": "mlp", "discriminator": "d.keras"}
    first = run(Config(**settings, latent_dim=64))
    saved = "models/generator.keras"
    second = run(Config(**settings, generator=saved, learning_rate=1e-9))
    np.testing.assert_allclose(
        *(values(composite.generator, latents(dim=64)) for composite in (first, second)), atol=1e-4
    )
    assert keras.saving.load_model(saved).input_shape == (None, 64)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ("--generator none.keras", "none.keras: no such file"),
        ("--generator digits.npz", "digits.npz: expected a file .keras"),
        ("--generator d.keras", "expected a generator from (None, latent_dim)"),
        ("--discriminator g.keras", "expected a discriminator from (None, 28, 28, 1)"),
        ("--generator loud.keras", "expected images with values from 0 to 1, found"),
        ("--generator g.keras --latent-dim 7", "latent_dim is 7, but"),
        ("--generator lambda.keras", "needs code of its own"),
        ("--discriminator noisy.keras", "set the penalty to 0"),
        ("--loss hinge --label-smoothing 0.1", "label_smoothing must be 0"),
        ("--dropout 0.5", "set penalty to 0"),
        ("--loss wgan-gp", "penalty is 0.02, too weak"),
        ("--optimizer sgd --beta-1 0.9", "beta_1 is Adam's, and sgd has none: leave it out"),
        ("--optimizer rmsprop --beta-2 0.9", "beta_2 is Adam's, and rmsprop has none"),
        (f"{BOTH_FILES} --networks mlp", "networks is for networks that are built here"),
        (f"{BOTH_FILES} --penalty 0 --dropout 0.1", "dropout is for networks that are built here"),
        ("--dataset mnist", "argument --dataset: not allowed with argument --data"),
        ("--tensorboard digits.npz", "digits.npz: cannot be written there"),
        ("--loss mse", "argument --loss: invalid choice"),
        ("--optimizer none", "argument --optimizer: invalid choice"),
        ("--discriminator-steps 0", "discriminator_steps must be a whole number"),
        ("--label-smoothing 1", "label_smoothing must be a number from 0"),
    ],
)
def test_what_does_not_fit_is_one_line_and_changes_nothing(
    arguments, said, files, monkeypatch, capfd
):
    monkeypatch.chdir(files)
    before = sorted(files.rglob("*"))
    assert main(["--data", "digits.npz", "--batch-size", "50", *arguments.split()]) == 2
    out, err = capfd.readouterr()
    assert out == ""
    assert err.count("\n") == 1
    assert said in err
    assert sorted(files.rglob("*")) == before
