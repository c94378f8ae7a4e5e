"""What the losses and scores are, against calculations by hand. Runs on every backend."""

import keras
import numpy as np
import pytest
from keras import layers

from keras_gan.models import DiscriminatorLoss, Scores, build_composite
from keras_gan.training import train_step

LABELS = np.array([[1], [1], [1], [0], [0], [-1], [-3]], "float32")
LOGITS = np.array([[2], [-1], [0.5], [-3], [0.25], [2.3], [0.1]], "float32")


def cross_entropy():
    return np.logaddexp(0, [-2, 1, -0.5, -3, 0.25]).mean()


def test_the_loss_is_the_cross_entropy_and_the_penalty():
    slopes = np.array([(2.3 - 2) / 0.1, (0.1 - 0.5) / 0.1])
    for penalty in (0, 0.1, 4):
        loss = DiscriminatorLoss(penalty, noise=0.1)(LABELS, LOGITS)
        expected = cross_entropy() + penalty / 2 * (slopes**2).mean()
        assert float(loss) == pytest.approx(expected, rel=1e-5)
    assert float(DiscriminatorLoss(4)(LABELS[:5], LOGITS[:5])) == pytest.approx(cross_entropy())


def test_the_scores_leave_out_the_copies():
    scores = Scores()
    scores.update_state(LABELS, LOGITS)
    result = {name: float(value) for name, value in scores.result().items()}
    probabilities = 1 / (1 + np.exp(-LOGITS[:5, 0]))
    assert result == pytest.approx(
        {
            "cross_entropy": cross_entropy(),
            "real_score": probabilities[:3].mean(),
            "fake_score": probabilities[3:].mean(),
            "real_accuracy": 2 / 3,
            "fake_accuracy": 1 / 2,
        },
        rel=1e-5,
    )


def test_the_penalty_is_the_squared_norm_of_the_gradient():
    """Of D(x) = w*x + b, the gradient is w, wherever x is; R1 is half its square."""
    rng = np.random.default_rng(0)
    inputs = 20
    model = keras.Sequential([keras.Input((inputs,)), layers.Dense(1)])
    weights = keras.ops.convert_to_numpy(model.layers[0].kernel)
    originals = rng.uniform(size=(50_000, inputs)).astype("float32")
    copies = originals + 0.1 * rng.standard_normal(originals.shape, dtype="float32")
    logits = keras.ops.convert_to_numpy(model(np.concatenate([originals, copies])))
    labels = np.concatenate([np.ones(len(originals)), -1 - np.arange(len(originals))])
    labels = labels.astype("float32")[:, None]
    with_penalty = float(DiscriminatorLoss(penalty=6)(labels, logits))
    without = float(DiscriminatorLoss(penalty=0)(labels, logits))
    assert with_penalty - without == pytest.approx(3 * (weights**2).sum(), rel=0.02)


def test_a_steep_discriminator_is_made_less_steep():
    keras.utils.set_random_seed(0)
    generator = keras.Sequential(
        [keras.Input((2,)), layers.Dense(784, "sigmoid"), layers.Reshape((28, 28, 1))]
    )
    rng = np.random.default_rng(0)
    images = rng.uniform(size=(16, 28, 28, 1)).astype("float32")
    copies = images[:8] + 0.1 * rng.standard_normal(images[:8].shape, dtype="float32")
    labels = np.concatenate([np.ones(8), np.zeros(8), -1 - np.arange(8)])[:, None]
    steepness = {}
    for penalty in (0, 100):
        discriminator = keras.Sequential(
            [
                keras.Input((28, 28, 1)),
                layers.Flatten(),
                layers.Dense(1, kernel_initializer=keras.initializers.RandomNormal(seed=1)),
            ]
        )
        build_composite(generator, discriminator, learning_rate=0.05, penalty=penalty)
        for _ in range(20):
            discriminator.train_on_batch(np.concatenate([images, copies]), labels.astype("float32"))
        steepness[penalty] = np.square(discriminator.get_weights()[0]).sum()
    assert steepness[100] < steepness[0] / 2


@pytest.mark.parametrize("dtype", ["float32", "float64", "int32", "int64", "bool"])
@pytest.mark.parametrize("shape", [(8, 1), (8,)])
def test_plain_labels_of_any_kind_will_do(dtype, shape):
    generator = keras.Sequential(
        [keras.Input((2,)), layers.Dense(784, "sigmoid"), layers.Reshape((28, 28, 1))]
    )
    discriminator = keras.Sequential([keras.Input((28, 28, 1)), layers.Flatten(), layers.Dense(1)])
    build_composite(generator, discriminator)
    images = np.random.default_rng(0).uniform(size=(8, 28, 28, 1)).astype("float32")
    labels = (np.arange(8) % 2).astype(dtype).reshape(shape)
    logits = keras.ops.convert_to_numpy(discriminator(images))[:, 0]
    logs = discriminator.train_on_batch(images, labels, return_dict=True)
    expected = np.logaddexp(0, np.where(np.arange(8) % 2, -logits, logits)).mean()
    assert float(logs["loss"]) == pytest.approx(expected, rel=1e-4)
    assert float(logs["cross_entropy"]) == pytest.approx(expected, rel=1e-4)


def test_a_penalty_and_dropout_do_not_go_together():
    generator = keras.Sequential([keras.Input((2,)), layers.Dense(4)])
    discriminator = keras.Sequential([keras.Input((4,)), layers.Dropout(0.3), layers.Dense(1)])
    with pytest.raises(ValueError, match="set the penalty to 0"):
        build_composite(generator, discriminator)
    build_composite(generator, discriminator, penalty=0)


def test_a_step_shows_copies_of_real_images_with_noise(monkeypatch):
    generator = keras.Sequential(
        [keras.Input((2,)), layers.Dense(784, "sigmoid"), layers.Reshape((28, 28, 1))]
    )
    discriminator = keras.Sequential([keras.Input((28, 28, 1)), layers.Flatten(), layers.Dense(1)])
    composite = build_composite(generator, discriminator)
    shown = []
    learn = discriminator.train_on_batch

    def look_and_learn(images, labels, **options):
        shown.append((images, labels[:, 0]))
        return learn(images, labels, **options)

    monkeypatch.setattr(discriminator, "train_on_batch", look_and_learn)
    rng = np.random.default_rng(0)
    for n in (1, 4, 7):
        real_images = rng.uniform(size=(n, 28, 28, 1)).astype("float32")
        train_step(composite, real_images, rng)
        images, labels = shown.pop()
        np.testing.assert_array_equal(images[:n], real_images)
        assert labels[: 2 * n].tolist() == [1] * n + [0] * n
        copies = [(k, int(-1 - label)) for k, label in enumerate(labels) if label < 0]
        assert len(copies) == (n + 3) // 4
        for copy, original in copies:
            noise = images[copy] - images[original]
            assert noise.std() == pytest.approx(discriminator.loss.noise, rel=0.15)


def test_the_loss_survives_saving():
    loss = DiscriminatorLoss(0.7, noise=0.3)
    again = keras.losses.deserialize(keras.losses.serialize(loss))
    assert (again.penalty, again.noise) == (0.7, 0.3)
