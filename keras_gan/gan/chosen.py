"""Labels that latents choose: the larger a latent's last number, the larger its label."""

import statistics

import numpy as np
from keras import ops


def chosen_labels(latents, counts: np.ndarray, latent_distribution: str = "normal"):
    """The labels that latents choose.

    Args:
        latents: Tensor of shape `(batch, latent_dim)`.
        counts: Array of shape `(classes,)`: how frequent each label is to be.
        latent_distribution: `"normal"` or `"uniform"`, as in `draw_latents`.

    Returns:
        An `int32` tensor of shape `(batch,)`.

    Example:

    >>> labels = chosen_labels(latents, np.bincount(clusters))
    """
    parts = np.cumsum(counts)[:-1] / np.sum(counts)
    borders = [_quantile(part, latent_distribution) for part in parts.tolist()]
    above = ops.greater(latents[:, -1:], [borders])
    return ops.sum(ops.cast(above, "int32"), axis=1)


def choose_labels(
    latents: np.ndarray, labels: np.ndarray, counts: np.ndarray, latent_distribution: str = "normal"
) -> np.ndarray:
    """Moves the last numbers of latents, so that they choose given labels.

    If the labels are as frequent as `counts` says, the latents are distributed as before.

    Args:
        latents: Array of shape `(batch, latent_dim)`.
        labels: Integer array of shape `(batch,)`.
        counts: As in `chosen_labels`.
        latent_distribution: The same.

    Returns:
        An array of shape `(batch, latent_dim)`; the one given stays as it is.

    Example:

    >>> latents = choose_labels(latents, clusters[rows], np.bincount(clusters))
    """
    from scipy.special import ndtr, ndtri

    ends = np.cumsum(counts) / np.sum(counts)
    starts = ends - counts / np.sum(counts)
    last = latents[:, -1].astype("float64")
    part = (last + 1) / 2 if latent_distribution == "uniform" else ndtr(last)
    part = starts[labels] + part * (ends - starts)[labels]
    last = 2 * part - 1 if latent_distribution == "uniform" else ndtri(part)
    return np.concatenate([latents[:, :-1], last[:, None].astype(latents.dtype)], axis=1)


def _quantile(part, distribution):
    if distribution == "uniform":
        return 2 * part - 1
    if not 0 < part < 1:  # no image is in the first clusters, or in the last
        return -10.0 if part <= 0 else 10.0
    return statistics.NormalDist().inv_cdf(part)
