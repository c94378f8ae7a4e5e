"""Metrics of generated images: functions of arrays, and nothing else.

Features are `(n, d)` arrays, one row for each image: what the last hidden layer of the
yardstick gives. Probabilities are `(n, classes)` arrays whose rows sum to 1.
"""

import dataclasses

import numpy as np

# Rows of a distance matrix that are in memory at a time.
BLOCK = 200


@dataclasses.dataclass(frozen=True)
class Metric:
    """What a metric is called where people read it.

    Attributes:
        label: String, its name and what it says.
        more_is_better: Boolean.
    """

    label: str
    more_is_better: bool


# The metrics that are measured while a training runs, as `history.csv` names them.
METRICS = {
    "fid": Metric("FID, distance from real images", False),
    "kid": Metric("KID, distance from real images", False),
    "precision": Metric("precision: samples that could be real", True),
    "recall": Metric("recall: real images that could be drawn", True),
    "density": Metric("density: real images around each sample", True),
    "coverage": Metric("coverage: real images that are near a sample", True),
    "classifier_score": Metric("classifier score: clear, and of every class", True),
    "confident_share": Metric("samples that the classifier is 95% sure of", True),
    "rarest_share": Metric("share of the rarest class", True),
    "label_accuracy": Metric("samples that look like the class that was asked for", True),
}
# Those that a chart of shares from 0 to 1 shows.
SHARES = ("precision", "recall", "coverage", "confident_share", "label_accuracy")


def frechet_distance(real: np.ndarray, fake: np.ndarray) -> float:
    """Fréchet distance between Gaussians fitted to two sets of features (FID).

    `|m1 - m2|^2 + tr(C1 + C2 - 2 (C1 C2)^(1/2))`, as in
    [Heusel et al., 2017](https://arxiv.org/abs/1706.08500). The trace of the root is
    computed as the sum of the roots of the eigenvalues of `C1^(1/2) C2 C1^(1/2)`. That
    matrix is symmetric, so the result is never complex.

    Args:
        real: Array of features of shape `(n, d)`, with at least 2 rows.
        fake: Array of features of shape `(m, d)`, with at least 2 rows.

    Returns:
        Float, at least 0; 0 if means and covariances agree.

    Example:

    >>> frechet_distance(yardstick.measure(real).features, yardstick.measure(fake).features)
    """
    real, fake = np.asarray(real, "float64"), np.asarray(fake, "float64")
    real_covariance = np.atleast_2d(np.cov(real, rowvar=False))
    fake_covariance = np.atleast_2d(np.cov(fake, rowvar=False))
    values, vectors = np.linalg.eigh(real_covariance)
    root = (vectors * np.sqrt(values.clip(min=0))) @ vectors.T
    products = np.linalg.eigvalsh(root @ fake_covariance @ root)
    distance = (
        ((real.mean(axis=0) - fake.mean(axis=0)) ** 2).sum()
        + np.trace(real_covariance)
        + np.trace(fake_covariance)
        - 2 * np.sqrt(products.clip(min=0)).sum()
    )
    return float(max(distance, 0.0))


def kernel_distance(
    real: np.ndarray, fake: np.ndarray, subsets: int = 50, subset_size: int = 1000, seed: int = 0
) -> tuple[float, float]:
    """Kernel distance (KID) and its standard error.

    The unbiased estimate of the squared maximum mean discrepancy with the kernel
    `(x·y / d + 1)^3`, averaged over random subsets, as in
    [Binkowski et al., 2018](https://arxiv.org/abs/1801.01401).

    Args:
        real: Array of features of shape `(n, d)`, with at least 2 rows.
        fake: Array of features of shape `(m, d)`, with at least 2 rows.
        subsets: Integer, how many random subsets to average over.
        subset_size: Integer, the number of real and of generated features in a
            subset. It is limited to a tenth of those that there are.
        seed: Integer, fixes the subsets.

    Returns:
        A tuple of floats: the mean over the subsets, and the standard error of that
        mean. The mean is 0 on average if the distributions agree, so it may be
        negative.
    """
    rng = np.random.default_rng(seed)
    # Larger subsets would overlap so much that the standard error came out too small.
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
    return base * base * base  # several times as fast as `base**3`


def _off_diagonal_mean(kernel):
    n = len(kernel)
    return (kernel.sum() - np.trace(kernel)) / (n * (n - 1))


@dataclasses.dataclass(frozen=True)
class Neighbourhood:
    """How real and generated features lie among each other.

    Attributes:
        precision: Share of generated features inside the real manifold.
        recall: Share of real features inside the generated manifold.
        density: Mean number of real neighbourhoods that a generated feature is in,
            divided by `k`; 1 on average if the distributions agree.
        coverage: Share of real features whose neighbourhood has a generated one.
    """

    precision: float
    recall: float
    density: float
    coverage: float


def neighbourhood(real: np.ndarray, fake: np.ndarray, k: int = 5) -> Neighbourhood:
    """Improved precision and recall, and density and coverage.

    The neighbourhood of a real feature is the ball that reaches to its `k`-th nearest
    real one; for generated features likewise. The union of such balls is the manifold.
    Precision and recall are those of
    [Kynkäänniemi et al., 2019](https://arxiv.org/abs/1904.06991), density and
    coverage those of [Naeem et al., 2020](https://arxiv.org/abs/2002.09797).

    Args:
        real: Array of features of shape `(n, d)`, with more than `k` rows.
        fake: Array of features of shape `(m, d)`, with more than `k` rows.
        k: Integer, which neighbour sets the radius of a ball.

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
        np.maximum(squared, 0, out=squared)  # rounding leaves less than 0 for equal features
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
    from sklearn.neighbors import NearestNeighbors  # slow to import

    neighbours = NearestNeighbors(n_neighbors=k + 1, algorithm="brute").fit(features)
    return neighbours.kneighbors(features)[0][:, k]


def classifier_score(probabilities: np.ndarray) -> float:
    """Classifier score: the inception score, with a classifier of the data set's own.

    `exp(E[KL(p(y|x) || p(y))])`, as in
    [Salimans et al., 2016](https://arxiv.org/abs/1606.03498).

    Args:
        probabilities: Array of shape `(n, classes)`.

    Returns:
        Float from 1 to the number of classes. It is highest if each sample clearly
        belongs to one class, and all classes are equally frequent.
    """
    probabilities = np.asarray(probabilities, "float64")
    marginal = probabilities.mean(axis=0)
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = np.where(probabilities > 0, np.log(probabilities / marginal), 0.0)
    return float(np.exp((probabilities * ratio).sum(axis=1).mean()))


def confident_share(probabilities: np.ndarray, threshold: float = 0.95) -> float:
    """Share of the samples whose likeliest class has at least this probability."""
    return float((np.max(probabilities, axis=1) >= threshold).mean())


def label_accuracy(probabilities: np.ndarray, labels: np.ndarray) -> float:
    """Share of the samples whose likeliest class is that of their label, `(n,)`."""
    return float((np.argmax(probabilities, axis=1) == labels).mean())


def class_shares(probabilities: np.ndarray) -> np.ndarray:
    """Share of the samples whose likeliest class is each of the classes: `(classes,)`."""
    likeliest = np.argmax(probabilities, axis=1)
    return np.bincount(likeliest, minlength=np.shape(probabilities)[1]) / len(likeliest)
