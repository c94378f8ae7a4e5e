"""A data set: images, their labels, and where they came from."""

import dataclasses
import functools
import hashlib

import numpy as np

from keras_gan.data.pixels import checked_images, checked_labels


@dataclasses.dataclass(frozen=True)
class Dataset:
    """Images to train on, and what is known about them.

    Attributes:
        images: `uint8` array of shape `(n, 28, 28, 1)`, from 0 (black) to
            255 (white).
        labels: `int64` array of shape `(n,)`, or `None`.
        source: String, where the images came from, for people to read.
        test_images: As `images`, held out from training, or `None`.
        test_labels: As `labels`, of `test_images`, or `None`.
        class_names: Tuple of strings, the name of each label, or `None` if the
            labels are numbers without names.

    Example:

    >>> dataset = load_data("mnist")
    >>> dataset.images.shape, dataset.labels.shape
    ((60000, 28, 28, 1), (60000,))
    """

    images: np.ndarray
    labels: np.ndarray | None
    source: str
    test_images: np.ndarray | None = None
    test_labels: np.ndarray | None = None
    class_names: tuple[str, ...] | None = None

    @functools.cached_property
    def label_values(self) -> np.ndarray:
        """The labels that there are, each once, sorted: `(classes,)`. There must be labels."""
        return np.unique(self.labels)

    @property
    def classes(self) -> tuple[str, ...]:
        """The name of each class, in the order of `label_values`."""
        return tuple(map(self.name_of, self.label_values))

    def name_of(self, label: int) -> str:
        """The name of a label."""
        has_name = self.class_names is not None and 0 <= label < len(self.class_names)
        return self.class_names[label] if has_name else str(label)

    @functools.cached_property
    def class_indices(self) -> np.ndarray:
        """The class of each image, from 0 up: `int32` array of shape `(n,)`."""
        return self.class_indices_of(self.labels)

    def class_indices_of(self, labels: np.ndarray | None) -> np.ndarray | None:
        """The place of each of some labels in `classes`; -1 for one that is not there."""
        if labels is None or self.labels is None:
            return None
        places = np.searchsorted(self.label_values, labels).clip(max=len(self.label_values) - 1)
        return np.where(self.label_values[places] == labels, places, -1).astype("int32")

    @functools.cached_property
    def checksum(self) -> str:
        """SHA-256 of the training images."""
        return hashlib.sha256(np.ascontiguousarray(self.images)).hexdigest()

    @functools.cached_property
    def labels_checksum(self) -> str | None:
        """SHA-256 of the labels of the training images, or `None`."""
        if self.labels is None:
            return None
        return hashlib.sha256(np.ascontiguousarray(self.labels)).hexdigest()


def checked_dataset(
    images: np.ndarray,
    labels: np.ndarray | None,
    source: str,
    test_images: np.ndarray | None = None,
    test_labels: np.ndarray | None = None,
) -> Dataset:
    """Makes a `Dataset` of arrays as files hold them.

    Args:
        images: As `checked_images` takes them.
        labels: As `checked_labels` takes them, or `None`.
        source: String, where the images came from.
        test_images: As `images`, or `None`.
        test_labels: As `labels`, of `test_images`, or `None`.

    Returns:
        A `Dataset`.

    Raises:
        UserError: If an array is not what it should be.
    """
    has_test = test_images is not None
    return Dataset(
        checked_images(images, source),
        checked_labels(labels, len(images), source),
        source,
        checked_images(test_images, source) if has_test else None,
        checked_labels(test_labels, len(test_images), source) if has_test else None,
    )
