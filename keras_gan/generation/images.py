"""Images of a generator, as many as are asked for, batch by batch."""

import concurrent.futures
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import keras
import numpy as np

from keras_gan.errors import UserError
from keras_gan.evaluation.classifier import digits_yardstick
from keras_gan.gan.labels import is_conditional
from keras_gan.generation.drawing import draw_without_end
from keras_gan.generation.picking import pick
from keras_gan.networks.conditional import checked_classes, classes_of


def generate_images(
    generator: keras.Model,
    count: int,
    labels: Sequence[int] | None = None,
    seed: int = 0,
    truncation: float | None = None,
    latent_distribution: str = "normal",
) -> Iterator[tuple[np.ndarray, np.ndarray | None]]:
    """Draws images, batch by batch, so that any number of them fits in memory.

    The seed decides them, however many there are: the first 100 of 1,000 are those of
    100.

    Args:
        generator: A Keras model from latents `(batch, latent_dim)`, or from a list of
            that and labels `(batch,)`, to images `(batch, 28, 28, 1)` from 0 to 1.
        count: Integer, how many images.
        labels: List of integers, the classes to draw in turn. If `None`, all classes of
            a conditional generator, and images as they come of another one. For a
            generator that takes no labels, digits are picked by the classifier that
            comes with the package: images that it is at least 95% sure of.
        seed: Integer, decides every latent.
        truncation: Float or `None`, as in `draw_latents`.
        latent_distribution: String, as in `draw_latents`.

    Yields:
        Tuples of images, a `uint8` array of shape `(batch, 28, 28, 1)` from 0 to 255,
        and labels, an `int32` array of shape `(batch,)`, or `None` if there are none.

    Raises:
        UserError: If the generator cannot draw, or a digit does not come.

    Example:

    >>> generator = load_generator("models/generator.keras")
    >>> for images, labels in generate_images(generator, 1_000_000, labels=[3, 8]):
    ...     print(images.shape, labels[:4])
    """
    settings = seed, truncation, latent_distribution
    if is_conditional(generator):
        labels = range(number_of_classes(generator)) if labels is None else labels
        labels = checked_classes(labels, generator)
        batches = draw_without_end(generator, labels, *settings)
    else:
        batches = draw_without_end(generator, None, *settings)
        if labels is not None:
            batches = pick(batches, labels, digits_yardstick())
    left = count
    while left > 0:
        images, turn = next(batches)
        yield images[:left], None if turn is None else turn[:left]
        left -= len(images)


def number_of_classes(generator: keras.Model) -> int:
    """The number of classes of a conditional generator.

    Raises:
        UserError: If it cannot be told.
    """
    classes = classes_of(generator)
    if classes is None:
        raise UserError(
            "the generator does not tell how many classes it draws; build it with an Embedding "
            "or a CategoryEncoding layer for its labels"
        )
    return classes


def one_ahead(items: Iterable[Any]) -> Iterator[Any]:
    """Yields the items of an iterable while a thread already works on the next one."""
    items = iter(items)
    with concurrent.futures.ThreadPoolExecutor(1) as thread:
        upcoming = thread.submit(next, items, None)
        while (item := upcoming.result()) is not None:
            upcoming = thread.submit(next, items, None)
            yield item
