"""Measuring generated images: from a file to scores, a table and a picture."""

import dataclasses

import numpy as np

from keras_gan.config import MAX_SEED
from keras_gan.console import one_line
from keras_gan.data import load_data, to_bytes
from keras_gan.errors import UserError
from keras_gan.evaluation import metrics
from keras_gan.latents import draw_latents
from keras_gan.models.loading import load_generator

MIN_SAMPLES = 100
MAX_SAMPLES = 100_000
NEAR_COPY_QUANTILE = 0.01
FLOOR_DRAWS = 4


@dataclasses.dataclass(frozen=True)
class Score:
    """One figure of merit.

    Attributes:
        value: Float.
        reference: Float, what real images get.
        meaning: String, what it says, in a few words.
    """

    value: float
    reference: float
    meaning: str


@dataclasses.dataclass(frozen=True)
class Copies:
    """How near samples come to training images.

    Attributes:
        distances: Array `(n,)`, each sample's distance to its nearest training
            image; black to white in one pixel is 1.
        indices: Array `(n,)`, which training image that is.
    """

    distances: np.ndarray
    indices: np.ndarray


@dataclasses.dataclass(frozen=True)
class Result:
    """What `evaluate` found.

    Attributes:
        scores: Dict of `Score`s by their names.
        class_shares: List of floats, the share of the samples that looks like
            each class, or `None` where there is no yardstick.
        classes: Array `(n,)`, the class that each sample looks like, or `None`.
        copies: `Copies`, for each sample.
        compared: Integer, how many samples were compared with real images, by
            the scores that depend on their number.
        real: Integer, how many real images they were compared with.
    """

    scores: dict[str, Score]
    class_shares: list[float] | None
    classes: np.ndarray | None
    copies: Copies
    compared: int
    real: int


def draw_samples(generator, n, seed=0, latent_distribution="normal"):
    """Draws images from a generator.

    Args:
        generator: A Keras model from `(batch, latent_dim)` to images.
        n: Integer, the number of images.
        seed: Integer, fixes the latent points.
        latent_distribution: As in `draw_latents`.

    Returns:
        `uint8` array `(n, 28, 28, 1)`.

    Raises:
        UserError: If the generator gives values that are not from 0 to 1.
    """
    rng = np.random.default_rng(seed)
    latents = draw_latents(rng, n, generator.input_shape[1], latent_distribution)
    try:
        images = generator.predict(latents, batch_size=500, verbose=0)
    except Exception as error:  # what a model from elsewhere raises is of any kind
        raise UserError(f"the generator cannot draw images ({one_line(error)})") from error
    if not (images.min() >= -1e-3 and images.max() <= 1 + 1e-3):
        raise UserError(
            f"expected a generator of values from 0 to 1, found {images.min():g} to "
            f"{images.max():g}; scale its images to 0 to 255 and give them as an .npz"
        )
    return to_bytes(images)


def load_samples(path, n, seed=0, latent_distribution="normal"):
    """Images to measure: drawn from a generator, or read from an `.npz`.

    Args:
        path: Path of a `.keras` generator, or of an `.npz` with an array `x` of
            images as `load_data` takes them.
        n: Integer, the number of images; at most as many as an `.npz` holds.
        seed: Integer, fixes the latent points.
        latent_distribution: As in `draw_latents`.

    Returns:
        `uint8` array `(n, 28, 28, 1)`.

    Raises:
        UserError: If the file is none of these, or holds too few images.
    """
    if not MIN_SAMPLES <= n <= MAX_SAMPLES:
        raise UserError(f"samples must be from {MIN_SAMPLES} to {MAX_SAMPLES}, but is {n}")
    if not 0 <= seed <= MAX_SEED:
        raise UserError(f"seed must be from 0 to {MAX_SEED}, but is {seed}")
    if path.suffix not in (".keras", ".npz"):
        raise UserError(f"{path}: expected a file .keras or .npz")
    if path.suffix == ".keras":
        return draw_samples(load_generator(path), n, seed, latent_distribution)
    images = load_data(data=path).images
    if len(images) < MIN_SAMPLES:
        raise UserError(f"{path}: expected at least {MIN_SAMPLES} images, found {len(images)}")
    if n < len(images):  # at random, since they may be sorted
        images = images[np.random.default_rng(seed).permutation(len(images))[:n]]
    return images


def can_be_compared_with(dataset):
    """Whether a data set has the images that `evaluate` needs for its real side."""
    if dataset.test_images is not None:
        return min(len(dataset.test_images), len(dataset.images)) >= MIN_SAMPLES
    return len(dataset.images) >= 2 * MIN_SAMPLES


def evaluate(samples, dataset, yardstick, seed=0):
    """Measures samples against real images.

    The real side is the data set's held-out images, or half of its images where
    none are held out. Beside each score stands its floor: what as many real
    training images get (of the other half, where none are held out; then no
    more samples are compared than that has images). The floor of the FID is the
    mean of up to four draws, since one alone scatters by some percent.

    Args:
        samples: `uint8` array `(n, 28, 28, 1)`.
        dataset: A `Dataset`.
        yardstick: A `Yardstick`, or `None` for a data set without labels, of
            which only copying is measured.
        seed: Integer, fixes every random choice.

    Returns:
        A `Result`.
    """
    copies, copying = _copying(samples, dataset)
    if yardstick is None:
        return Result(copying, None, None, copies, compared=0, real=0)
    fake = yardstick.measure(samples)
    real, draws = _real_sides(dataset, yardstick, len(samples), seed)
    compared = len(draws[0].features)
    rows = np.random.default_rng(seed).permutation(len(samples))[:compared]
    return Result(
        _scores(real, fake[rows], draws) | _rarest_class(real, fake, draws[0]) | copying,
        metrics.class_shares(fake.probabilities).tolist(),
        fake.probabilities.argmax(axis=1),
        copies,
        compared,
        len(real.features),
    )


def _real_sides(dataset, yardstick, n, seed):
    """Measurements of the real side, and of draws of up to `n` others for the floor."""
    images = dataset.images[np.random.default_rng(seed).permutation(len(dataset.images))]
    real_images = dataset.test_images
    if real_images is None:
        images, real_images = np.array_split(images, 2)
    n = min(n, len(images))
    starts = range(0, len(images) - n + 1, n)[:FLOOR_DRAWS]
    draws = [yardstick.measure(images[start : start + n]) for start in starts]
    return yardstick.measure(real_images), draws


def _scores(real, fake, draws):
    floor = draws[0]
    kid, kid_error = metrics.kernel_distance(real.features, fake.features)
    floor_kid, floor_kid_error = metrics.kernel_distance(real.features, floor.features)
    near = metrics.neighbourhood(real.features, fake.features)
    floor_near = metrics.neighbourhood(real.features, floor.features)
    return {
        "FID": Score(
            metrics.frechet_distance(real.features, fake.features),
            float(np.mean([metrics.frechet_distance(real.features, d.features) for d in draws])),
            "distance of the features' Gaussians; lower is better",
        ),
        "KID": Score(kid, floor_kid, "distance that no sample size biases; lower is better"),
        "KID standard error": Score(kid_error, floor_kid_error, "how far chance moves the KID"),
        "precision": Score(near.precision, floor_near.precision, "share that could be real"),
        "recall": Score(near.recall, floor_near.recall, "share of the real that could be drawn"),
        "density": Score(near.density, floor_near.density, "how closely real ones surround"),
        "coverage": Score(near.coverage, floor_near.coverage, "share of the real that is near one"),
        "classifier score": Score(
            metrics.classifier_score(fake.probabilities),
            metrics.classifier_score(floor.probabilities),
            f"clear and of every class; at most {fake.probabilities.shape[1]}",
        ),
        "confident share": Score(
            metrics.confident_share(fake.probabilities),
            metrics.confident_share(floor.probabilities),
            "share that the classifier is 95% sure of",
        ),
    }


def _rarest_class(real, fake, floor):
    """The share of the class, of those that real images have, that samples have least of."""
    wanted, shares, floor_shares = (
        metrics.class_shares(side.probabilities) for side in (real, fake, floor)
    )
    rarest = int(np.where(wanted > 0, shares, 1).argmin())
    meaning = f"share of class {rarest}, the rarest of the samples"
    return {"rarest class": Score(float(shares[rarest]), float(floor_shares[rarest]), meaning)}


def _copying(samples, dataset):
    """Distances to the nearest training images, beside those of held-out images."""
    distances, indices = metrics.nearest(samples, dataset.images)
    if dataset.test_images is None:
        held_out = metrics.nearest_other(dataset.images)
    else:
        held_out, _ = metrics.nearest(dataset.test_images, dataset.images)
    near = np.quantile(held_out, NEAR_COPY_QUANTILE)
    return Copies(distances, indices), {
        "nearest image": Score(
            float(np.median(distances)), float(np.median(held_out)), "median distance, in pixels"
        ),
        "near-copies": Score(
            float((distances < near).mean()),
            float((held_out < near).mean()),
            f"share nearer than {near:.2f}; fewer is better",
        ),
    }
