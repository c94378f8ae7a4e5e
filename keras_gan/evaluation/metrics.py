"""Metrics of generated images: functions of arrays of features, and nothing else.

Features are `(n, d)` arrays, a row an image, as the yardstick's last hidden
layer gives them; probabilities are `(n, classes)` arrays whose rows sum to 1.
"""

import dataclasses

import numpy as np
from scipy import linalg
from sklearn.neighbors import NearestNeighbors

from keras_gan.data import to_unit_range

# Rows of a distance matrix that are in memory at a time.
BLOCK = 200

# To find nearest images: principal axes to compare first, the images that these are
# found by at least, what float32 may lose of a squared distance, and how many images
# are compared one by one before it is faster to compare all together.
PROJECTED = 64
PRINCIPAL_IMAGES = 5000
ROUNDING = 0.01
FEW = 500
STRIP = 5000


def frechet_distance(real, fake):
    """Fréchet distance between Gaussians fitted to two sets of features (FID).

    `|m1 - m2|^2 + tr(C1 + C2 - 2 (C1 C2)^(1/2))`, as in
    [Heusel et al., 2017](https://arxiv.org/abs/1706.08500). The trace of the
    root is the sum of the roots of the eigenvalues of `C1^(1/2) C2 C1^(1/2)`,
    which is symmetric, so that nothing imaginary can arise.

    Args:
        real: Array of features, `(n, d)` with at least 2 rows.
        fake: Array of features, `(m, d)` with at least 2 rows.

    Returns:
        Float, at least 0; 0 means that means and covariances agree.
    """
    real, fake = np.asarray(real, "float64"), np.asarray(fake, "float64")
    real_covariance = np.atleast_2d(np.cov(real, rowvar=False))
    fake_covariance = np.atleast_2d(np.cov(fake, rowvar=False))
    values, vectors = linalg.eigh(real_covariance)
    root = (vectors * np.sqrt(values.clip(min=0))) @ vectors.T
    products = linalg.eigvalsh(root @ fake_covariance @ root)
    distance = (
        ((real.mean(axis=0) - fake.mean(axis=0)) ** 2).sum()
        + np.trace(real_covariance)
        + np.trace(fake_covariance)
        - 2 * np.sqrt(products.clip(min=0)).sum()
    )
    return float(max(distance, 0.0))


def kernel_distance(real, fake, subsets=50, subset_size=1000, seed=0):
    """Kernel distance (KID) and its standard error.

    The unbiased estimate of the squared maximum mean discrepancy with the
    kernel `(x·y / d + 1)^3`, averaged over random subsets, as in
    [Binkowski et al., 2018](https://arxiv.org/abs/1801.01401).

    Args:
        real: Array of features, `(n, d)` with at least 2 rows.
        fake: Array of features, `(m, d)` with at least 2 rows.
        subsets: Integer, how many random subsets to average over.
        subset_size: Integer, features of each kind in a subset, at most,
            and at most a tenth of those that there are.
        seed: Integer, fixes the subsets.

    Returns:
        A tuple of floats: the mean over the subsets, which is 0 on average
        where the distributions agree and may be negative, and the standard
        error of that mean.
    """
    rng = np.random.default_rng(seed)
    # Of more than a tenth, subsets would overlap too much to tell how far chance goes.
    size = max(2, min(subset_size, len(real) // 10, len(fake) // 10))
    estimates = []
    for _ in range(subsets):
        x = real[rng.choice(len(real), size, replace=False)]
        y = fake[rng.choice(len(fake), size, replace=False)]
        within = sum(_off_diagonal_mean(_cubic_kernel(side, side)) for side in (x, y))
        estimates.append(within - 2 * _cubic_kernel(x, y).mean())
    return float(np.mean(estimates)), float(np.std(estimates, ddof=1) / np.sqrt(subsets))


def _cubic_kernel(x, y):
    base = x @ y.T / x.shape[1] + 1
    return base * base * base  # a power would take several times as long


def _off_diagonal_mean(kernel):
    n = len(kernel)
    return (kernel.sum() - np.trace(kernel)) / (n * (n - 1))


@dataclasses.dataclass(frozen=True)
class Neighbourhood:
    """How generated features lie among real ones, and real among generated.

    Attributes:
        precision: Share of generated features inside the real manifold.
        recall: Share of real features inside the generated manifold.
        density: Mean number of real neighbourhoods around a generated feature,
            divided by `k`; 1 on average where the distributions agree.
        coverage: Share of real features with a generated one in their
            neighbourhood.
    """

    precision: float
    recall: float
    density: float
    coverage: float


def neighbourhood(real, fake, k=5):
    """Improved precision and recall, and density and coverage.

    The neighbourhood of a feature is the ball that reaches to its `k`-th
    nearest neighbour of its own kind. Precision and recall are those of
    [Kynkäänniemi et al., 2019](https://arxiv.org/abs/1904.06991), density and
    coverage those of [Naeem et al., 2020](https://arxiv.org/abs/2002.09797).

    Args:
        real: Array of features, `(n, d)` with more than `k` rows.
        fake: Array of features, `(m, d)` with more than `k` rows.
        k: Integer, the rank of the neighbour that sets a ball's radius.

    Returns:
        A `Neighbourhood`.
    """
    real_reach, fake_reach = _radii(real, k) ** 2, _radii(fake, k) ** 2
    covering = np.zeros(len(fake), int)
    recalled = np.zeros(len(real), bool)
    nearest_fake = np.full(len(real), np.inf)
    real_squares = (real**2).sum(axis=1)
    for start in range(0, len(fake), BLOCK):
        rows = slice(start, start + BLOCK)
        squared = real_squares - 2 * fake[rows] @ real.T
        squared += (fake[rows] ** 2).sum(axis=1, keepdims=True)
        np.maximum(squared, 0, out=squared)  # of equal features, rounding leaves less
        covering[rows] = np.count_nonzero(squared < real_reach, axis=1)
        recalled |= (squared < fake_reach[rows, None]).any(axis=0)
        nearest_fake = np.minimum(nearest_fake, squared.min(axis=0))
    return Neighbourhood(
        precision=float((covering > 0).mean()),
        recall=float(recalled.mean()),
        density=float(covering.mean() / k),
        coverage=float((nearest_fake < real_reach).mean()),
    )


def _radii(features, k):
    neighbours = NearestNeighbors(n_neighbors=k + 1, algorithm="brute").fit(features)
    return neighbours.kneighbors(features)[0][:, k]


def classifier_score(probabilities):
    """Classifier score: the inception score with a classifier of the data's own.

    `exp(E[KL(p(y|x) || p(y))])`, as in
    [Salimans et al., 2016](https://arxiv.org/abs/1606.03498).

    Args:
        probabilities: Array `(n, classes)`.

    Returns:
        Float from 1 to the number of classes, which is reached where every
        sample is sure to be of one class and all classes are as frequent.
    """
    probabilities = np.asarray(probabilities, "float64")
    marginal = probabilities.mean(axis=0)
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = np.where(probabilities > 0, np.log(probabilities / marginal), 0.0)
    return float(np.exp((probabilities * ratio).sum(axis=1).mean()))


def confident_share(probabilities, threshold=0.95):
    """Share of the samples whose likeliest class has at least this probability."""
    return float((np.max(probabilities, axis=1) >= threshold).mean())


def class_shares(probabilities):
    """Share of the samples that each class is the likeliest of: array `(classes,)`."""
    likeliest = np.argmax(probabilities, axis=1)
    return np.bincount(likeliest, minlength=np.shape(probabilities)[1]) / len(likeliest)


def nearest(images, train_images):
    """The nearest training image of each image, by Euclidean distance of pixels.

    The answer is exact but for the rounding of float32: projections on principal
    axes, which are never further apart than the images are, only rule out most of
    the training images. Images that are like none of them are compared with all.

    Args:
        images: `uint8` array `(n, height, width, 1)`.
        train_images: `uint8` array `(m, height, width, 1)`.

    Returns:
        A tuple of arrays `(n,)`: the distances, in units in which black to
        white in one pixel is 1, and the indices into `train_images`.
    """
    axes = _principal_axes(train_images)
    projected, train_projected = _project(images, axes), _project(train_images, axes)
    train_squares = (train_projected**2).sum(axis=1)
    distances, indices = np.empty(len(images), "float32"), np.empty(len(images), int)
    strange = []
    for start in range(0, len(images), BLOCK):
        block = projected[start : start + BLOCK]
        # Squared distances of projections, each less the square of the image's own.
        bounds = -2 * block @ train_projected.T
        bounds += train_squares
        squares = (block**2).sum(axis=1)
        for i, bound in enumerate(bounds):
            image = _flat(images[start + i])
            reach = ((_flat(train_images[bound.argmin()]) - image) ** 2).sum() - squares[i]
            near = bound <= reach + ROUNDING
            if np.count_nonzero(near) > FEW:
                strange.append(start + i)
                continue
            near = np.flatnonzero(near)
            exact = np.linalg.norm(_flat(train_images[near]) - image, axis=1)
            distances[start + i], indices[start + i] = exact.min(), near[exact.argmin()]
    if strange:
        flat = _flat(images[strange])
        indices[strange] = _nearest_of_all(flat, train_images)
        distances[strange] = np.linalg.norm(flat - _flat(train_images[indices[strange]]), axis=1)
    return distances, indices


def _nearest_of_all(flat, train_images):
    """The index of the training image nearest to each flat image, none ruled out: `(n,)`."""
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
    """The directions that hold most of some images' light: array `(pixels, PROJECTED)`."""
    some = _flat(images[:: max(1, len(images) // PRINCIPAL_IMAGES)])
    return linalg.eigh(some.T @ some)[1][:, -PROJECTED:]


def _project(images, axes):
    """Images along some axes and, in a last column, the length of what these leave out."""
    projections = []
    for start in range(0, len(images), BLOCK):
        flat = _flat(images[start : start + BLOCK])
        along = flat @ axes
        rest = np.linalg.norm(flat - along @ axes.T, axis=1, keepdims=True)
        projections.append(np.hstack([along, rest]))
    return np.concatenate(projections)


def nearest_other(images):
    """The distance of each image to the nearest of the others: array `(n,)`."""
    neighbours = NearestNeighbors(n_neighbors=2, algorithm="brute").fit(_flat(images))
    return neighbours.kneighbors()[0][:, 0]


def _flat(images):
    """An image, or images, as vectors of floats from 0 to 1."""
    return to_unit_range(images).reshape(*images.shape[:-3], -1)
