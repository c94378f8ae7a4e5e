"""How much a classifier learns from generated images alone."""

import numpy as np

from keras_gan.console import say
from keras_gan.data import Dataset, to_unit_range
from keras_gan.errors import UserError
from keras_gan.evaluation.batches import predict
from keras_gan.evaluation.classifier import train_classifier
from keras_gan.evaluation.evaluate import real_sides
from keras_gan.evaluation.scores import Score

# A fixed recipe: scores of other recipes do not compare.
EPOCHS = 8


def classification_accuracy(
    images: np.ndarray, labels: np.ndarray, dataset: Dataset, seed: int = 0
) -> Score:
    """Classification accuracy score: what a classifier that never saw a real image gets right.

    A classifier is trained on generated images and their labels, and tested on real
    images, as in [Ravuri and Vinyals, 2019](https://arxiv.org/abs/1905.10887). It is
    high only if the images look like their labels, and vary as real ones do. The
    reference is the same classifier, trained on real images.

    Args:
        images: `uint8` array of shape `(n, 28, 28, 1)`, from 0 to 255.
        labels: Integer array of shape `(n,)`, the class of each in `dataset.classes`.
        dataset: A `Dataset` with labels. Its held-out images are the test; if there
            are none, half of its images are, and the other half trains the reference.
        seed: Integer, fixes every random choice.

    Returns:
        A `Score`, shares from 0 to 1.

    Raises:
        UserError: If the held-out images have no labels, or a class has no images.

    Example:

    >>> labels = np.arange(60_000) % 10
    >>> images = draw_samples(generator, len(labels), labels=labels)
    >>> classification_accuracy(images, labels, load_data("mnist"))
    """
    (train_images, train_labels), (test_images, test_labels) = real_sides(dataset, seed)
    if test_labels is None:
        raise UserError(f"{dataset.source}: the held-out images have no labels to test with")
    for what, found in (("generated", labels), ("real", train_labels)):
        if len(np.unique(found)) != len(dataset.classes):
            raise UserError(
                f"a class has no {what} images to train a classifier on; give some of each class"
            )
    values = [
        _accuracy(what, *side, test_images, test_labels, seed)
        for what, side in (
            ("generated", (images, labels)),
            ("real", (train_images, train_labels)),
        )
    ]
    return Score(*values, "share of real images that a classifier trained on these gets right")


def _accuracy(what, images, labels, test_images, test_labels, seed):
    say(f"Training a classifier on {len(images):,} {what} images.")
    classifier = train_classifier(images, labels, EPOCHS, seed)
    predicted = predict(classifier, to_unit_range(test_images))
    return float((predicted.argmax(axis=1) == test_labels).mean())
