"""What losses, scores and penalties are, against calculations by hand."""

import keras
import numpy as np
import pytest
from keras import layers

from keras_gan import Penalty, UserError, build_composite, train
from keras_gan.gan.losses import DiscriminatorLoss, GeneratorLoss, Scores
from keras_gan.gan.penalties import GradientPenalty, PenalizedDiscriminator, R1Penalty
from keras_gan.registry import LOSSES

LABELS = np.array([[1], [1], [1], [0], [0]], "float32")
LOGITS = np.array([[2], [-1], [0.5], [-3], [0.25]], "float32")
REAL, FAKE = LOGITS[:3].astype("float64"), LOGITS[3:].astype("float64")


def softplus(x):
    return np.logaddexp(0, x)


def cross_entropy(real, fake):
    """The mean over outputs on real and on generated images."""
    return np.concatenate([softplus(-real), softplus(fake)]).mean()


def to_numpy(tensor):
    return keras.ops.convert_to_numpy(tensor)


def linear_networks(size=4, **options):
    """A discriminator with the same gradient everywhere: its kernel."""
    generator = keras.Sequential([keras.Input((2,)), layers.Dense(size)])
    discriminator = keras.Sequential([keras.Input((size,)), layers.Dense(1, **options)])
    return generator, discriminator


def image_networks():
    generator = keras.Sequential(
        [keras.Input((2,)), layers.Dense(784, "sigmoid"), layers.Reshape((28, 28, 1))]
    )
    discriminator = keras.Sequential([keras.Input((28, 28, 1)), layers.Flatten(), layers.Dense(1)])
    return generator, discriminator


def normal(*shape, seed=0):
    return np.random.default_rng(seed).standard_normal(shape, dtype="float32")


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
    expected = pytest.approx(np.concatenate([real, fake]).mean(), rel=1e-5)
    assert float(DiscriminatorLoss(loss)(LABELS, LOGITS)) == expected
    assert float(GeneratorLoss(loss)(LABELS[3:], LOGITS[3:])) == pytest.approx(
        generated.mean(), rel=1e-5
    )
    scores = Scores(loss)
    scores.update_state(LABELS, LOGITS)
    assert float(scores.result()["d_loss"]) == expected


def test_smoothed_labels_move_the_target_of_real_images_alone():
    smoothed_cross_entropy = 0.9 * softplus(-REAL) + 0.1 * softplus(REAL)
    squares = (REAL - 0.9) ** 2 / 2
    for loss, real, fake in (
        ("bce", smoothed_cross_entropy, softplus(FAKE)),
        ("lsgan", squares, FAKE**2 / 2),
    ):
        found = DiscriminatorLoss(loss, label_smoothing=0.1)(LABELS, LOGITS)
        assert float(found) == pytest.approx(np.concatenate([real, fake]).mean(), rel=1e-5)


@pytest.mark.parametrize(
    ("loss", "expected"), [("bce", np.log(2)), ("lsgan", 1 / 8), ("hinge", 1), ("wgan-gp", 0)]
)
def test_the_loss_of_a_discriminator_that_can_only_guess(loss, expected):
    assert LOSSES[loss].chance_loss == pytest.approx(expected)


def test_the_losses_survive_saving():
    loss = DiscriminatorLoss("lsgan", label_smoothing=0.2)
    again = keras.losses.deserialize(keras.losses.serialize(loss))
    assert (again.loss, again.label_smoothing) == ("lsgan", 0.2)
    again = keras.losses.deserialize(keras.losses.serialize(GeneratorLoss("hinge")))
    assert again.loss == "hinge"


def test_the_scores_are_means_over_either_kind_of_image():
    scores = Scores()
    scores.update_state(LABELS, LOGITS)
    result = {name: float(value) for name, value in scores.result().items()}
    probabilities = 1 / (1 + np.exp(-LOGITS[:, 0]))
    assert result == pytest.approx(
        {
            "d_loss": cross_entropy(REAL, FAKE),
            "real_score": probabilities[:3].mean(),
            "fake_score": probabilities[3:].mean(),
            "real_accuracy": 2 / 3,
            "fake_accuracy": 1 / 2,
        },
        rel=1e-5,
    )


def test_without_a_threshold_an_output_is_compared_with_the_mean():
    """Wherever the outputs of wgan-gp lie: its loss is the same if all of them are moved."""
    for offset in (-100, 0, 100):
        scores = Scores("wgan-gp")
        outputs = np.array([[3], [-1], [-3], [1]], "float32") + offset
        scores.update_state(np.array([[1], [1], [0], [0]]), outputs)
        result = {name: float(value) for name, value in scores.result().items()}
        assert (result["real_accuracy"], result["fake_accuracy"]) == (1 / 2, 1 / 2)
    assert LOSSES["wgan-gp"].undecided is None


@pytest.fixture(scope="module")
def compiled_discriminator():
    return build_composite(*image_networks(), optimizer="sgd").discriminator


@pytest.mark.parametrize("dtype", ["float32", "float64", "int32", "int64", "bool"])
@pytest.mark.parametrize("shape", [(8, 1), (8,)])
def test_labels_of_any_kind_will_do(dtype, shape, compiled_discriminator):
    images = np.random.default_rng(0).uniform(size=(8, 28, 28, 1)).astype("float32")
    labels = (np.arange(8) % 2).astype(dtype).reshape(shape)
    logits = to_numpy(compiled_discriminator(images))[:, 0]
    logs = compiled_discriminator.train_on_batch(images, labels, return_dict=True)
    expected = pytest.approx(cross_entropy(logits[1::2], logits[::2]), rel=1e-4)
    assert float(logs["loss"]) == expected
    assert float(logs["d_loss"]) == expected


class Given(Penalty):
    """A penalty whose term is given from outside."""

    def draw(self, rng, real_images):
        return (np.array(self.term, "float32"),)

    def call(self, discriminator, real_images, fake_images, term):
        outputs, _ = super().call(discriminator, real_images, fake_images)
        return outputs, term


def test_the_discriminators_loss_is_the_mean_and_half_the_weighted_penalty():
    """And what is reported as its loss is the mean alone."""
    real_images, fake_images = normal(6, 4), normal(6, 4, seed=1)
    labels = np.repeat([[1.0], [0.0]], 6, axis=0)
    for weight in (0, 0.1, 4):
        penalty = Given(weight)
        penalty.term = 7.0
        composite = build_composite(*linear_networks(), penalty=penalty, optimizer="sgd")
        outputs = [to_numpy(composite.discriminator(x)) for x in (real_images, fake_images)]
        mean = cross_entropy(*outputs)
        # With a weight of 0, nothing is drawn.
        random = penalty.draw(None, real_images) if weight else ()
        logs = composite.penalized_discriminator.test_on_batch(
            (real_images, fake_images, *random), labels, return_dict=True
        )
        assert float(logs["loss"]) == pytest.approx(mean + weight / 2 * 7, rel=1e-5)
        assert float(logs["d_loss"]) == pytest.approx(mean, rel=1e-5)


def test_r1_is_taken_of_a_quarter_of_the_real_images_with_noise():
    for n, copies in ((1, 1), (4, 1), (7, 2), (64, 16)):
        real_images = np.random.default_rng(n).uniform(size=(n, 28, 28, 1)).astype("float32")
        fake_images, shown = np.zeros((2, 28, 28, 1), "float32"), []

        def discriminator(images, shown=shown):
            shown.append(to_numpy(images))
            return images[:, 0, 0]

        penalty = R1Penalty(1.0)
        (noise,) = penalty.draw(np.random.default_rng(0), real_images)
        assert noise.shape == (copies, 28, 28, 1)
        assert noise.std() == pytest.approx(0.1, rel=0.1)
        outputs, term = penalty.call(discriminator, real_images, fake_images, noise)
        (shown,) = shown
        np.testing.assert_array_equal(shown[:n], real_images)
        np.testing.assert_array_equal(shown[n : n + 2], fake_images)
        np.testing.assert_array_equal(shown[n + 2 :], real_images[:copies] + noise)
        np.testing.assert_array_equal(to_numpy(outputs), shown[: n + 2, 0, 0])
        slopes = (shown[n + 2 :] - real_images[:copies])[:, 0, 0, 0] / 0.1
        assert float(term) == pytest.approx((slopes**2).mean(), rel=1e-4)


def test_r1_is_the_squared_norm_of_the_gradient():
    """Of D(x) = w*x + b, the gradient is w, wherever x is."""
    _, discriminator = linear_networks(20)
    kernel = to_numpy(discriminator.layers[0].kernel)
    real_images, penalty = normal(200_000, 20), R1Penalty(6.0)
    _, term = penalty.call(
        discriminator,
        real_images,
        real_images[:1],
        *penalty.draw(np.random.default_rng(1), real_images),
    )
    assert float(term) == pytest.approx((kernel**2).sum(), rel=0.02)


def train_discriminator(composite, batches):
    """Trains the discriminator alone."""
    penalized, rng = composite.penalized_discriminator, np.random.default_rng(0)
    for real_images, fake_images in batches:
        inputs = (real_images, fake_images, *penalized.penalty.draw(rng, real_images))
        labels = np.repeat([[1.0], [0.0]], [len(real_images), len(fake_images)], axis=0)
        penalized.train_on_batch(inputs, labels)


def test_a_steep_discriminator_is_made_less_steep():
    batches = [(normal(8, 4) / 4 + 1, normal(8, 4, seed=1) / 4)] * 20
    steepness = {}
    for weight in (0, 10):
        networks = linear_networks(kernel_initializer=keras.initializers.RandomNormal(seed=1))
        composite = build_composite(
            *networks, optimizer="sgd", learning_rate=0.05, penalty=float(weight)
        )
        train_discriminator(composite, batches)
        steepness[weight] = np.square(composite.discriminator.get_weights()[0]).sum()
    assert steepness[10] < steepness[0] / 2


@pytest.mark.every_backend
def test_the_penalty_of_wgan_gp_is_the_distance_of_the_gradients_norm_from_1():
    """Of D(x) = w2 * tanh(w1 * x), the gradient is w2 * w1 * (1 - tanh(w1 * x)**2)."""
    discriminator = keras.Sequential(
        [
            keras.Input((3,)),
            layers.Dense(5, "tanh", use_bias=False),
            layers.Dense(1, use_bias=False),
        ]
    )
    real_images, fake_images = normal(6, 3), normal(6, 3, seed=1)
    penalty = GradientPenalty(10.0)
    (weights,) = penalty.draw(np.random.default_rng(2), real_images)
    # Each point lies on the line between a real and a generated image, at a place of its own.
    assert weights.shape == (6, 1)
    assert len(np.unique(weights)) == 6
    assert weights.min() >= 0
    assert weights.max() <= 1
    points = weights * real_images + (1 - weights) * fake_images
    first, second = (w.astype("float64") for w in discriminator.get_weights())
    slopes = (1 - np.tanh(points @ first) ** 2) * second[:, 0] @ first.T
    norms = np.linalg.norm(slopes, axis=1)

    inputs = map(keras.ops.convert_to_tensor, (real_images, fake_images, weights))
    outputs, term = penalty.call(discriminator, *inputs)
    images = np.concatenate([real_images, fake_images])
    assert to_numpy(outputs) == pytest.approx(np.tanh(images @ first) @ second, rel=1e-4, abs=1e-6)
    assert float(term) == pytest.approx(((norms - 1) ** 2).mean(), rel=1e-4)


def test_fewer_generated_images_are_mixed_with_as_many_real_ones():
    _, discriminator = linear_networks()
    discriminator.layers[0].activation = keras.ops.tanh
    real_images, fake_images, weights = normal(6, 4), normal(2, 4, seed=1), normal(2, 1, seed=2)

    def called(images):
        penalized = PenalizedDiscriminator(discriminator, GradientPenalty(10.0))
        outputs = penalized((images, fake_images, weights))
        return to_numpy(outputs), float(penalized.losses[0])

    outputs, term = called(real_images)
    _, expected_term = called(real_images[:2])
    images = np.concatenate([real_images, fake_images])
    assert outputs == pytest.approx(to_numpy(discriminator(images)), rel=1e-5)
    assert term == pytest.approx(expected_term, rel=1e-5)


def test_scores_count_images_by_their_weights():
    scores = Scores("wgan-gp")
    weights = np.array([[2], [0], [1], [4], [2]], "float32")
    scores.update_state(LABELS, LOGITS, weights)
    real, fake = (2 * 2 + 0.5) / 3, (4 * -3 + 2 * 0.25) / 6
    result = {name: float(value) for name, value in scores.result().items()}
    expected = {
        "d_loss": (6 * fake - 3 * real) / 9,
        "real_score": real,
        "fake_score": fake,
        "real_accuracy": 1.0,  # against a mean output of -7 / 9
        "fake_accuracy": 4 / 6,
    }
    assert result == pytest.approx(expected, rel=1e-5)


def test_the_loss_of_wgan_gp_is_half_of_the_papers():
    """D(x) = w * x has the gradient w everywhere."""
    composite = build_composite(*linear_networks(), loss="wgan-gp", penalty=10, optimizer="sgd")
    real_images, fake_images, weights = normal(5, 4), normal(5, 4, seed=1), np.full((5, 1), 0.5)
    logs = composite.penalized_discriminator.test_on_batch(
        (real_images, fake_images, weights.astype("float32")),
        np.repeat([[1.0], [0.0]], 5, axis=0),
        return_dict=True,
    )
    real, fake = (to_numpy(composite.discriminator(x)) for x in (real_images, fake_images))
    norm = np.linalg.norm(to_numpy(composite.discriminator.layers[0].kernel))
    expected = fake.mean() - real.mean() + 10 * (norm - 1) ** 2
    assert 2 * float(logs["loss"]) == pytest.approx(expected, rel=1e-4)
    assert 2 * float(logs["d_loss"]) == pytest.approx(fake.mean() - real.mean(), rel=1e-4)


@pytest.mark.parametrize("start", [3.0, pytest.param(0.1, marks=pytest.mark.every_backend)])
def test_the_penalty_of_wgan_gp_leads_to_a_gradient_of_norm_1(start):
    networks = linear_networks(kernel_initializer=keras.initializers.Constant(start))
    composite = build_composite(
        *networks, loss="wgan-gp", penalty=1000, optimizer="sgd", learning_rate=5e-4
    )
    train_discriminator(composite, [(normal(4, 4), normal(4, 4, seed=1))] * 30)
    norm = np.linalg.norm(composite.discriminator.get_weights()[0])
    assert norm == pytest.approx(1, abs=0.01)


def test_without_a_weight_a_loss_has_the_default_of_its_penalty():
    for loss, kind, weight in (("hinge", R1Penalty, 0.02), ("wgan-gp", GradientPenalty, 10)):
        penalty = build_composite(*linear_networks(), loss=loss).penalized_discriminator.penalty
        assert isinstance(penalty, kind)
        assert penalty.weight == weight


def test_a_penalty_and_dropout_do_not_go_together():
    generator = keras.Sequential([keras.Input((2,)), layers.Dense(4)])
    discriminator = keras.Sequential([keras.Input((4,)), layers.Dropout(0.3), layers.Dense(1)])
    with pytest.raises(UserError, match="set the penalty to 0"):
        build_composite(generator, discriminator)
    build_composite(generator, discriminator, penalty=0)


class SmallOutputs(Penalty):
    """Of one's own: outputs should be 0, on images that random numbers were added to."""

    def __init__(self, weight):
        super().__init__(weight)
        self.real_images = []

    def check(self, discriminator):
        if discriminator.name == "unfit":
            raise UserError("the discriminator is unfit")

    def draw(self, rng, real_images):
        self.real_images.append(real_images)
        return rng.standard_normal((1, 28, 28, 1), dtype="float32"), np.float32(0.01)

    def call(self, discriminator, real_images, fake_images, noise, scale):
        outputs, _ = super().call(discriminator, real_images, fake_images)
        return outputs, keras.ops.mean(discriminator(real_images + scale * noise) ** 2)


def test_a_penalty_of_ones_own_is_trained_with(digits):
    """In place of the one that comes with the loss."""
    sizes = []
    for weight in (1e-9, 50.0):
        keras.utils.set_random_seed(0)
        penalty = SmallOutputs(weight)
        composite = build_composite(
            *image_networks(),
            loss="wgan-gp",
            penalty=penalty,
            optimizer="sgd",
            learning_rate=1e-4,
        )
        assert composite.penalized_discriminator.penalty is penalty
        train(composite, digits[0][:40], epochs=20, batch_size=8, discriminator_steps=2)
        assert [images.shape for images in penalty.real_images] == [(8, 28, 28, 1)] * 80
        outputs = to_numpy(composite.discriminator(digits[0][:40] / np.float32(255)))
        sizes.append(np.square(outputs).mean())
    assert sizes[1] < sizes[0] / 3


def test_a_penalty_of_ones_own_may_refuse_a_discriminator():
    generator, discriminator = image_networks()
    discriminator.name = "unfit"
    with pytest.raises(UserError, match="the discriminator is unfit"):
        build_composite(generator, discriminator, penalty=SmallOutputs(1.0))


def test_the_penalized_discriminator_trains_the_discriminators_own_variables():
    _, discriminator = linear_networks()
    penalized = PenalizedDiscriminator(discriminator, R1Penalty(1.0))
    ids = [{id(v) for v in model.trainable_variables} for model in (penalized, discriminator)]
    assert ids[0] == ids[1]
