"""Scores of generated images, each with what real images score."""

import dataclasses
from typing import TYPE_CHECKING

import numpy as np

from keras_gan.data import Dataset
from keras_gan.evaluation import metrics
from keras_gan.evaluation.labelled import label_scores
from keras_gan.evaluation.nearest import nearest_images, nearest_others
from keras_gan.evaluation.samples import MIN_SAMPLES
from keras_gan.evaluation.scores import Score

if TYPE_CHECKING:
    from keras_gan.evaluation.classifier import Yardstick

# A sample is a near-copy if it is closer to a training image than this share of
# held-out images is.
NEAR_COPY_QUANTILE = 0.01
# How many draws of real images the reference of the FID is averaged over, at most.
REFERENCE_DRAWS = 4
Side = tuple[np.ndarray, np.ndarray | None]
ROW = "{:<24}{:>12}{:>12}   {}"


@dataclasses.dataclass(frozen=True)
class Copies:
    """How near samples are to training images.

    Attributes:
        distances: Array of shape `(n,)`, the distance of each sample to its nearest
            training image; black to white in one pixel is 1.
        indices: Array of shape `(n,)`, which training image that is.
    """

    distances: np.ndarray
    indices: np.ndarray


@dataclasses.dataclass(frozen=True)
class Result:
    """What `evaluate` returns. Printed, it is a table, a score in each line.

    Attributes:
        scores: Dict that maps names to `Score`s.
        class_shares: Dict that maps the name of each class to the share of the
            samples that looks like it, or `None` without a yardstick.
        classes: Array of shape `(n,)`, the class that each sample looks like, a
            number of a key of `class_shares`; `None` without a yardstick.
        copies: `Copies`, for each sample.
        compared: Integer, how many samples were compared with real images by the
            scores that depend on that number; 0 without a yardstick.
        real: Integer, the number of real images that these were compared with.
    """

    scores: dict[str, Score]
    class_shares: dict[str, float] | None
    classes: np.ndarray | None
    copies: Copies
    compared: int
    real: int

    def __str__(self):
        lines = [ROW.format("score", "value", "real", "what it means")]
        for name, score in self.scores.items():
            values = (f"{value:.4f}" for value in (score.value, score.reference))
            lines.append(ROW.format(name, *values, score.meaning))
        if self.class_shares:
            shares = self.class_shares.items()
            shares = "  ".join(f"{name}: {share:.1%}" for name, share in shares)
            lines += ["", f"share of each class:  {shares}"]
        return "\n".join(lines)


def can_be_compared_with(dataset: Dataset) -> bool:
    """Tells whether a data set has enough images for `evaluate` to compare with."""
    if dataset.test_images is not None:
        return min(len(dataset.test_images), len(dataset.images)) >= MIN_SAMPLES
    return len(dataset.images) >= 2 * MIN_SAMPLES


def evaluate(
    samples: np.ndarray,
    dataset: Dataset,
    yardstick: "Yardstick | None" = None,
    seed: int = 0,
    labels: np.ndarray | None = None,
) -> Result:
    """Evaluates samples: measures them against real images.

    They are compared with the data set's held-out images, or with half of its images
    if none are held out. Each score comes with a reference: what as many real training
    images score. If no images are held out, these are taken from the other half, and
    no more samples are compared than that half has. The reference of the FID is the
    mean over up to four draws of training images, because a single one varies by some
    percent.

    Args:
        samples: `uint8` array of shape `(n, 28, 28, 1)`, from 0 to 255.
        dataset: A `Dataset`.
        yardstick: The `Yardstick` to measure with. If `None`, it is that of
            `load_yardstick(dataset)`: for digits a classifier that comes with the
            package; for other labelled images it is trained on first use; for
            images without labels there is none, and only copying is measured.
        seed: Integer, fixes every random choice.
        labels: Integer array of shape `(n,)`, the class in `dataset.classes` that each
            sample was drawn for; scores of labels are added then.

    Returns:
        A `Result`.

    Example:

    >>> samples = draw_samples(generator, 2000)
    >>> result = evaluate(samples, load_data("mnist"))
    >>> result.scores["FID"].value, result.scores["FID"].reference
    """
    if yardstick is None and dataset.labels is not None:
        from keras_gan.evaluation.classifier import load_yardstick  # imports Keras

        yardstick = load_yardstick(dataset)
    copies, copying = _copying(samples, dataset)
    if yardstick is None:
        return Result(copying, None, None, copies, compared=0, real=0)
    fake = yardstick.measure(samples, labels)
    others, held_out = real_sides(dataset, seed)
    real = yardstick.measure(*held_out)
    draws = [yardstick.measure(*draw) for draw in _reference_draws(others, len(samples))]
    compared = len(draws[0].features)
    rows = np.random.default_rng(seed).permutation(len(samples))[:compared]
    names = [dataset.name_of(value) for value in yardstick.label_values]
    scores = _scores(real, fake[rows], draws) | _rarest_class(real, fake, draws[0], names)
    if labels is not None and real.labels is not None:
        columns = yardstick.columns(dataset.label_values)
        scores |= label_scores(real, fake[rows], draws[0], columns, dataset.classes)
    return Result(
        scores | copying,
        dict(zip(names, metrics.class_shares(fake.probabilities).tolist(), strict=True)),
        fake.probabilities.argmax(axis=1),
        copies,
        compared,
        len(real.features),
    )


def real_sides(dataset: Dataset, seed: int = 0) -> tuple[Side, Side]:
    """Real images for the references, and those to compare with.

    Args:
        dataset: A `Dataset`.
        seed: Integer, fixes the order of the former, and who is on which side.

    Returns:
        Two tuples of images and of their classes (or `None`): the training images, and
        the held-out images. If none are held out, these are the halves of the former.
    """

    def side(rows):
        classes = None if dataset.labels is None else dataset.class_indices[rows]
        return dataset.images[rows], classes

    order = np.random.default_rng(seed).permutation(len(dataset.images))
    if dataset.test_images is None:
        return tuple(map(side, np.array_split(order, 2)))
    return side(order), (dataset.test_images, dataset.class_indices_of(dataset.test_labels))


def _reference_draws(side, n):
    """Up to `n` images at a time, with their classes."""
    images, classes = side
    n = min(n, len(images))
    for start in range(0, len(images) - n + 1, n)[:REFERENCE_DRAWS]:
        rows = slice(start, start + n)
        yield images[rows], None if classes is None else classes[rows]


def _scores(real, fake, draws):
    reference = draws[0]
    kid, kid_error = metrics.kernel_distance(real.features, fake.features)
    real_kid, real_kid_error = metrics.kernel_distance(real.features, reference.features)
    near = metrics.neighbourhood(real.features, fake.features)
    real_near = metrics.neighbourhood(real.features, reference.features)
    return {
        "FID": Score(
            metrics.frechet_distance(real.features, fake.features),
            float(np.mean([metrics.frechet_distance(real.features, d.features) for d in draws])),
            "distance of the features' Gaussians; lower is better",
        ),
        "KID": Score(kid, real_kid, "distance without bias from few samples; lower is better"),
        "KID standard error": Score(kid_error, real_kid_error, "how much the KID varies by chance"),
        "precision": Score(near.precision, real_near.precision, "share that could be real"),
        "recall": Score(near.recall, real_near.recall, "share of real images that could be drawn"),
        "density": Score(near.density, real_near.density, "how closely real images surround one"),
        "coverage": Score(near.coverage, real_near.coverage, "share of real images near a sample"),
        "classifier score": Score(
            metrics.classifier_score(fake.probabilities),
            metrics.classifier_score(reference.probabilities),
            f"clear and of every class; at most {fake.probabilities.shape[1]}",
        ),
        "confident share": Score(
            metrics.confident_share(fake.probabilities),
            metrics.confident_share(reference.probabilities),
            "share that the classifier is 95% sure of",
        ),
    }


def _rarest_class(real, fake, reference, names):
    """The share of the class that samples have least of, of the classes of real images."""
    real_shares, shares, reference_shares = (
        metrics.class_shares(side.probabilities) for side in (real, fake, reference)
    )
    rarest = int(np.where(real_shares > 0, shares, 1).argmin())
    meaning = f"share of class {names[rarest]}, the rarest of the samples"
    return {"rarest class": Score(float(shares[rarest]), float(reference_shares[rarest]), meaning)}


def _copying(samples, dataset):
    """Compares distances to the nearest training images with those of held-out images."""
    if dataset.test_images is None:
        distances, indices = nearest_images(samples, dataset.images)
        held_out = nearest_others(dataset.images)
    else:  # in one call, because preparing the training images takes most of the time
        both = np.concatenate([samples, dataset.test_images])
        distances, indices = nearest_images(both, dataset.images)
        held_out = distances[len(samples) :]
        distances, indices = distances[: len(samples)], indices[: len(samples)]
    near = np.quantile(held_out, NEAR_COPY_QUANTILE)
    return Copies(distances, indices), {
        "nearest image": Score(
            float(np.median(distances)),
            float(np.median(held_out)),
            "median distance to the nearest training image",
        ),
        "near-copies": Score(
            float((distances < near).mean()),
            float((held_out < near).mean()),
            f"share nearer than {near:.2f}; fewer is better",
        ),
    }
