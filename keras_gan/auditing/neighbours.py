"""The nearest training images of images, in a view of them."""

import numpy as np

BLOCK = 200
# The nearest of so many training images are found at once.
GROUP = 64


def nearest(queries: np.ndarray, points: np.ndarray, k: int) -> tuple[np.ndarray, np.ndarray]:
    """Finds the nearest points of each query, by Euclidean distance.

    Args:
        queries: `float32` array of shape `(n, axes)`.
        points: `float32` array of shape `(m, axes)`.
        k: Integer, how many to find, at most `m`.

    Returns:
        Two arrays of shape `(n, k)`: distances, in ascending order, and the indices of
        the points.
    """
    groups = -(-len(points) // GROUP)
    missing = groups * GROUP - len(points)
    # One more column brings in the squares, so that one product of matrices gives all.
    squares = (points**2).sum(axis=1, keepdims=True) / 2
    points = np.hstack([points, squares])
    filler = np.zeros((missing, points.shape[1]), "float32")
    filler[:, -1] = 1e30
    turned = np.ascontiguousarray(np.concatenate([points, filler]).T)
    distances, indices = np.empty((len(queries), k), "float32"), np.empty((len(queries), k), int)
    columns = np.arange(GROUP) * groups
    for start in range(0, len(queries), BLOCK):
        query = queries[start : start + BLOCK]
        query = np.hstack([-query, np.ones((len(query), 1), "float32")])
        # Half the squared distance, less half the square of the query.
        halves = query @ turned
        least = halves.reshape(len(query), GROUP, groups).min(axis=1)
        few = min(k, groups)
        best = np.argpartition(least, few - 1, axis=1)[:, :few]
        found = (best[:, :, None] + columns).reshape(len(query), -1)
        values = np.take_along_axis(halves, found, axis=1)
        order = np.argpartition(values, k - 1, axis=1)[:, :k]
        found, values = (np.take_along_axis(array, order, 1) for array in (found, values))
        order = np.argsort(values, axis=1, kind="stable")
        found = np.take_along_axis(found, order, 1)
        near = points[found, :-1]
        rows = slice(start, start + len(query))
        distances[rows] = np.linalg.norm(near - queries[rows, None], axis=2)
        indices[rows] = found
    return distances, indices
