"""Clusters of similar images, found without labels."""

import numpy as np

from keras_gan.data.pixels import to_unit_range

COMPONENTS = 50
SOME = 10_000  # images are enough to find components
NEIGHBOURS = 10
# The time to make a graph grows with the square of the number of images in it.
LARGEST_GRAPH = 60_000
EIGENVECTORS = 20
LEAST_EIGENVALUE = 1e-3  # as if a part on its own hung on by a little
STARTS = 4
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
    are kept. Each image is tied to those most like it, and the clusters are those of the
    graph that this makes: few ties lead from one to another. They are found by spectral
    clustering ([Ng, Jordan and Weiss,
    2001](https://papers.nips.cc/paper/2092-on-spectral-clustering-analysis-and-an-algorithm)),
    with distances in the graph that are commute times ([Qiu and Hancock,
    2007](https://doi.org/10.1109/TPAMI.2007.1103)).
    Of more than 60,000 images, so many at random make the graph, and each of the others
    joins the cluster of most of those like it.

    Args:
        images: `uint8` array of shape `(n, 28, 28, 1)`.
        clusters: Integer, how many.
        seed: Integer, fixes where the search begins.

    Returns:
        The cluster of each image, from 0 up: an `int32` array of shape `(n,)`. A cluster
        may be empty.

    Example:

    >>> cluster_images(load_data("mnist").images, clusters=20)
    array([3, 14, 17, ...], dtype=int32)
    """
    from sklearn.cluster import KMeans  # slow to import
    from sklearn.neighbors import KNeighborsClassifier
    from threadpoolctl import threadpool_limits

    different = {}
    numbers = [different.setdefault(image.tobytes(), len(different)) for image in images]
    if len(different) <= clusters:
        return np.array(numbers, "int32")
    rng = np.random.default_rng([seed, 3])
    points = _components(images, rng)
    order = rng.permutation(len(points)) if len(points) > LARGEST_GRAPH else np.arange(len(points))
    some, others = np.split(order, [LARGEST_GRAPH])
    found = np.empty(len(points), "int32")
    places = _places_in_graph(points[some], rng)
    # Threads would add up in an order of their own.
    with threadpool_limits(1):
        found[some] = KMeans(clusters, n_init=STARTS, random_state=seed).fit_predict(places)
    if len(others):
        sorted_ones = KNeighborsClassifier(NEIGHBOURS).fit(points[some], found[some])
        found[others] = sorted_ones.predict(points[others])
    return found


def _components(images, rng):
    blocks = (images[start : start + BLOCK] for start in range(0, len(images), BLOCK))
    points = np.concatenate([_shapes(to_unit_range(block)[..., 0]) for block in blocks])
    points -= points.mean(axis=0)
    some = rng.permutation(len(points))[:SOME]
    _, components = np.linalg.eigh(points[some].T @ points[some])
    return points @ components[:, -COMPONENTS:]


def _places_in_graph(points, rng):
    """Where points are in the graph of nearest neighbours: `(n, at most EIGENVECTORS)`."""
    from scipy.sparse.csgraph import laplacian
    from scipy.sparse.linalg import eigsh
    from sklearn.neighbors import kneighbors_graph

    graph = kneighbors_graph(points, min(NEIGHBOURS, len(points) - 1))
    matrix, roots_of_degrees = laplacian(graph + graph.T, normed=True, return_diag=True)
    values, vectors = eigsh(
        matrix,
        k=min(1 + EIGENVECTORS, len(points) - 1),
        which="SA",
        v0=rng.uniform(size=len(points)),
        tol=1e-4,
    )
    # One eigenvector tells degrees alone.
    degrees = roots_of_degrees[:, None] / np.linalg.norm(roots_of_degrees)
    vectors -= degrees @ (degrees.T @ vectors)
    places = vectors / np.sqrt(np.maximum(values, LEAST_EIGENVALUE))
    return places / (np.linalg.norm(places, axis=1, keepdims=True) + 1e-12)


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
