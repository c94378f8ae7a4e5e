"""The test for data-copying of Meehan and others."""

import numpy as np

from keras_gan.auditing.neighbours import nearest

CELLS = 20
# A cell has so many images of each kind on average, or there are fewer cells.
IMAGES_PER_CELL = 50
# A cell with fewer samples than this is left out.
MIN_SAMPLES = 20
FITTED = 10_000


def data_copying(
    train: np.ndarray, held_out: np.ndarray, samples: np.ndarray, seed: int = 0
) -> float:
    """C_T, the statistic of [Meehan et al., 2020](https://arxiv.org/abs/2004.05675).

    The space is divided into cells by k-means of the training images. In each cell, the
    distances of samples to their nearest training image are compared with those of
    held-out images, by the z-score of the Mann-Whitney test. C_T is their mean, weighted
    by the share of held-out images in each cell.

    Args:
        train: Array of shape `(n, d)`.
        held_out: Array of shape `(m, d)`.
        samples: Array of shape `(k, d)`.
        seed: Integer, fixes the cells.

    Returns:
        Float: far below 0, samples are nearer to training images than held-out images
        are, so the generator copies; far above 0, they are farther away.
    """
    from sklearn.cluster import KMeans  # slow to import

    fewest = min(map(len, (train, held_out, samples)))
    cells = max(1, min(CELLS, fewest // IMAGES_PER_CELL))
    means = KMeans(cells, random_state=seed, n_init=1).fit(train[:FITTED])
    return cell_statistic(*((a, means.predict(a)) for a in (train, held_out, samples)))


def cell_statistic(train: tuple, held_out: tuple, samples: tuple) -> float:
    """C_T of images whose cells are known.

    Args:
        train: Tuple of an array `(n, d)` and the cell of each, integers of shape `(n,)`.
        held_out: The same of held-out images.
        samples: The same of samples.
    """
    scores, weights = [], []
    for cell in np.unique(train[1]):
        points, real, drawn = (a[cells == cell] for a, cells in (train, held_out, samples))
        if len(drawn) >= MIN_SAMPLES and len(real):
            near = [nearest(a, points, 1)[0][:, 0] for a in (drawn, real)]
            scores.append(rank_score(*near))
            weights.append(len(real))
    return float(np.average(scores, weights=weights)) if scores else float("nan")


def rank_score(drawn: np.ndarray, real: np.ndarray) -> float:
    """The z-score of the Mann-Whitney test: above 0 where `drawn` are the greater values."""
    from scipy.stats import rankdata  # slow to import

    n, m = len(drawn), len(real)
    ranks = rankdata(np.concatenate([drawn, real]))
    u = ranks[:n].sum() - n * (n + 1) / 2
    return float((u - n * m / 2) / np.sqrt(n * m * (n + m + 1) / 12))
