"""Clusters of similar images, found without labels."""

import numpy as np

from keras_gan.data.pixels import to_unit_range

COMPONENTS = 50
SOME = 10_000  # images are enough to find components, and where clusters begin
ROUNDS = 15
BLOCK = 1000  # images
# Lines of eight orientations in cells of 4x4 pixels, and a little of their grey values.
ORIENTATIONS = 8
CELL = 4
SHARPNESS = 0.7
GREY = 0.25


def cluster_images(images: np.ndarray, clusters: int, seed: int = 0) -> np.ndarray:
    """Sorts images into clusters of similar shapes.

    Shapes are compared by histograms of oriented gradients ([Dalal and Triggs,
    2005](https://doi.org/10.1109/CVPR.2005.177)), of which the first principal components
    are kept. The clusters are those of k-means, begun as k-means++ does ([Arthur and
    Vassilvitskii, 2007](https://theory.stanford.edu/~sergei/papers/kMeansPP-soda.pdf)).

    Args:
        images: `uint8` array of shape `(n, 28, 28, 1)`.
        clusters: Integer, how many.
        seed: Integer, fixes where they begin.

    Returns:
        The cluster of each image, from 0 up: an `int32` array of shape `(n,)`. A cluster
        may be empty.

    Example:

    >>> cluster_images(load_data("mnist").images, clusters=100)
    array([31, 84, 17, ...], dtype=int32)
    """
    rng = np.random.default_rng([seed, 3])
    blocks = (images[start : start + BLOCK] for start in range(0, len(images), BLOCK))
    points = np.concatenate([_shapes(to_unit_range(block)[..., 0]) for block in blocks])
    points -= points.mean(axis=0)
    some = rng.permutation(len(points))[:SOME]
    _, components = np.linalg.eigh(points[some].T @ points[some])
    points = points @ components[:, -COMPONENTS:]
    centres = _first_centres(points[some], clusters, rng)
    for _ in range(ROUNDS):
        members = _nearest(points, centres) == np.arange(clusters)[:, None]
        counts = members.sum(axis=1, keepdims=True)
        sums = members.astype("float32") @ points
        # An empty cluster stays where it is.
        centres = np.where(counts > 0, sums / np.maximum(counts, 1), centres)
    return _nearest(points, centres)


def _shapes(images):
    """What lines are where: from images `(n, 28, 28)`, features `(n, 441)`."""
    down, right = np.zeros_like(images), np.zeros_like(images)
    down[:, 1:-1] = images[:, 2:] - images[:, :-2]
    right[:, :, 1:-1] = images[:, :, 2:] - images[:, :, :-2]
    strength = np.hypot(down, right) + np.float32(1e-6)
    # Of twice the angle: a line has the same orientation in both directions.
    cosine, sine = (right**2 - down**2) / strength, 2 * right * down / strength
    angles = 2 * np.pi * np.arange(ORIENTATIONS, dtype="float32") / ORIENTATIONS
    lines = [
        np.maximum(0, cosine * np.cos(angle) + sine * np.sin(angle) - SHARPNESS * strength)
        for angle in angles
    ]
    maps = np.sqrt(_summed_in_cells(np.stack([*lines, GREY**2 * images], axis=1)))
    return maps.reshape(len(images), -1)


def _summed_in_cells(maps):
    cells = np.kron(np.eye(maps.shape[-1] // CELL), np.ones((1, CELL))).astype("float32")
    return cells @ (maps @ cells.T)


def _first_centres(points, clusters, rng):
    """Points that are far from each other: each is drawn by its squared distance to the others."""
    centres = [points[rng.integers(len(points))]]
    distances = np.full(len(points), np.inf)
    while len(centres) < clusters:
        distances = np.minimum(distances, ((points - centres[-1]) ** 2).sum(axis=1))
        if not distances.any():  # fewer different images than clusters
            distances += 1
        centres.append(points[rng.choice(len(points), p=distances / distances.sum())])
    return np.array(centres, "float32")


def _nearest(points, centres):
    centres = centres.astype("float32")
    distances = (centres**2).sum(axis=1) - 2 * points @ centres.T
    return distances.argmin(axis=1).astype("int32")
