"""Each metric against an independent reference, and on real digits gone wrong."""

import subprocess
import sys
from typing import ClassVar

import numpy as np
import prdc
import pytest
from scipy import linalg, ndimage
from scipy.spatial.distance import cdist
from sklearn.metrics.pairwise import polynomial_kernel

from keras_gan import Dataset
from keras_gan.data import embedded_digits
from keras_gan.evaluation import metrics, nearest
from keras_gan.evaluation.classifier import Yardstick, load_yardstick
from keras_gan.evaluation.evaluate import evaluate


def gaussian_features(rng, mean, covariance, n=500):
    """Features whose sample mean and covariance are exactly these."""
    features = rng.standard_normal((n, len(mean)))
    features -= features.mean(axis=0)
    features @= np.linalg.inv(np.linalg.cholesky(np.cov(features, rowvar=False))).T
    return features @ np.linalg.cholesky(covariance).T + mean


def test_frechet_distance_has_the_closed_form_of_gaussians():
    rng = np.random.default_rng(0)
    real = gaussian_features(rng, np.zeros(3), np.diag([1.0, 4.0, 9.0]))
    fake = gaussian_features(rng, np.array([1.0, 2.0, 0.0]), np.diag([4.0, 4.0, 1.0]))
    # |m1 - m2|^2 + sum of (s1 - s2)^2 where the covariances commute
    expected = 5 + (1 - 2) ** 2 + 0 + (3 - 1) ** 2
    assert metrics.frechet_distance(real, fake) == pytest.approx(expected, rel=1e-9)
    assert metrics.frechet_distance(real, real) == pytest.approx(0, abs=1e-9)


def test_frechet_distance_agrees_with_scipys_root():
    rng = np.random.default_rng(1)
    real = rng.standard_normal((300, 8)) @ rng.standard_normal((8, 8))
    fake = rng.standard_normal((200, 8)) @ rng.standard_normal((8, 8)) + 0.5
    c1, c2 = np.cov(real, rowvar=False), np.cov(fake, rowvar=False)
    expected = ((real.mean(0) - fake.mean(0)) ** 2).sum() + np.trace(c1 + c2)
    expected -= 2 * np.trace(linalg.sqrtm(c1 @ c2)).real
    assert metrics.frechet_distance(real, fake) == pytest.approx(expected, rel=1e-6)


def test_frechet_distance_of_fewer_features_than_dimensions():
    rng = np.random.default_rng(2)
    real, fake = rng.standard_normal((20, 64)), rng.standard_normal((20, 64))
    assert np.isfinite(metrics.frechet_distance(real, fake))


def test_kernel_distance_agrees_with_the_definition_and_scikit_learns_kernel():
    rng = np.random.default_rng(3)
    real, fake = rng.standard_normal((200, 4)), rng.standard_normal((200, 4)) + 0.3

    def within(some):
        return polynomial_kernel(some, degree=3, coef0=1)[~np.eye(len(some), dtype=bool)].mean()

    subsets = np.random.default_rng(5)
    estimates = []
    for _ in range(3):
        x = real[subsets.choice(200, 20, replace=False)]
        y = fake[subsets.choice(200, 20, replace=False)]
        estimates.append(
            within(x) + within(y) - 2 * polynomial_kernel(x, y, degree=3, coef0=1).mean()
        )
    value, error = metrics.kernel_distance(real, fake, subsets=3, subset_size=50, seed=5)
    assert value == pytest.approx(np.mean(estimates), rel=1e-9)
    assert error == pytest.approx(np.std(estimates, ddof=1) / 3**0.5, rel=1e-9)


def test_the_standard_error_is_that_of_fresh_draws():
    rng = np.random.default_rng(4)
    draws = [
        metrics.kernel_distance(rng.standard_normal((1000, 4)), rng.standard_normal((1000, 4)))
        for _ in range(40)
    ]
    values, errors = np.transpose(draws)
    assert np.mean(errors) == pytest.approx(np.std(values, ddof=1), rel=0.5)
    assert abs(np.mean(values)) < 3 * np.mean(errors) / 40**0.5


def test_neighbourhood_agrees_with_prdc():
    rng = np.random.default_rng(5)
    real, fake = rng.standard_normal((2300, 6)), rng.standard_normal((1700, 6)) * 0.8 + 0.3
    expected = prdc.compute_prdc(real, fake, nearest_k=5)
    found = metrics.neighbourhood(real, fake, k=5)
    for name in ("precision", "recall", "density", "coverage"):
        assert getattr(found, name) == pytest.approx(expected[name], rel=1e-9)


def test_classifier_score_by_hand():
    probabilities = np.array([[1.0, 0.0], [0.5, 0.5]])
    # marginal (3/4, 1/4)
    first = np.log(1 / 0.75)
    second = 0.5 * np.log(0.5 / 0.75) + 0.5 * np.log(0.5 / 0.25)
    expected = np.exp((first + second) / 2)
    assert metrics.classifier_score(probabilities) == pytest.approx(expected)
    assert metrics.classifier_score(np.eye(10)) == pytest.approx(10)
    assert metrics.classifier_score(np.full((5, 10), 0.1)) == pytest.approx(1)


def test_shares_and_confidence():
    probabilities = np.array([[0.96, 0.04], [0.6, 0.4], [0.1, 0.9], [0.01, 0.99]])
    assert metrics.class_shares(probabilities).tolist() == [0.5, 0.5]
    assert metrics.confident_share(probabilities) == 0.5
    assert metrics.class_shares(probabilities[:2]).tolist() == [1, 0]


def test_nearest_image_by_hand():
    train = np.zeros((3, 28, 28, 1), "uint8")
    train[1, :2] = 255
    train[2] = 255
    images = train[[2, 0, 1]].copy()
    images[1, 5, 5] = 255
    distances, indices = nearest.nearest_images(images, train)
    assert indices.tolist() == [2, 0, 1]
    assert distances.tolist() == [0, 1, 0]
    np.testing.assert_allclose(
        nearest.nearest_others(train), [56**0.5, 56**0.5, (784 - 56) ** 0.5], rtol=1e-5
    )


@pytest.mark.parametrize("kind", ["digits", "noise", "one image"])
@pytest.mark.parametrize("few", [0, 20, 500])
def test_nearest_image_is_that_of_all_distances(kind, few, monkeypatch):
    monkeypatch.setattr(nearest, "FEW", few)
    monkeypatch.setattr(nearest, "STRIP", 300)
    rng = np.random.default_rng(8)
    train = {
        "digits": lambda: embedded_digits().images[:2000],
        "noise": lambda: rng.integers(256, size=(700, 28, 28, 1), dtype="uint8"),
        "one image": lambda: embedded_digits().images[:1],
    }[kind]()
    noise = rng.integers(256, size=(50, 28, 28, 1), dtype="uint8")
    some = train[:150]
    images = np.concatenate([some, np.roll(some, 1, axis=2), 255 - some, noise])
    expected = cdist(images.reshape(len(images), -1), train.reshape(len(train), -1)) / 255
    distances, indices = nearest.nearest_images(images, train)
    np.testing.assert_allclose(distances, expected.min(axis=1), rtol=1e-5, atol=1e-6)
    np.testing.assert_array_equal(indices, expected.argmin(axis=1))


def test_metrics_are_imported_without_keras_scipy_or_scikit_learn():
    code = "import sys, keras_gan.evaluation.evaluate; print(*sys.modules)"
    out = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert not {"keras", "scipy", "sklearn", "matplotlib"} & set(out.stdout.split())


@pytest.fixture(scope="module")
def real():
    """Half of the embedded digits to train on, a quarter held out, a quarter as samples."""
    digits = embedded_digits()
    order = np.random.default_rng(0).permutation(len(digits.images))
    train, test, rest = np.split(order, [2500, 3750])
    dataset = Dataset(
        digits.images[train],
        digits.labels[train],
        "embedded digits",
        digits.images[test],
        digits.labels[test],
    )
    return dataset, digits.images[rest], digits.labels[rest]


class OnceOnly(Yardstick):
    """A yardstick that measures the same images, such as the real ones, only once."""

    known: ClassVar = {}

    def measure(self, images, labels=None):
        key = images.tobytes()
        if key not in self.known:
            self.known[key] = super().measure(images)
        return self.known[key]


@pytest.fixture(scope="module")
def measure(real):
    dataset = real[0]
    loaded = load_yardstick(dataset)
    assert loaded.name == "mnist-1"
    yardstick = OnceOnly(loaded.name, loaded.sha256, loaded.model, loaded.label_values)

    def measure(samples):
        result = evaluate(samples, dataset, yardstick)
        return {name: score.value for name, score in result.scores.items()} | {
            "floor": result.scores["FID"].reference
        }

    return measure


@pytest.fixture(scope="module")
def intact(real, measure):
    return measure(real[1])


@pytest.mark.slow
def test_real_digits_reach_the_floor(intact):
    assert intact["FID"] == pytest.approx(intact["floor"], rel=0.1)
    assert abs(intact["near-copies"] - 0.01) < 0.01
    assert intact["coverage"] > 0.9


def assert_ordered(values, rising):
    steps = np.diff(values)
    assert (steps > 0).all() if rising else (steps < 0).all(), values


@pytest.mark.slow
def test_blur_is_told_by_its_strength(real, measure, intact):
    blurred = [
        measure(ndimage.gaussian_filter(real[1], (0, sigma, sigma, 0))) for sigma in (0.7, 1.2, 2.0)
    ]
    assert_ordered([scores["FID"] for scores in (intact, *blurred)], rising=True)
    assert_ordered([scores["KID"] for scores in (intact, *blurred)], rising=True)


@pytest.mark.slow
def test_noise_is_told_by_its_strength(real, measure, intact):
    rng = np.random.default_rng(0)
    noise = rng.standard_normal(real[1].shape)
    noisy = [
        measure(np.clip(real[1] + strength * noise, 0, 255).astype("uint8"))
        for strength in (20, 60, 120)
    ]
    assert_ordered([scores["FID"] for scores in (intact, *noisy)], rising=True)
    assert_ordered([scores["precision"] for scores in (intact, *noisy)], rising=False)


@pytest.mark.slow
def test_missing_digits_are_told_by_their_number(real, measure, intact):
    _, samples, labels = real
    without = [measure(samples[~np.isin(labels, range(n))]) for n in (1, 3, 6)]
    assert intact["rarest class"] > 0.08
    assert all(scores["rarest class"] < 0.01 for scores in without)
    scores = (intact, *without)
    assert_ordered([each["coverage"] for each in scores], rising=False)
    assert_ordered([each["recall"] for each in scores], rising=False)
    assert_ordered([each["FID"] for each in scores], rising=True)
    assert_ordered([each["classifier score"] for each in scores], rising=False)


@pytest.mark.slow
def test_few_images_repeated_are_told_by_coverage(real, measure, intact):
    samples = real[1]
    repeated = [measure(np.resize(samples[:n], samples.shape)) for n in (300, 60, 10)]
    scores = (intact, *repeated)
    assert_ordered([each["coverage"] for each in scores], rising=False)
    assert_ordered([each["FID"] for each in scores], rising=True)
    assert scores[-1]["coverage"] < 0.1
    assert scores[-1]["confident share"] > 0.8


@pytest.mark.slow
def test_a_shift_is_told_by_its_width(real, measure, intact):
    shifted = [measure(np.roll(real[1], n, axis=2)) for n in (2, 4, 7)]
    scores = (intact, *shifted)
    assert_ordered([each["FID"] for each in scores], rising=True)
    assert_ordered([each["KID"] for each in scores], rising=True)


@pytest.mark.slow
def test_copies_of_training_images_are_told_by_their_share(real, measure, intact):
    dataset, samples, _ = real
    copied = []
    for share in (0.1, 0.5, 1.0):
        n = round(share * len(samples))
        copied.append(measure(np.concatenate([dataset.images[:n], samples[n:]])))
    assert_ordered([scores["near-copies"] for scores in (intact, *copied)], rising=True)
    assert copied[-1]["near-copies"] == 1
    assert copied[-1]["nearest image"] == 0
