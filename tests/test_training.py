"""The training loop: what it trains on, what it reports, and what repeats."""

import itertools

import keras
import numpy as np
import pytest
from keras import layers

from keras_gan import LearningRateDecay, Penalty, Position, build_composite, train
from keras_gan.gan.step import GanStep

LOG_NAMES = ["d_loss", "g_loss", "real_score", "fake_score", "real_accuracy", "fake_accuracy"]


def small_composite(penalty=0.02, dropout=0.0, first=(), **settings):
    """Without normalization; and without dropout, a step can be redone by hand."""
    after = [layers.Dropout(dropout)] if dropout else []
    generator = keras.Sequential(
        [
            keras.Input((3,)),
            *first,
            layers.Dense(784, "sigmoid"),
            *after,
            layers.Reshape((28, 28, 1)),
        ]
    )
    discriminator = keras.Sequential(
        [keras.Input((28, 28, 1)), layers.Flatten(), layers.Dense(5, "relu"), layers.Dense(1)]
    )
    settings = {"optimizer": "sgd", "learning_rate": 0.05, **settings}
    return build_composite(generator, discriminator, penalty=penalty, **settings)


def forward(model, inputs):
    return keras.ops.convert_to_numpy(model(inputs, training=False)).astype("float64")


def softplus(x):
    return np.logaddexp(0, x)


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


@pytest.mark.every_backend
def test_a_step_reports_its_own_losses_and_scores():
    """The loss without the penalty."""
    keras.utils.set_random_seed(3)
    composite = small_composite(penalty=10.0)
    generator, discriminator = composite.generator, composite.discriminator
    penalty, rng = composite.penalized_discriminator.penalty, np.random.default_rng(0)
    step = GanStep(composite)
    for _ in range(3):
        images = rng.uniform(size=(6, 28, 28, 1)).astype("float32")
        latents = rng.standard_normal((6, 3), dtype="float32")
        real = forward(discriminator, images)
        fake = forward(discriminator, generator(latents))

        logs = step([(images, latents, penalty.draw(rng, images))])

        assert set(logs) == set(LOG_NAMES)
        d_loss = (softplus(-real).mean() + softplus(fake).mean()) / 2
        assert logs["d_loss"] == pytest.approx(d_loss, rel=1e-4)
        assert logs["real_score"] == pytest.approx(sigmoid(real).mean(), rel=1e-4)
        assert logs["fake_score"] == pytest.approx(sigmoid(fake).mean(), rel=1e-4)
        assert logs["real_accuracy"] == pytest.approx((real > 0).mean(), abs=1e-6)
        assert logs["fake_accuracy"] == pytest.approx((fake <= 0).mean(), abs=1e-6)


@pytest.mark.parametrize("fresh", [None, 5])
def test_a_step_reports_the_generators_own_loss(fresh):
    keras.utils.set_random_seed(3)
    composite = small_composite(penalty=0)
    composite.discriminator.optimizer.learning_rate = 0.0
    step, rng = GanStep(composite), np.random.default_rng(7)
    images = np.full((6, 28, 28, 1), 0.5, "float32")
    for _ in range(3):
        latents = rng.standard_normal((6, 3), dtype="float32")
        fresh_latents = rng.standard_normal((fresh, 3), dtype="float32") if fresh else None
        learned_from = fresh_latents if fresh else latents
        expected = softplus(-forward(composite, learned_from)).mean()
        logs = step([(images, latents, ())], fresh_latents)
        assert logs["g_loss"] == pytest.approx(expected, rel=1e-4)


class Recorder(keras.callbacks.Callback):
    def __init__(self):
        super().__init__()
        self.events, self.batches, self.epochs = [], [], []

    def on_train_begin(self, logs=None):
        self.events.append("begin")

    def on_train_batch_end(self, batch, logs=None):
        self.events.append(batch)
        self.batches.append(dict(logs))

    def on_epoch_end(self, epoch, logs=None):
        self.events.append(f"epoch {epoch}")
        self.epochs.append(dict(logs))

    def on_train_end(self, logs=None):
        self.events.append("end")


class ShownImages(Penalty):
    """No penalty worth the name, which keeps the real images that it is shown."""

    def __init__(self):
        super().__init__(1.0)
        self.batches = []

    def draw(self, rng, real_images):
        self.batches.append(real_images)
        return ()

    def call(self, discriminator, real_images, fake_images):
        outputs, _ = super().call(discriminator, real_images, fake_images)
        return outputs, 0 * keras.ops.mean(outputs)


def numbers_shown(seed, n=10, epochs=2, **settings):
    """Of `n` numbered images, which are shown in each batch of each epoch."""
    images = np.arange(n, dtype="uint8").reshape(n, 1, 1, 1) * np.ones((28, 28, 1), "uint8")
    shown, recorder = ShownImages(), Recorder()
    composite = small_composite(penalty=shown)
    composite.run_eagerly = True
    train(composite, images, epochs=epochs, callbacks=[recorder], seed=seed, **settings)
    batches = [np.rint(batch[:, 0, 0, 0] * 255).astype(int).tolist() for batch in shown.batches]
    per_epoch = len(batches) // epochs
    return [batches[i * per_epoch : (i + 1) * per_epoch] for i in range(epochs)], recorder.events


def test_an_epoch_trains_on_whole_batches_of_shuffled_images():
    """What is left of them is left out of that epoch, other images each time."""
    epochs, events = numbers_shown(seed=0, epochs=6, batch_size=4)
    steps = [[0, 1, f"epoch {epoch}"] for epoch in range(6)]
    assert events == ["begin", *itertools.chain(*steps), "end"]
    left_out = []
    for batches in epochs:
        assert [len(batch) for batch in batches] == [4, 4]
        shown = list(itertools.chain(*batches))
        assert len(set(shown)) == 8
        assert shown != sorted(shown)
        left_out.append(set(range(10)) - set(shown))
    assert left_out[0] != left_out[1]
    assert not set.intersection(*left_out)


def test_the_order_of_the_images_is_the_seeds():
    first, again, other = (numbers_shown(seed, batch_size=4)[0] for seed in (0, 0, 1))
    assert first == again != other


def test_images_that_fill_all_batches_are_all_used():
    (batches,), _ = numbers_shown(seed=0, n=12, epochs=1, batch_size=4)
    assert sorted(itertools.chain(*batches)) == list(range(12))


def test_a_step_may_have_several_updates_of_the_discriminator():
    """Each has a batch of its own; a step is whole, or left out."""
    (batches,), events = numbers_shown(seed=0, n=15, epochs=1, batch_size=2, discriminator_steps=3)
    assert [len(batch) for batch in batches] == [2] * 6
    assert len(set(itertools.chain(*batches))) == 12
    assert events == ["begin", 0, 1, "epoch 0", "end"]


def test_callbacks_hear_of_each_step_of_a_call(digits):
    heard = []
    for in_a_call in (1, 3):
        keras.utils.set_random_seed(0)
        composite, recorder = small_composite(jit_compile=True), Recorder()
        settings = {"epochs": 2, "batch_size": 15, "callbacks": [recorder]}
        train(composite, digits[0][:100], **settings, steps_per_execution=in_a_call)
        heard.append(recorder)
    one_by_one, together = heard
    assert together.events == one_by_one.events
    assert len(together.batches) == 12
    for logs, expected in zip(together.batches, one_by_one.batches, strict=True):
        assert logs == pytest.approx(expected, rel=1e-3)
    for logs, expected in zip(together.epochs, one_by_one.epochs, strict=True):
        del logs["images_per_second"], expected["images_per_second"]
        assert logs == pytest.approx(expected, rel=1e-3)


@pytest.mark.on_tensorflow
@pytest.mark.parametrize(
    ("distribution", "fresh_latents", "updates", "reals_per_fake"),
    [("uniform", 0, 1, 1), ("normal", 1, 2, 1), ("uniform", 2, 1, 3), ("normal", 0, 2, 3)],
)
def test_both_networks_learn_from_the_latents_that_were_asked_for(
    distribution, fresh_latents, updates, reals_per_fake, digits
):
    passed = []

    class Recording(layers.Layer):
        def call(self, latents):
            if hasattr(latents, "numpy"):  # not while the layer is built
                passed.append(np.array(latents))
            return latents

    composite = small_composite(penalty=0, first=[Recording()])
    composite.run_eagerly = True
    train(
        composite,
        digits[0],
        epochs=1,
        batch_size=100 // updates,
        latent_distribution=distribution,
        fresh_latents=fresh_latents,
        discriminator_steps=updates,
        reals_per_fake=reals_per_fake,
    )
    for _ in range(2):  # steps
        shown = [passed.pop(0) for _ in range(updates)]
        learned_from = passed.pop(0)
        fakes = -(-100 // updates // reals_per_fake)
        assert [len(latents) for latents in shown] == [fakes] * updates
        if fresh_latents:
            assert len(learned_from) == fresh_latents * 100 // updates
            assert not {*learned_from.ravel()} & {*np.ravel(shown)}
        else:
            np.testing.assert_array_equal(learned_from, shown[-1])
        for latents in (*shown, learned_from):
            assert (np.abs(latents).max() <= 1) == (distribution == "uniform")
            assert latents.min() < -0.5
            assert latents.max() > 0.5
    assert not passed


def test_epoch_logs_are_the_means_over_the_steps(digits):
    recorder = Recorder()
    history = train(small_composite(), digits[0][:14], epochs=2, batch_size=4, callbacks=[recorder])
    for epoch in range(2):
        batches = recorder.batches[3 * epoch : 3 * epoch + 3]
        for name in LOG_NAMES:
            mean = np.mean([logs[name] for logs in batches])
            assert recorder.epochs[epoch][name] == pytest.approx(mean)
            assert history.history[name][epoch] == pytest.approx(mean)


def test_any_keras_callback_may_watch_or_stop_the_training(digits, tmp_path):
    stopper = keras.callbacks.LambdaCallback(
        on_epoch_end=lambda epoch, logs: setattr(stopper.model, "stop_training", epoch == 2)
    )
    logger = keras.callbacks.CSVLogger(str(tmp_path / "log.csv"))
    board = keras.callbacks.TensorBoard(str(tmp_path / "board"))
    history = train(
        small_composite(),
        digits[0][:8],
        epochs=9,
        batch_size=4,
        callbacks=[stopper, logger, board],
    )
    assert len(history.history["d_loss"]) == 3
    lines = (tmp_path / "log.csv").read_text().splitlines()
    assert set(LOG_NAMES) < set(lines[0].split(","))
    assert len(lines) == 1 + 3
    assert list((tmp_path / "board").rglob("events.out.*"))


def weights_after_training(images, seed, build=small_composite):
    keras.utils.set_random_seed(seed)
    composite = build()
    train(composite, images, epochs=2, batch_size=16, seed=seed)
    return composite.get_weights()


def composite_with_dropout():
    return small_composite(penalty=0, dropout=0.3)


@pytest.mark.every_backend
def test_a_seed_fixes_the_weights_bit_by_bit(digits):
    first, again = (
        weights_after_training(digits[0][:32], 1, composite_with_dropout) for _ in range(2)
    )
    assert all(map(np.array_equal, first, again))


def test_another_seed_gives_other_weights(digits):
    first, other = (weights_after_training(digits[0][:32], seed) for seed in (1, 2))
    assert not any(map(np.array_equal, first, other))


@pytest.mark.slow
def test_a_seed_fixes_the_weights_bit_by_bit_with_xla(digits):
    def build():
        generator = keras.Sequential(
            [
                keras.Input((3,)),
                layers.Dense(7 * 7 * 8, use_bias=False),
                layers.BatchNormalization(),
                layers.Reshape((7, 7, 8)),
                layers.Conv2DTranspose(1, 4, strides=4, activation="sigmoid"),
            ]
        )
        discriminator = keras.Sequential(
            [
                keras.Input((28, 28, 1)),
                layers.Conv2D(32, 4, strides=4),
                layers.LeakyReLU(0.2),
                layers.Flatten(),
                layers.Dense(1),
            ]
        )
        return build_composite(generator, discriminator, optimizer="sgd", jit_compile=True)

    first, again = (weights_after_training(digits[0], 1, build) for _ in range(2))
    assert all(map(np.array_equal, first, again))


@pytest.mark.parametrize(
    ("images", "said"),
    [
        (np.zeros((8, 28, 28), "uint8"), r"\(8, 28, 28\)"),
        (np.full((8, 28, 28, 1), 255, "float32"), "255"),
        (np.full((8, 28, 28, 1), -1, "float32"), "-1"),
        (np.zeros((8, 28, 28, 1), "int64"), "int64"),
        (np.full((8, 28, 28, 1), np.nan, "float32"), "nan"),
        (np.zeros((7, 28, 28, 1), "uint8"), "at least the 8 images of a step, but there are 7"),
    ],
)
def test_images_that_cannot_be_trained_on_are_refused(images, said, composite_to_refuse_with):
    before = composite_to_refuse_with.get_weights()
    with pytest.raises(ValueError, match=said):
        train(composite_to_refuse_with, images, epochs=1, batch_size=4, discriminator_steps=2)
    assert all(map(np.array_equal, before, composite_to_refuse_with.get_weights()))


@pytest.fixture(scope="module")
def composite_to_refuse_with():
    return small_composite()


@pytest.mark.every_backend
def test_the_learning_rate_falls_at_the_end_and_again_when_resumed(digits):
    def rates(composite, stop_after=None, end=0.0):
        class Rates(keras.callbacks.Callback):
            def on_train_batch_end(self, batch, logs=None):
                sides = self.model, self.model.discriminator
                seen.append([float(side.optimizer.learning_rate) for side in sides])

            def on_epoch_end(self, epoch, logs=None):
                self.model.stop_training = epoch == stop_after

        seen = []
        callbacks = [LearningRateDecay(0.3, 0.5, end), Rates()]
        settings = {"epochs": 4, "batch_size": 2, "callbacks": callbacks}
        train(composite, digits[0], **settings, position=position)
        return seen

    composite, position = small_composite(learning_rate=0.3), Position(np.random.default_rng(0))
    seen = rates(composite, stop_after=1) + rates(composite)
    # 100 steps an epoch; the rate is set at the first of them, and at the 65th
    falling = [0.3] * 200 + [0.3] * 64 + [0.204] * 36 + [0.15] * 64 + [0.054] * 36
    np.testing.assert_allclose(seen, np.repeat(np.transpose([falling]), 2, axis=1), rtol=1e-6)
    assert float(composite.optimizer.learning_rate) == pytest.approx(0.3)
    position = Position(np.random.default_rng(0))
    seen = rates(composite, end=0.5)
    np.testing.assert_allclose(seen[-40], [0.225] * 2, rtol=1e-6)
    np.testing.assert_allclose(seen[-1], [0.177] * 2, rtol=1e-6)
