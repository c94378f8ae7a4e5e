"""Digits of a generator that takes no labels, picked by a classifier."""

import collections
from collections.abc import Iterable, Iterator, Sequence

import numpy as np

from keras_gan.data import to_unit_range
from keras_gan.errors import UserError
from keras_gan.evaluation.classifier import Yardstick

SURE = 0.95
# How many images may pass without one of the digit that is awaited.
MAX_TRIES = 50_000
# How many images of a digit wait for those of a rarer one. More are left out.
MAX_WAITING = 10_000


def pick(
    drawn: Iterable[tuple[np.ndarray, None]], labels: Sequence[int], yardstick: Yardstick
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Picks digits out of images, in turn, without end.

    Args:
        drawn: Iterable of tuples of images, `uint8` arrays of shape
            `(batch, 28, 28, 1)`, and `None`.
        labels: List of integers from 0 to 9, the digits to pick in turn.
        yardstick: A `Yardstick` of digits. Images that it is less than 95% sure of
            are left out.

    Yields:
        Tuples of images, as above, and labels, `int32` arrays of shape `(batch,)`.

    Raises:
        UserError: If 50,000 images pass without the digit that is awaited.
    """
    waiting = {label: collections.deque() for label in labels}
    picked, tries = 0, 0
    for images, _ in drawn:
        _, probabilities = yardstick.model.predict_on_batch(to_unit_range(images))
        sure = np.max(probabilities, axis=1) >= SURE
        for image, label in zip(images[sure], np.argmax(probabilities[sure], axis=1), strict=True):
            if label in waiting and len(waiting[label]) < MAX_WAITING:
                waiting[label].append(image)
        taken, turn = [], []
        while waiting[awaited := labels[(picked + len(taken)) % len(labels)]]:
            taken.append(waiting[awaited].popleft())
            turn.append(awaited)
        if taken:
            picked, tries = picked + len(taken), 0
            yield np.stack(taken), np.array(turn, "int32")
            continue
        tries += len(images)
        if tries >= MAX_TRIES:
            raise UserError(
                f"no {awaited} that {yardstick.name} is {SURE:.0%} sure of came among {tries:,} "
                "images; leave it out of --digits, or train the generator longer"
            )
