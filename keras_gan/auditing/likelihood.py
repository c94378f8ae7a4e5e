"""The generalisation gap of the feature likelihood divergence (FLD)."""

import numpy as np

# Likelihoods are computed of so many images of a kind at most: each is compared with each.
MAX_IMAGES = 3000
BLOCK = 200
ROUNDS = 30
# The fit ends when the log-likelihood for each feature rises by less than this.
ENOUGH = 5e-4
# A variance is never less, where a sample is a copy.
LEAST_VARIANCE = 1e-12


def generalisation_gap(train: np.ndarray, held_out: np.ndarray, samples: np.ndarray) -> float:
    """How much likelier training images are than held-out ones, to a model of the samples.

    Features are scaled by the mean and the standard deviation of held-out images. A mixture
    of Gaussians is placed on the samples, each with a variance that makes the training
    images likeliest, as in [Jiralerspong et al., 2023](https://arxiv.org/abs/2302.04440).
    A Gaussian around the mean of the training images takes part in the fit, as in the
    authors' program, so that images that are far from all samples do not decide it. Here
    it is fitted by expectation maximization.

    Args:
        train: Array of shape `(n, d)`, features.
        held_out: Array of shape `(m, d)`.
        samples: Array of shape `(k, d)`.

    Returns:
        Float, 100 times the difference of the negative log-likelihoods for each feature,
        of training images less that of held-out ones. Far below 0, samples lie on training
        images.
    """
    train, held_out, samples = (a[:MAX_IMAGES] for a in (train, held_out, samples))
    mean, scale = held_out.mean(axis=0), held_out.std(axis=0)
    scale = np.where(scale > 0, scale, 1)
    train, held_out, samples = (
        ((a - mean) / scale).astype("float32") for a in (train, held_out, samples)
    )
    from_mean = _squares(train, train.mean(axis=0)[None])
    variances = fit_variances(_squares(train, samples), from_mean, train.shape[1])
    of_train, of_held_out = (
        _log_likelihood(images, samples, variances).mean() for images in (train, held_out)
    )
    return float(100 * (of_held_out - of_train) / train.shape[1])


def fit_variances(squares: np.ndarray, from_mean: np.ndarray, features: int) -> np.ndarray:
    """Fits the variance of each Gaussian.

    Args:
        squares: Array of shape `(n, k)`, the squared distances of images to centres.
        from_mean: Array of shape `(n, 1)`, those to the mean of the images.
        features: Integer, the number of features.

    Returns:
        Array of shape `(k,)`.
    """
    variances = (squares.min(axis=0) + 1e-3) / features
    from_mean = 0.81 * from_mean  # as the authors' program takes it
    wide = from_mean.mean() / features
    before = -np.inf
    for _ in range(ROUNDS):
        powers = _powers(squares, variances, features) - np.float32(np.log(len(variances)))
        background = _powers(from_mean, wide, features)
        top = np.maximum(powers.max(axis=1, keepdims=True), background)
        powers -= top
        np.exp(powers, out=powers)
        background = np.exp(background - top)
        total = powers.sum(axis=1, keepdims=True) + background
        powers /= total
        background /= total
        weights = powers.sum(axis=0)
        powers *= squares
        moved = powers.sum(axis=0) / np.maximum(features * weights, 1e-30)
        variances = np.where(weights > 1e-12, np.maximum(moved, LEAST_VARIANCE), variances)
        wide = (background * from_mean).sum() / max(features * background.sum(), 1e-30)
        wide = max(wide, LEAST_VARIANCE)
        now = float((np.log(total) + top).mean()) / features
        if now - before < ENOUGH:
            break
        before = now
    return variances


def _log_likelihood(images, samples, variances):
    from scipy.special import logsumexp  # slow to import

    found = []
    for start in range(0, len(images), BLOCK):
        squares = _squares(images[start : start + BLOCK], samples)
        found.append(logsumexp(_powers(squares, variances, images.shape[1]), axis=1))
    return np.concatenate(found) - np.log(len(variances))


def _powers(squares, variances, features):
    """The logarithms of Gaussian densities."""
    powers = squares / (-2 * variances).astype("float32")
    powers -= (features / 2 * np.log(2 * np.pi * variances)).astype("float32")
    return powers


def _squares(points, centres):
    squares = -2 * points @ centres.T
    squares += (points**2).sum(axis=1, keepdims=True)
    squares += (centres**2).sum(axis=1)
    return np.maximum(squares, 0, out=squares)
