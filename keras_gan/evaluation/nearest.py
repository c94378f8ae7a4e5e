"""The nearest training image of each image, to tell copies."""

import numpy as np

from keras_gan.data import to_unit_range

# Distances are computed for so many images at a time, to so many training images.
BLOCK = 200
STRIP = 5000
# How many principal axes the images are compared along first, and about how many
# training images these axes are found from.
PROJECTED = 64
PRINCIPAL_IMAGES = 5000
# The error of a squared distance in float32 is less than this.
ROUNDING = 0.01
# If an image has more candidates than this, comparing it with all training images
# in one product of matrices is faster than comparing it with each candidate.
FEW = 500


def nearest_images(images: np.ndarray, train_images: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Finds the nearest training image of each image, by Euclidean distance of pixels.

    The result is exact, apart from rounding in float32. Images are compared along a few
    principal axes first. A distance along these is never greater than the distance of
    all pixels, so most training images are ruled out. An image for which too many
    remain is compared with all of them.

    Args:
        images: `uint8` array of shape `(n, height, width, 1)`.
        train_images: `uint8` array of shape `(m, height, width, 1)`.

    Returns:
        A tuple of arrays of shape `(n,)`: the distances, in units in which black to
        white in one pixel is 1, and the indices into `train_images`.
    """
    axes = _principal_axes(train_images)
    projected, train_projected = _project(images, axes), _project(train_images, axes)
    train_squares = (train_projected**2).sum(axis=1)
    distances, indices = np.empty(len(images), "float32"), np.empty(len(images), int)
    unlike_all = []
    for start in range(0, len(images), BLOCK):
        block = projected[start : start + BLOCK]
        # Squared distances along the axes, less the square of the image's own projection.
        bounds = -2 * block @ train_projected.T
        bounds += train_squares
        squares = (block**2).sum(axis=1)
        for i, bound in enumerate(bounds):
            image = _flat(images[start + i])
            reach = ((_flat(train_images[bound.argmin()]) - image) ** 2).sum() - squares[i]
            candidates = bound <= reach + ROUNDING
            if np.count_nonzero(candidates) > FEW:
                unlike_all.append(start + i)
                continue
            candidates = np.flatnonzero(candidates)
            exact = np.linalg.norm(_flat(train_images[candidates]) - image, axis=1)
            distances[start + i], indices[start + i] = exact.min(), candidates[exact.argmin()]
    if unlike_all:
        flat = _flat(images[unlike_all])
        found = _nearest_of_all(flat, train_images)
        indices[unlike_all] = found
        distances[unlike_all] = np.linalg.norm(flat - _flat(train_images[found]), axis=1)
    return distances, indices


def nearest_others(images: np.ndarray) -> np.ndarray:
    """Measures the distance of each image to the nearest of the other images.

    Args:
        images: `uint8` array of shape `(n, height, width, 1)`, `n` at least 2.

    Returns:
        Array of floats of shape `(n,)`; black to white in one pixel is 1.
    """
    from sklearn.neighbors import NearestNeighbors  # slow to import

    neighbours = NearestNeighbors(n_neighbors=1, algorithm="brute").fit(_flat(images))
    return neighbours.kneighbors()[0][:, 0]


def _nearest_of_all(flat, train_images):
    """Compares flat images with all training images: indices of the nearest, `(n,)`."""
    indices, least = np.zeros(len(flat), int), np.full(len(flat), np.inf)
    for strip_start in range(0, len(train_images), STRIP):
        strip = _flat(train_images[strip_start : strip_start + STRIP])
        strip_squares = (strip**2).sum(axis=1)
        for start in range(0, len(flat), BLOCK):
            rows = slice(start, start + BLOCK)
            squares = -2 * flat[rows] @ strip.T
            squares += strip_squares
            best = squares.argmin(axis=1)
            found = squares[np.arange(len(best)), best]
            indices[rows] = np.where(found < least[rows], strip_start + best, indices[rows])
            least[rows] = np.minimum(least[rows], found)
    return indices


def _principal_axes(images):
    """The axes that hold most of the images' squared values: `(pixels, PROJECTED)`."""
    some = _flat(images[:: max(1, len(images) // PRINCIPAL_IMAGES)])
    return np.linalg.eigh(some.T @ some)[1][:, -PROJECTED:]


def _project(images, axes):
    """Coordinates of images along the axes; a last column has the length of the rest."""
    projections = []
    for start in range(0, len(images), BLOCK):
        flat = _flat(images[start : start + BLOCK])
        along = flat @ axes
        rest = np.linalg.norm(flat - along @ axes.T, axis=1, keepdims=True)
        projections.append(np.hstack([along, rest]))
    return np.concatenate(projections)


def _flat(images):
    """An image, or images, as vectors of floats from 0 to 1."""
    return to_unit_range(images).reshape(*images.shape[:-3], -1)
