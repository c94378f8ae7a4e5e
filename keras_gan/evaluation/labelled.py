"""Scores of images that were drawn by label."""

from typing import TYPE_CHECKING

import numpy as np

from keras_gan.evaluation import metrics
from keras_gan.evaluation.scores import Score

if TYPE_CHECKING:
    from keras_gan.evaluation.classifier import Measurements

# Classes with fewer images than this, real or generated, are not measured on their own: the
# covariance of 64 features needs more images than features.
MIN_IMAGES_OF_CLASS = 100


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

    def worst(measure, choose):
        values = {
            label: [measure(of_class, side) for side in others]
            for label, (of_class, *others) in within.items()
        }
        label = choose(values, key=lambda label: values[label][0])
        return Score(*values[label], f"within class {names[label]}")

    scores["worst class FID"] = worst(metrics.frechet_distance, max)
    scores["worst class coverage"] = worst(
        lambda of_class, side: metrics.neighbourhood(of_class, side).coverage, min
    )
    return scores


def _of_class(label, *sides):
    return [side.features[side.labels == label] for side in sides]
