"""What an audit compares: samples, training images and held-out images."""

import functools
from collections.abc import Callable

import numpy as np

from keras_gan.console import say
from keras_gan.data import Dataset
from keras_gan.errors import UserError
from keras_gan.evaluation.samples import MIN_SAMPLES

# So many training images and as many held-out ones are judged by the attacks, at most.
JUDGED = 5000
# An audit ends if more of the held-out images than this are among the training images.
MAX_SEEN = 0.1


class Sides:
    """Samples, training images and held-out images, in random order, each image once.

    The first `members` of the training images and the first `others` of the held-out ones
    are those that attacks judge. Further training images stand in the place of samples, to see
    what real images score; further held-out images are a reference.

    Args:
        samples: `uint8` array of shape `(n, 28, 28, 1)`, from 0 to 255.
        dataset: A `Dataset` with `test_images`.
        seed: Integer, fixes the order.

    Attributes:
        train: As `samples`, the training images. `train_rows` has their places.
        held_out: As `samples`, the held-out images. `held_out_rows` has their places.
        members: Integer.
        others: Integer.

    Raises:
        UserError: If there are too few images, or the held-out ones are among the
            training images.
    """

    def __init__(self, samples: np.ndarray, dataset: Dataset, seed: int = 0):
        if dataset.test_images is None:
            raise UserError(
                f"{dataset.source}: has no held-out images; give images that the generator never "
                "saw with --held-out"
            )
        rng = np.random.default_rng(seed)
        self.samples = samples
        keys, test_keys = _keys(dataset.images), _keys(dataset.test_images)
        self.train_rows = rng.permutation(np.unique(keys, return_index=True)[1])
        seen = np.isin(test_keys, keys)
        if seen.mean() > MAX_SEEN:
            raise UserError(
                f"{dataset.source}: {seen.sum():,} of the {len(seen):,} held-out images are among "
                "the training images; give images that the generator never saw with --held-out"
            )
        if seen.any():
            say(
                f"{dataset.source}: {seen.sum():,} of the held-out images are training images, "
                "too, and are left out."
            )
        self.held_out_rows = rng.permutation(np.flatnonzero(~seen))
        self.train = dataset.images[self.train_rows]
        self.held_out = dataset.test_images[self.held_out_rows]
        self._check(dataset)
        self.members = min(JUDGED, len(self.train) // 2)
        self.others = min(JUDGED, len(self.held_out) // 2)
        self.train_classes = self.held_out_classes = None
        if dataset.labels is not None:
            self.train_classes = dataset.class_indices[self.train_rows]
            if dataset.test_labels is not None:
                held_out_classes = dataset.class_indices_of(dataset.test_labels)
                self.held_out_classes = held_out_classes[self.held_out_rows]

    def _check(self, dataset):
        sides = {
            "samples": self.samples,
            "training images that differ": self.train,
            "held-out images that differ from these": self.held_out,
        }
        for what, images in sides.items():
            if len(images) < MIN_SAMPLES:
                raise UserError(
                    f"{dataset.source}: an audit needs at least {MIN_SAMPLES} {what}, found "
                    f"{len(images)}"
                )


class Described:
    """The sides as features, each computed when it is first used.

    Args:
        sides: A `Sides`.
        describe: Function from images `(n, 28, 28, 1)` to features `(n, d)`.

    Attributes:
        members: Array of shape `(members, d)`, of the training images to judge.
        others: Array of shape `(others, d)`, of the held-out images to judge.
        reference: Array of shape `(m, d)`, of further held-out images.
        samples: Array of shape `(n, d)`.
        real: Array of shape `(k, d)`, of further training images, `k` at most `n`.
    """

    def __init__(self, sides: Sides, describe: Callable[[np.ndarray], np.ndarray]):
        self.sides = sides
        self.describe = describe

    @functools.cached_property
    def members(self):
        return self.describe(self.sides.train[: self.sides.members])

    @functools.cached_property
    def others(self):
        return self.describe(self.sides.held_out[: self.sides.others])

    @functools.cached_property
    def reference(self):
        return self.describe(self.sides.held_out[self.sides.others :])

    @functools.cached_property
    def samples(self):
        return self.describe(self.sides.samples)

    @functools.cached_property
    def real(self):
        first = self.sides.members
        return self.describe(self.sides.train[first : first + len(self.sides.samples)])


def _keys(images):
    """What tells whether two images are the same, an item for each."""
    flat = np.ascontiguousarray(images).reshape(len(images), -1)
    return flat.view(f"V{flat.shape[1]}")[:, 0]
