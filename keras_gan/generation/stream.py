"""What is written: images that come batch by batch, and what their labels mean."""

import dataclasses
from collections.abc import Iterable, Iterator

import numpy as np


@dataclasses.dataclass(frozen=True)
class Stream:
    """Images on their way to a file.

    Attributes:
        batches: Iterable of tuples of images, `uint8` arrays of shape
            `(batch, 28, 28, 1)`, and integer labels, `(batch,)`, or `None`.
        count: Integer, how many images there are in all.
        labels: List of integers, those that come in turn, or `None`.
        class_names: Tuple of strings, the name of each label from 0 up; `None` if there
            are no labels.
    """

    batches: Iterable[tuple[np.ndarray, np.ndarray | None]]
    count: int
    labels: list[int] | None
    class_names: tuple[str, ...] | None

    @property
    def labelled(self) -> bool:
        return self.class_names is not None

    def numbered(self) -> Iterator[tuple[int, np.ndarray, int | None]]:
        """Yields the number, the image of shape `(28, 28)` and the label of each, one by one."""
        number = 0
        for images, labels in self.batches:
            for index, image in enumerate(images[..., 0]):
                yield number, image, None if labels is None else int(labels[index])
                number += 1

    def name_of(self, number: int) -> str:
        """The name of an image's file: names sort as the images came."""
        return f"{number:0{max(6, len(str(self.count - 1)))}}.png"
