"""What an update of each side changes, and the composite itself."""

import contextlib
import warnings

import keras
import numpy as np
import pytest
from keras import layers

from keras_gan import Composite, build_composite, build_discriminator, build_generator, train
from keras_gan.gan.composite import frozen

LATENT_DIM = 8


def build_small_generator():
    return keras.Sequential(
        [
            keras.Input((LATENT_DIM,)),
            layers.Dense(49, use_bias=False),
            layers.BatchNormalization(),
            layers.Dense(784, activation="sigmoid"),
            layers.Reshape((28, 28, 1)),
        ],
        name="generator",
    )


def build_small_discriminator():
    """A discriminator with a state of its own: moving statistics."""
    return keras.Sequential(
        [
            keras.Input((28, 28, 1)),
            layers.Flatten(),
            layers.Dense(8, use_bias=False, name="hidden"),
            layers.BatchNormalization(),
            layers.Dropout(0.3),
            layers.Dense(1),
        ],
        name="discriminator",
    )


def build(generator=None, discriminator=None):
    generator = generator or build_small_generator()
    discriminator = discriminator or build_small_discriminator()
    return build_composite(generator, discriminator, optimizer="sgd", learning_rate=0.1, penalty=0)


@pytest.fixture
def composite():
    return build()


def draw_batch(n):
    rng = np.random.default_rng(n)
    latents = rng.standard_normal((n, LATENT_DIM), dtype="float32")
    images = rng.uniform(size=(n, 28, 28, 1)).astype("float32")
    labels = np.arange(n).reshape(n, 1) % 2
    return latents, images, labels.astype("float32")


def train_discriminator(composite, n):
    """By hand, as Keras' own models are trained."""
    _, images, labels = draw_batch(n)
    composite.discriminator.train_on_batch(images, labels)


def update_discriminator(composite, n):
    """As a step does."""
    _, images, _ = draw_batch(n)
    labels = np.repeat([[1], [0]], n, axis=0).astype("float32")
    composite.penalized_discriminator.train_on_batch((images, 1 - images), labels)


def train_generator(composite, n):
    latents, _, labels = draw_batch(n)
    composite.train_on_batch(latents, np.ones_like(labels))


def changed(model, act):
    """Which of the model's weights, by their paths, `act` changes."""
    before = [keras.ops.convert_to_numpy(weight).copy() for weight in model.weights]
    act()
    return [
        weight.path
        for weight, old in zip(model.weights, before, strict=True)
        if not np.array_equal(keras.ops.convert_to_numpy(weight), old)
    ]


def paths(model):
    return [weight.path for weight in model.weights]


def assert_each_side_trains_itself_alone(composite, n, discriminator_updates=None):
    generator, discriminator = composite.generator, composite.discriminator
    both = keras.Model(composite.inputs, composite.outputs)
    for update in discriminator_updates or (train_discriminator, update_discriminator):
        assert changed(both, lambda update=update: update(composite, n)) == paths(discriminator)
    assert changed(both, lambda: train_generator(composite, n)) == paths(generator)


def provoke_frozen_trace(discriminator, update):
    """The trap: the discriminator is frozen by hand when a batch size is first met."""
    discriminator.trainable = False
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "The model does not have any trainable weights")

        def update_frozen():
            with contextlib.suppress(ValueError):  # JAX may refuse, where TensorFlow only warns
                update()

        assert changed(discriminator, update_frozen) == []


@pytest.mark.every_backend
def test_each_side_trains_itself_alone_at_every_batch_size(composite):
    assert_each_side_trains_itself_alone(composite, 8)
    assert_each_side_trains_itself_alone(composite, 6, [update_discriminator])
    assert_each_side_trains_itself_alone(composite, 8)


def test_each_side_of_the_default_networks_trains_itself_alone():
    composite = build(build_generator(LATENT_DIM), build_discriminator())
    assert_each_side_trains_itself_alone(composite, 8)


def test_the_generator_may_be_trained_first(composite):
    train_generator(composite, 8)
    assert_each_side_trains_itself_alone(composite, 8)


@pytest.mark.every_backend
def test_after_save_and_load_of_the_networks(composite, tmp_path):
    update_discriminator(composite, 8)
    composite.generator.save(tmp_path / "generator.keras")
    composite.discriminator.save(tmp_path / "discriminator.keras")
    loaded = build(
        keras.saving.load_model(tmp_path / "generator.keras"),
        keras.saving.load_model(tmp_path / "discriminator.keras"),
    )
    assert_each_side_trains_itself_alone(loaded, 8, [update_discriminator])


def test_after_save_and_load_of_the_composite(composite, tmp_path):
    train_generator(composite, 8)
    composite.save(tmp_path / "gan.keras")
    loaded = keras.saving.load_model(tmp_path / "gan.keras")
    assert isinstance(loaded, Composite)
    latents, _, _ = draw_batch(4)
    np.testing.assert_array_equal(
        composite.predict_on_batch(latents), loaded.predict_on_batch(latents)
    )
    for n in (8, 6):
        assert_each_side_trains_itself_alone(loaded, n, [train_discriminator])


@pytest.mark.slow
def test_a_frozen_trace_from_before_is_dropped():
    discriminator = build_small_discriminator()
    discriminator.compile("adam", "mse")
    images, labels = draw_batch(8)[1:]
    provoke_frozen_trace(discriminator, lambda: discriminator.train_on_batch(images, labels))
    composite = build(discriminator=discriminator)
    for n in (8, 6):
        assert_each_side_trains_itself_alone(composite, n)


@pytest.mark.parametrize("updates", [1, pytest.param(9, marks=pytest.mark.every_backend)])
def test_a_frozen_trace_from_between_is_dropped_by_the_next_training(composite, updates):
    """Whether a step is one call, or too long for that."""
    provoke_frozen_trace(composite.discriminator, lambda: update_discriminator(composite, 5))
    images = np.random.default_rng(0).uniform(size=(45, 28, 28, 1)).astype("float32")
    both = keras.Model(composite.inputs, composite.outputs)
    settings = {"epochs": 1, "batch_size": 5, "discriminator_steps": updates}
    assert changed(both, lambda: train(composite, images, **settings)) == paths(both)


def test_the_discriminator_stays_trainable_outside_the_composite(composite):
    train_generator(composite, 8)
    composite.summary(print_fn=lambda text: None)
    assert composite.discriminator.trainable
    assert all(layer.trainable for layer in composite.discriminator.layers)


def test_the_composite_lists_and_shows_the_discriminator_as_frozen(composite):
    trained = {weight.path for weight in composite.trainable_weights}
    assert trained == {weight.path for weight in composite.generator.trainable_weights}
    lines = []
    composite.summary(print_fn=lines.append)
    numbers = {
        label.strip(): int(value.split()[0].replace(",", ""))
        for label, _, value in (line.partition(":") for line in "\n".join(lines).splitlines())
        if "params" in label
    }
    generator, discriminator = composite.generator, composite.discriminator
    moving = sum(int(np.prod(w.shape)) for w in generator.non_trainable_weights)
    assert numbers["Trainable params"] == generator.count_params() - moving
    assert numbers["Non-trainable params"] == discriminator.count_params() + moving


def test_a_layer_that_the_user_froze_stays_frozen():
    discriminator = build_small_discriminator()
    kept = discriminator.get_layer("hidden")
    kept.trainable = False
    composite = build(discriminator=discriminator)
    images, labels = draw_batch(8)[1:]
    changes = changed(discriminator, lambda: discriminator.train_on_batch(images, labels))
    assert changes == [path for path in paths(discriminator) if path not in paths(kept)]
    train_generator(composite, 8)
    assert not kept.trainable
    assert discriminator.trainable


def test_what_is_frozen_twice_thaws_with_the_last(composite):
    """TensorFlow traces replicas in threads, which take turns within this context."""
    first, second = frozen(composite.discriminator), frozen(composite.discriminator)
    first.__enter__()
    second.__enter__()
    first.__exit__(None, None, None)
    assert not composite.discriminator.trainable
    second.__exit__(None, None, None)
    assert composite.discriminator.trainable
    assert all(layer.trainable for layer in composite.discriminator.layers)


def test_looking_at_a_frozen_composite_does_not_unfreeze_it(composite):
    with frozen(composite.discriminator):
        composite.summary(print_fn=lambda text: None)
        assert len(composite.trainable_weights) == len(composite.generator.trainable_weights)
        assert not composite.discriminator.trainable
        assert not any(layer.trainable for layer in composite.discriminator.layers)
    assert composite.discriminator.trainable


def optimizers_of(composite):
    return composite.discriminator.optimizer, composite.optimizer


def test_an_optimizer_given_as_an_object_is_copied_for_each_side():
    given = keras.optimizers.Adam(keras.optimizers.schedules.ExponentialDecay(0.3, 10, 0.5), 0.4)
    composite = build_composite(
        build_small_generator(), build_small_discriminator(), optimizer=given, penalty=0
    )
    copies = optimizers_of(composite)
    assert len({id(optimizer) for optimizer in (given, *copies)}) == 3
    for optimizer in copies:
        assert isinstance(optimizer, keras.optimizers.Adam)
        assert optimizer.get_config() == given.get_config()
    assert composite.penalized_discriminator.optimizer is copies[0]
    assert not given.built
    update_discriminator(composite, 4)
    assert [int(optimizer.iterations) for optimizer in (given, *copies)] == [0, 1, 0]
    train_generator(composite, 4)
    assert [int(optimizer.iterations) for optimizer in (given, *copies)] == [0, 1, 1]
