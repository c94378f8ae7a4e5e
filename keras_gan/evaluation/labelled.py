"""Scores of images that were drawn by label."""

from typing import TYPE_CHECKING

import numpy as np

from keras_gan.evaluation import metrics
from keras_gan.evaluation.scores import Score

if TYPE_CHECKING:
    from keras_gan.evaluation.classifier import Measurements

# Classes with fewer images than this, real or generated, are not measured on their own.
MIN_IMAGES_OF_CLASS = 10


def label_scores(
    real: "Measurements",
    fake: "Measurements",
    reference: "Measurements",
    columns: np.ndarray,
    names: tuple[str, ...],
) -> dict[str, Score]:
    """Scores images by their labels: whether they show them, and how good each class is.

    Args:
        real: `Measurements` of real images, with labels from 0 up.
        fake: `Measurements` of generated images, with the labels that were asked for.
        reference: `Measurements` of other real images, with labels.
        columns: Integer array of shape `(classes,)`, the yardstick's class of each label.
        names: Tuple of strings, the name of each class.

    Returns:
        A dict that maps names to `Score`s.
    """
    scores = {
        "label accuracy": Score(
            metrics.label_accuracy(fake.probabilities, columns[fake.labels]),
            metrics.label_accuracy(reference.probabilities, columns[reference.labels]),
            "share that looks like its label",
        )
    }
    within = {
        label: sides
        for label in range(len(names))
        if min(map(len, sides := _of_class(label, real, fake, reference))) >= MIN_IMAGES_OF_CLASS
    }
    if not within:
        return scores
    fids = {
        label: [metrics.frechet_distance(real, side) for side in others]
        for label, (real, *others) in within.items()
    }
    worst = max(fids, key=lambda label: fids[label][0])
    scores["worst class FID"] = Score(*fids[worst], f"within class {names[worst]}")
    coverages = {
        label: [metrics.neighbourhood(real, side).coverage for side in others]
        for label, (real, *others) in within.items()
    }
    worst = min(coverages, key=lambda label: coverages[label][0])
    scores["worst class coverage"] = Score(*coverages[worst], f"within class {names[worst]}")
    return scores


def _of_class(label, *sides):
    return [side.features[side.labels == label] for side in sides]
