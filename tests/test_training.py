"""The training loop. Backend-neutral: `test_backends` runs it on JAX too."""

import keras
import numpy as np
import pytest
from keras import layers

from keras_gan import build_composite, build_discriminator, build_generator, train
from keras_gan.models import Duel
from keras_gan.training import train_step

LOG_NAMES = ["d_loss", "g_loss", "real_score", "fake_score", "real_accuracy", "fake_accuracy"]


def deterministic_composite():
    """Networks without dropout or normalization, so that a step can be redone by hand."""
    generator = keras.Sequential(
        [keras.Input((3,)), layers.Dense(784, "sigmoid"), layers.Reshape((28, 28, 1))]
    )
    discriminator = keras.Sequential(
        [keras.Input((28, 28, 1)), layers.Flatten(), layers.Dense(5, "relu"), layers.Dense(1)]
    )
    return build_composite(generator, discriminator, learning_rate=0.01)


def forward(model, inputs):
    return keras.ops.convert_to_numpy(model(inputs, training=False)).astype("float64")


def softplus(x):
    return np.logaddexp(0, x)


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def test_a_step_reports_its_own_losses_and_scores():
    keras.utils.set_random_seed(3)
    composite = deterministic_composite()
    generator, discriminator = composite.generator, composite.discriminator
    data = np.random.default_rng(0)
    rng, replay = np.random.default_rng(7), np.random.default_rng(7)
    duel = Duel(composite)
    for n in (6, 6, 4, 6):
        images = data.uniform(size=(n, 28, 28, 1)).astype("float32")
        latents = replay.standard_normal((n, 3), dtype="float32")
        replay.standard_normal(((n + 3) // 4, 28, 28, 1), dtype="float32")
        real = forward(discriminator, images)
        fake = forward(discriminator, generator(latents))

        logs = train_step(duel, images, rng)

        d_loss = (softplus(-real).mean() + softplus(fake).mean()) / 2
        assert logs["d_loss"] == pytest.approx(d_loss, rel=1e-4)
        assert logs["real_score"] == pytest.approx(sigmoid(real).mean(), rel=1e-4)
        assert logs["fake_score"] == pytest.approx(sigmoid(fake).mean(), rel=1e-4)
        assert logs["real_accuracy"] == pytest.approx((real > 0).mean(), abs=1e-6)
        assert logs["fake_accuracy"] == pytest.approx((fake <= 0).mean(), abs=1e-6)


@pytest.mark.parametrize(
    ("settings", "own_points"),
    [({}, None), ({"shared_latents": False}, 6), ({"generator_batch_size": 5}, 5)],
)
def test_a_step_reports_the_generators_own_loss(settings, own_points):
    keras.utils.set_random_seed(3)
    composite = deterministic_composite()
    composite.discriminator.optimizer.learning_rate = 0.0
    rng, replay = np.random.default_rng(7), np.random.default_rng(7)
    duel = Duel(composite)
    images = np.full((6, 28, 28, 1), 0.5, "float32")
    for _ in range(3):
        latents = replay.standard_normal((6, 3), dtype="float32")
        replay.standard_normal((2, 28, 28, 1), dtype="float32")
        if own_points:
            latents = replay.standard_normal((own_points, 3), dtype="float32")
        expected = softplus(-forward(composite, latents)).mean()
        logs = train_step(duel, images, rng, **settings)
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


def test_every_image_is_used_once_an_epoch_and_the_last_batch_is_smaller(monkeypatch):
    seen = []
    monkeypatch.setattr(
        "keras_gan.training.train_step",
        lambda composite, images, *rest: (
            seen.append(images[:, 0, 0, 0]) or {"d_loss": images.mean()}
        ),
    )
    images = (
        np.arange(10, dtype="float32").reshape(10, 1, 1, 1) / 10 * np.ones((1, 28, 28, 1), "f4")
    )
    recorder = Recorder()
    train(deterministic_composite(), images, epochs=2, batch_size=4, callbacks=[recorder])
    compiled, seen = seen[:2], seen[2:]
    assert [len(batch) for batch in compiled] == [4, 2]
    assert [len(batch) for batch in seen] == [4, 4, 2] * 2
    for epoch in (np.concatenate(seen[:3]), np.concatenate(seen[3:])):
        assert sorted(epoch * 10) == pytest.approx(range(10))
        assert list(epoch) != sorted(epoch)
    assert recorder.events == ["begin", 0, 1, 2, "epoch 0", 0, 1, 2, "epoch 1", "end"]
    assert recorder.epochs[0]["d_loss"] == pytest.approx(0.45)


def test_epoch_logs_are_the_means_over_the_images(digits):
    recorder = Recorder()
    history = train(
        deterministic_composite(), digits[0][:10], epochs=2, batch_size=4, callbacks=[recorder]
    )
    for epoch in range(2):
        batches = recorder.batches[3 * epoch : 3 * epoch + 3]
        for name in LOG_NAMES:
            mean = np.average([logs[name] for logs in batches], weights=[4, 4, 2])
            assert recorder.epochs[epoch][name] == pytest.approx(mean)
            assert history.history[name][epoch] == pytest.approx(mean)


def test_any_keras_callback_may_watch_or_stop_the_training(digits, tmp_path):
    stopper = keras.callbacks.LambdaCallback(
        on_epoch_end=lambda epoch, logs: setattr(stopper.model, "stop_training", epoch == 2)
    )
    logger = keras.callbacks.CSVLogger(str(tmp_path / "log.csv"))
    board = keras.callbacks.TensorBoard(str(tmp_path / "board"))
    history = train(
        deterministic_composite(),
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


def weights_after_training(images, seed):
    keras.utils.set_random_seed(seed)
    composite = build_composite(build_generator(5), build_discriminator())
    train(composite, images, epochs=1, batch_size=16, seed=seed)
    return composite.generator.get_weights()


def test_a_seed_fixes_the_weights_bit_by_bit(digits):
    images = digits[0][:32]
    first, again, other = (weights_after_training(images, seed) for seed in (1, 1, 2))
    assert all(np.array_equal(a, b) for a, b in zip(first, again, strict=True))
    assert not any(np.array_equal(a, b) for a, b in zip(first, other, strict=True) if a.ndim > 1)


@pytest.mark.parametrize(
    ("images", "said"),
    [
        (np.zeros((8, 28, 28), "uint8"), r"\(8, 28, 28\)"),
        (np.full((8, 28, 28, 1), 255, "float32"), "255"),
        (np.full((8, 28, 28, 1), -1, "float32"), "-1"),
        (np.zeros((8, 28, 28, 1), "int64"), "int64"),
        (np.full((8, 28, 28, 1), np.nan, "float32"), "nan"),
    ],
)
def test_images_on_another_scale_are_refused(images, said):
    with pytest.raises(ValueError, match=said):
        train(deterministic_composite(), images, epochs=1, batch_size=4)
