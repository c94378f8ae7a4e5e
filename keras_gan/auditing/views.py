"""Images in forms that a shift, a slant, a thickening or noise hardly changes.

Two views are taken, because what forgives noise blurs thickness away, and the other way
round. In each, an image becomes a vector of length 1, in which a moved copy lies far
nearer to its original than to any other image.
"""

import concurrent.futures
import dataclasses
import os
from collections.abc import Callable

import numpy as np

from keras_gan.data import to_unit_range

# Images are worked on so many at a time, so that they stay in the processor's cache.
BLOCK = 250
# Principal axes that an image is described by, and how many images these are found from.
AXES = 64
AXES_IMAGES = 5000
# An image whose background varies by more than this has noise in it.
NOISE = 0.02
# The mean thickness of strokes, in pixels, that the view of thick strokes brings them to,
# and how often strokes may grow by a pixel on each side for that.
THICKNESS = 4.5
GROWTHS = 3
# A slant of more than one pixel to the side for one up is no slant of a digit.
MAX_SLANT = 1.0
TINY = 1e-6


@dataclasses.dataclass(frozen=True)
class View:
    """One view of images, fitted to training images.

    Attributes:
        form: Function from `float32` images `(n, 28, 28)`, from 0 to 1, to vectors
            `(n, 784)`.
        mean: Array of shape `(784,)`, the mean of the training images' unit vectors.
        axes: Array of shape `(784, AXES)`, orthonormal columns.
    """

    form: Callable[[np.ndarray], np.ndarray]
    mean: np.ndarray
    axes: np.ndarray

    @classmethod
    def fitted(cls, form: Callable, train_images: np.ndarray) -> "View":
        """The view in which distances are taken along the training images' main axes."""
        some = train_images[:: max(1, len(train_images) // AXES_IMAGES)]
        starts = range(0, len(some), BLOCK)
        units = np.concatenate([_units(form, _block(some, start)) for start in starts])
        mean = units.mean(axis=0)
        units -= mean
        axes = np.linalg.eigh(units.T @ units)[1][:, -AXES:]
        return cls(form, mean, np.ascontiguousarray(axes))

    def __call__(self, images: np.ndarray) -> np.ndarray:
        """Describes images.

        Args:
            images: `uint8` array of shape `(n, 28, 28, 1)`, from 0 to 255.

        Returns:
            `float32` array of shape `(n, AXES)`. Two images whose distance is near 0
            differ by little more than the view forgives; the largest distance is 2.
        """

        def described(start):
            return (_units(self.form, _block(images, start)) - self.mean) @ self.axes

        with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
            return np.concatenate(list(pool.map(described, range(0, len(images), BLOCK))))


def smooth_form(images: np.ndarray) -> np.ndarray:
    """Images without their noise, upright and in the middle."""
    clean = _contrast(_blur(images, 0.8), 0.3)
    return _blur(_upright(clean), 1.0).reshape(len(images), -1)


def thick_form(images: np.ndarray) -> np.ndarray:
    """Images whose strokes have grown to one thickness, upright and in the middle.

    An image that was thickened has grown a part of the way already, so both end as the
    same.
    """
    noisy = _spread(images) > NOISE
    clean = images.copy()
    clean[noisy] = _blur(images[noisy], 0.8)
    clean = np.pad(_contrast(clean, 0.25), ((0, 0), (GROWTHS, GROWTHS), (GROWTHS, GROWTHS)))
    return _blur(_upright(_grown(clean)), 1.0).reshape(len(images), -1)


FORMS = {"smooth": smooth_form, "thick": thick_form}


def fitted_views(train_images: np.ndarray) -> list[View]:
    """Each view, fitted to training images.

    Args:
        train_images: `uint8` array of shape `(n, 28, 28, 1)`, from 0 to 255.
    """
    return [View.fitted(form, train_images) for form in FORMS.values()]


def grow(images: np.ndarray) -> np.ndarray:
    """Makes bright strokes a pixel wider on each side: `(n, height, width)` of floats."""
    wide = np.pad(images, ((0, 0), (1, 1), (1, 1)))
    sides = (wide[:, :-2, 1:-1], wide[:, 2:, 1:-1], wide[:, 1:-1, :-2], wide[:, 1:-1, 2:])
    grown = images
    for side in sides:
        grown = np.maximum(grown, side)
    return grown


def _block(images, start):
    return to_unit_range(images[start : start + BLOCK])[..., 0]


def _units(form, images):
    vectors = form(images)
    return vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), TINY)


def _spread(images):
    """How much the darker pixels of each image vary; 0 for a plain background."""
    flat = np.partition(images.reshape(len(images), -1), (78, 313), axis=1)
    return flat[:, 313] - flat[:, 78]


def _contrast(images, floor):
    """Images whose brightest pixel is 1, and 0 what rises little above the background.

    `floor` is how much that is, as a part of the way to the brightest pixel.
    """
    flat = images.reshape(len(images), -1)
    background = np.partition(flat, 392, axis=1)[:, 392]
    height = np.maximum(flat.max(axis=1) - background, TINY)
    low = background + floor * height
    raised = images - low[:, None, None]
    return np.maximum(raised, 0) / ((1 - floor) * height)[:, None, None]


def _thickness(images):
    """The mean thickness of strokes: twice their area, through the length of their edges."""
    down = images[:, 1:, :-1] - images[:, :-1, :-1]
    right = images[:, :-1, 1:] - images[:, :-1, :-1]
    edges = np.sqrt(down * down + right * right).sum(axis=(1, 2))
    return 2 * images.sum(axis=(1, 2)) / np.maximum(edges, TINY)


def _grown(images):
    """Images whose strokes have grown until they are `THICKNESS` thick."""
    result, rows, now = images.copy(), np.arange(len(images)), images
    thickness = _thickness(images)
    for _ in range(GROWTHS):
        thin = thickness < THICKNESS
        rows, now, thickness = rows[thin], now[thin], thickness[thin]
        after = grow(now)
        thickness_after = _thickness(after)
        part = (THICKNESS - thickness) / np.maximum(thickness_after - thickness, TINY)
        result[rows] = now + part.clip(0, 1)[:, None, None] * (after - now)
        now, thickness = after, thickness_after
    return result


def _upright(images, side=28):
    """Images whose strokes stand upright around the middle: `(n, side, side)`."""
    n, height = images.shape[:2]
    steps = np.arange(height, dtype="float32")
    mass = np.maximum(images.sum(axis=(1, 2)), TINY)
    rows = images.sum(axis=2)
    middle_row, middle_column = (rows @ steps) / mass, (images.sum(axis=1) @ steps) / mass
    from_row, from_column = steps - middle_row[:, None], steps - middle_column[:, None]
    variance = (rows * from_row**2).sum(axis=1)
    along = np.matmul(images, from_column[:, :, None])[..., 0]
    slant = (along * from_row).sum(axis=1) / np.maximum(variance, TINY)
    slant = slant.clip(-MAX_SLANT, MAX_SLANT)
    place = np.arange(side, dtype="float32") - (side - 1) / 2
    moved = _between(images, middle_row[:, None] + place)
    columns = (middle_column[:, None] + slant[:, None] * place)[:, :, None] + place
    lines = moved.reshape(n * side, height)
    return _between(lines, columns.reshape(n * side, side)).reshape(n, side, side)


def _between(items, places):
    """Takes items at places that are no whole numbers; there are zeros outside.

    Args:
        items: Array of shape `(n, length)`, or `(n, length, width)` to take whole rows.
        places: Array of shape `(n, taken)`.
    """
    n, length = items.shape[:2]
    wide = np.zeros((n, length + 3, *items.shape[2:]), "float32")
    wide[:, 1 : length + 1] = items
    below = np.floor(places)
    part = (places - below).astype("float32")
    first = below.astype(int).clip(-1, length) + 1
    first += np.arange(n)[:, None] * (length + 3)
    wide = wide.reshape(n * (length + 3), *items.shape[2:])
    lower, upper = wide.take(first, 0), wide.take(first + 1, 0)
    return lower + part.reshape(*part.shape, *[1] * (items.ndim - 2)) * (upper - lower)


def _blur(images, sigma):
    """Blurs with a Gaussian, `sigma` pixels wide; the outside is dark."""
    steps = np.arange(images.shape[1])
    kernel = np.exp(-((steps[:, None] - steps) ** 2) / (2 * sigma**2))
    kernel = (kernel / (sigma * np.sqrt(2 * np.pi))).astype("float32")
    return np.matmul(np.matmul(kernel, images), kernel)
