"""Membership inference: can it be told which images a generator was trained on?

An attack gives each image a score, higher where it takes the image for a training image.
"""

import dataclasses

import numpy as np

FALSE_POSITIVES = 0.01
RESAMPLES = 500
CONFIDENCE = 0.95
# Principal axes of the features that densities are estimated along.
DENSITY_AXES = 8
BLOCK = 200


@dataclasses.dataclass(frozen=True)
class Attack:
    """How well an attack tells training images from held-out ones.

    Attributes:
        auc: Float, the chance that a training image has a higher score than a held-out
            one; 0.5 is guessing.
        low: Float, the lower end of its interval.
        high: Float, the upper end.
        found: Float, the share of training images that are found where 1% of the held-out
            ones are taken for such.
        found_low: Float, the lower end of its interval.
        found_high: Float, the upper end.
    """

    auc: float
    low: float
    high: float
    found: float
    found_low: float
    found_high: float


def measure_attack(members: np.ndarray, others: np.ndarray, seed: int = 0) -> Attack:
    """Measures an attack, with intervals by bootstrap.

    Args:
        members: Array of shape `(n,)`, the scores of training images.
        others: Array of shape `(m,)`, those of held-out images.
        seed: Integer, fixes the resamples.

    Returns:
        An `Attack`, whose intervals hold 95% of what 500 resamples of both give.
    """
    rng = np.random.default_rng(seed)
    resampled = []
    for _ in range(RESAMPLES):
        drawn = (side[rng.integers(0, len(side), len(side))] for side in (members, others))
        resampled.append(_areas_and_found(*drawn))
    tail = (1 - CONFIDENCE) / 2
    (low, found_low), (high, found_high) = np.quantile(resampled, [tail, 1 - tail], axis=0)
    auc, found = _areas_and_found(members, others)
    return Attack(*map(float, (auc, low, high, found, found_low, found_high)))


def _areas_and_found(members, others):
    """The AUC, and the share of members above all but 1% of the others."""
    others = np.sort(others)
    below, upto = (np.searchsorted(others, members, side) for side in ("left", "right"))
    limit = others[int(np.ceil((1 - FALSE_POSITIVES) * len(others))) - 1]
    return (below + upto).mean() / (2 * len(others)), (members > limit).mean()


def nearness(features: np.ndarray, samples: np.ndarray) -> np.ndarray:
    """The score of the nearest sample: less its distance, of features `(n, d)`."""
    from keras_gan.auditing.neighbours import nearest

    features, samples = features.astype("float32"), samples.astype("float32")
    return -nearest(features, samples, 1)[0][:, 0]


def density_ratio(features: np.ndarray, samples: np.ndarray, reference: np.ndarray) -> np.ndarray:
    """The score of DOMIAS: where samples are denser than real images.

    It is the logarithm of the density of samples over that of real images that are
    neither training images nor judged, as in
    [van Breugel et al., 2023](https://arxiv.org/abs/2302.12580), with densities by
    Gaussian kernels.

    Args:
        features: Array of shape `(n, d)`, of the images to judge.
        samples: Array of shape `(m, d)`, of the generator's samples.
        reference: Array of shape `(k, d)`, of other real images.

    Returns:
        Array of shape `(n,)`.
    """
    mean = reference.mean(axis=0)
    axes = np.linalg.eigh(np.cov((reference - mean).T))[1][:, -DENSITY_AXES:]
    features, samples, reference = ((a - mean) @ axes for a in (features, samples, reference))
    return log_density(features, samples) - log_density(features, reference)


def log_density(points: np.ndarray, centres: np.ndarray) -> np.ndarray:
    """The logarithm of a density that is estimated by Gaussian kernels.

    The kernels have the covariance of the centres, narrowed by Scott's rule: by
    `len(centres) ** (-1 / (d + 4))`.

    Args:
        points: Array of shape `(n, d)`, where to estimate it.
        centres: Array of shape `(m, d)`, `m` greater than `d`.

    Returns:
        Array of shape `(n,)`.
    """
    m, d = centres.shape
    covariance = np.atleast_2d(np.cov(centres.T)) * m ** (-2 / (d + 4))
    covariance += 1e-9 * max(np.trace(covariance), 1e-9) * np.eye(d)
    root = np.linalg.cholesky(covariance)
    points, centres = (np.linalg.solve(root, array.T).T for array in (points, centres))
    constant = d / 2 * np.log(2 * np.pi) + np.log(np.diag(root)).sum() + np.log(m)
    squares = ((centres**2).sum(axis=1) / 2).astype("float32")
    centres = centres.T.astype("float32")
    result = np.empty(len(points))
    for start in range(0, len(points), BLOCK):
        block = points[start : start + BLOCK].astype("float32")
        powers = block @ centres
        powers -= squares
        top = powers.max(axis=1, keepdims=True)
        powers -= top
        np.exp(powers, out=powers)
        total = np.log(powers.sum(axis=1)) + top[:, 0] - (block**2).sum(axis=1) / 2
        result[start : start + BLOCK] = total
    return result - constant
