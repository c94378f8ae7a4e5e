"""What the losses and scores are, against calculations by hand. Runs on every backend."""

import keras
import numpy as np
import pytest
from keras import layers

from keras_gan.models import (
    LOSSES,
    Critic,
    DiscriminatorLoss,
    Duel,
    GeneratorLoss,
    Scores,
    build_composite,
)
from keras_gan.training import train_step

LABELS = np.array([[1], [1], [1], [0], [0], [-1], [-3]], "float32")
LOGITS = np.array([[2], [-1], [0.5], [-3], [0.25], [2.3], [0.1]], "float32")


def cross_entropy():
    return np.logaddexp(0, [-2, 1, -0.5, -3, 0.25]).mean()


def test_the_loss_is_the_cross_entropy_and_the_penalty():
    slopes = np.array([(2.3 - 2) / 0.1, (0.1 - 0.5) / 0.1])
    for penalty in (0, 0.1, 4):
        loss = DiscriminatorLoss(penalty=penalty, noise=0.1)(LABELS, LOGITS)
        expected = cross_entropy() + penalty / 2 * (slopes**2).mean()
        assert float(loss) == pytest.approx(expected, rel=1e-5)
    assert float(DiscriminatorLoss(penalty=4)(LABELS[:5], LOGITS[:5])) == pytest.approx(
        cross_entropy()
    )


def test_the_scores_leave_out_the_copies():
    scores = Scores()
    scores.update_state(LABELS, LOGITS)
    result = {name: float(value) for name, value in scores.result().items()}
    probabilities = 1 / (1 + np.exp(-LOGITS[:5, 0]))
    assert result == pytest.approx(
        {
            "judged": cross_entropy(),
            "real_score": probabilities[:3].mean(),
            "fake_score": probabilities[3:].mean(),
            "real_accuracy": 2 / 3,
            "fake_accuracy": 1 / 2,
        },
        rel=1e-5,
    )


def test_a_critic_is_right_by_what_sets_its_outputs_apart():
    """Wherever they lie: its loss is the same if all of them are moved."""
    for offset in (-100, 0, 100):
        scores = Scores("wgan-gp")
        scores.update_state(
            np.array([[1], [1], [0], [0], [2]]),
            np.array([[3], [-1], [-3], [1], [900]], "float32") + offset,
        )
        result = {name: float(value) for name, value in scores.result().items()}
        assert (result["real_accuracy"], result["fake_accuracy"]) == (1 / 2, 1 / 2)
    assert LOSSES["wgan-gp"].undecided is None


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
    assert float(logs["judged"]) == pytest.approx(expected, rel=1e-4)


def test_a_penalty_and_dropout_do_not_go_together():
    generator = keras.Sequential([keras.Input((2,)), layers.Dense(4)])
    discriminator = keras.Sequential([keras.Input((4,)), layers.Dropout(0.3), layers.Dense(1)])
    with pytest.raises(ValueError, match="set the penalty to 0"):
        build_composite(generator, discriminator)
    build_composite(generator, discriminator, penalty=0)


def lessons(duel, monkeypatch):
    """A list that keeps what a duel's critic is trained with: pairs of inputs and labels."""
    shown, critic = [], duel.composite.critic

    def keep(inputs, labels):
        to_numpy = keras.ops.convert_to_numpy
        shown.append((keras.tree.map_structure(to_numpy, inputs), to_numpy(labels)))

    if keras.backend.backend() == "tensorflow":
        duel.run_eagerly = True
        train_step = critic.train_step
        name, taught = "train_step", lambda data: (keep(*data), train_step(data))[1]
    else:
        train_on_batch = critic.train_on_batch
        name = "train_on_batch"

        def taught(inputs, labels, **options):
            keep(inputs, labels)
            return train_on_batch(inputs, labels, **options)

    monkeypatch.setattr(critic, name, taught)
    return shown


def test_a_step_shows_copies_of_real_images_with_noise(monkeypatch):
    generator = keras.Sequential(
        [keras.Input((2,)), layers.Dense(784, "sigmoid"), layers.Reshape((28, 28, 1))]
    )
    discriminator = keras.Sequential([keras.Input((28, 28, 1)), layers.Flatten(), layers.Dense(1)])
    composite = build_composite(generator, discriminator)
    duel = Duel(composite)
    shown = lessons(duel, monkeypatch)
    rng = np.random.default_rng(0)
    for n in (1, 4, 7):
        real_images = rng.uniform(size=(n, 28, 28, 1)).astype("float32")
        train_step(duel, real_images, rng)
        images, labels = shown.pop()
        labels = labels[:, 0]
        np.testing.assert_array_equal(images[:n], real_images)
        assert labels[: 2 * n].tolist() == [1] * n + [0] * n
        copies = [(k, int(-1 - label)) for k, label in enumerate(labels) if label < 0]
        assert len(copies) == (n + 3) // 4
        for copy, original in copies:
            noise = images[copy] - images[original]
            assert noise.std() == pytest.approx(discriminator.loss.noise, rel=0.15)


def test_the_losses_survive_saving():
    loss = DiscriminatorLoss("lsgan", 0.7, noise=0.3, label_smoothing=0.2)
    again = keras.losses.deserialize(keras.losses.serialize(loss))
    assert (again.loss, again.penalty, again.noise, again.label_smoothing) == (
        *("lsgan", 0.7, 0.3),
        0.2,
    )
    again = keras.losses.deserialize(keras.losses.serialize(GeneratorLoss("hinge")))
    assert again.loss == "hinge"


REAL, FAKE = LOGITS[:3].astype("float64"), LOGITS[3:5].astype("float64")


def softplus(x):
    return np.logaddexp(0, x)


@pytest.mark.parametrize(
    ("loss", "real", "fake", "generated"),
    [
        ("bce", softplus(-REAL), softplus(FAKE), softplus(-FAKE)),
        ("lsgan", (REAL - 1) ** 2 / 2, FAKE**2 / 2, (FAKE - 1) ** 2 / 2),
        ("hinge", np.maximum(0, 1 - REAL), np.maximum(0, 1 + FAKE), -FAKE),
        ("wgan-gp", -REAL, FAKE, -FAKE),
    ],
)
def test_each_loss_is_its_formula(loss, real, fake, generated):
    paid = np.concatenate([real, fake]).mean()
    assert float(DiscriminatorLoss(loss, 0)(LABELS[:5], LOGITS[:5])) == pytest.approx(paid, 1e-5)
    assert float(GeneratorLoss(loss)(LABELS[3:5], LOGITS[3:5])) == pytest.approx(
        generated.mean(), 1e-5
    )
    scores = Scores(loss)
    scores.update_state(LABELS[:5], LOGITS[:5])
    assert float(scores.result()["judged"]) == pytest.approx(paid, rel=1e-5)


def test_smoothed_labels_move_the_target_of_real_images_alone():
    cross_entropy = 0.9 * softplus(-REAL) + 0.1 * softplus(REAL)
    squares = (REAL - 0.9) ** 2 / 2
    for loss, real, fake in (
        ("bce", cross_entropy, softplus(FAKE)),
        ("lsgan", squares, FAKE**2 / 2),
    ):
        found = DiscriminatorLoss(loss, 0, label_smoothing=0.1)(LABELS[:5], LOGITS[:5])
        assert float(found) == pytest.approx(np.concatenate([real, fake]).mean(), rel=1e-5)


@pytest.mark.parametrize(
    ("loss", "guessing"), [("bce", np.log(2)), ("lsgan", 1 / 8), ("hinge", 1), ("wgan-gp", 0)]
)
def test_what_guessing_costs(loss, guessing):
    assert LOSSES[loss].guessing == pytest.approx(guessing)


def test_the_gradient_penalty_is_the_distance_of_the_gradients_norm_from_1():
    """Of D(x) = w2 * tanh(w1 * x), the gradient is w2 * w1 * (1 - tanh(w1 * x)**2)."""
    discriminator = keras.Sequential(
        [
            keras.Input((3,)),
            layers.Dense(5, "tanh", use_bias=False),
            layers.Dense(1, use_bias=False),
        ]
    )
    rng = np.random.default_rng(0)
    images = rng.standard_normal((6, 3)).astype("float32")
    mixtures = rng.standard_normal((4, 3)).astype("float32")
    first, second = (w.astype("float64") for w in discriminator.get_weights())
    slopes = (1 - np.tanh(mixtures @ first) ** 2) * second[:, 0] @ first.T
    norms = np.linalg.norm(slopes, axis=1)

    outputs = keras.ops.convert_to_numpy(Critic(discriminator)((images, mixtures)))
    assert outputs[:6, 0] == pytest.approx((np.tanh(images @ first) @ second)[:, 0], rel=1e-4)
    assert outputs[6:, 0] == pytest.approx(norms, rel=1e-4)

    labels = np.array([1, 1, 1, 0, 0, 0, 2, 2, 2, 2], "float32")[:, None]
    found = float(DiscriminatorLoss("wgan-gp", penalty=10)(labels, outputs))
    wasserstein = outputs[3:6].mean() - outputs[:3].mean()
    assert 2 * found == pytest.approx(wasserstein + 10 * ((norms - 1) ** 2).mean(), rel=1e-4)


def test_the_gradient_penalty_is_learned_from():
    """D(x) = w * x has the slope |w| everywhere, and is led to a slope of 1."""
    keras.utils.set_random_seed(0)
    generator = keras.Sequential([keras.Input((2,)), layers.Dense(4)])
    for start in (3.0, 0.1):
        discriminator = keras.Sequential(
            [
                keras.Input((4,)),
                layers.Dense(1, kernel_initializer=keras.initializers.Constant(start)),
            ]
        )
        composite = build_composite(
            generator,
            discriminator,
            learning_rate=5e-4,
            penalty=1000,
            loss="wgan-gp",
            optimizer="sgd",
        )
        images = np.random.default_rng(0).standard_normal((8, 4)).astype("float32")
        labels = np.array([1] * 4 + [0] * 4 + [2] * 4, "float32")[:, None]
        for _ in range(30):
            composite.critic.train_on_batch((images, images[:4]), labels)
        assert np.linalg.norm(discriminator.get_weights()[0]) == pytest.approx(1, abs=0.01)


def test_the_critic_is_shown_points_between_real_and_generated_images(monkeypatch):
    generator = keras.Sequential(
        [keras.Input((2,)), layers.Dense(784, "sigmoid"), layers.Reshape((28, 28, 1))]
    )
    discriminator = keras.Sequential([keras.Input((28, 28, 1)), layers.Flatten(), layers.Dense(1)])
    composite = build_composite(generator, discriminator, loss="wgan-gp", penalty=10)
    duel = Duel(composite)
    shown = lessons(duel, monkeypatch)
    rng = np.random.default_rng(0)
    real_images = rng.uniform(size=(7, 28, 28, 1)).astype("float32")
    before = discriminator.get_weights()[0]
    train_step(duel, real_images, rng, discriminator_steps=2)
    assert not np.array_equal(before, discriminator.get_weights()[0])
    assert [len(labels) for _, labels in shown] == [12, 9]
    seen = []
    for (images, mixtures), labels in shown:
        n = len(mixtures)
        assert labels[:, 0].tolist() == [1] * n + [0] * n + [2] * n
        real, fake = images[:n], images[n:]
        seen.extend(real)
        shares = (mixtures - fake).reshape(n, -1) / (real - fake).reshape(n, -1)
        share = np.median(shares, axis=1).reshape(n, 1, 1, 1)
        assert ((share >= 0) & (share <= 1)).all()
        np.testing.assert_allclose(mixtures, share * real + (1 - share) * fake, atol=1e-4)
    np.testing.assert_array_equal(seen, real_images)
