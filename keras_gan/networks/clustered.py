"""A generator that takes its label from one of its latents."""

import statistics

import keras
import numpy as np
from keras import ops


def label_from_latent(
    generator: keras.Model, counts: np.ndarray, latent_distribution: str = "normal"
) -> keras.Model:
    """Makes a conditional generator one that takes latents alone.

    The last number of a latent decides on the label: the larger it is, the larger the
    label. The others go to the conditional generator. So the space of latents falls into
    regions, with nothing between them, as real images do (see [Liu et al.,
    2020](https://arxiv.org/abs/2006.10728), who train on clusters, too).

    Args:
        generator: A model from latents `(batch, latent_dim)` and labels `(batch,)` to
            images. It is shared, not copied.
        counts: Array of shape `(classes,)`: how frequent each label is to be.
        latent_distribution: `"normal"` or `"uniform"`, as in `draw_latents`.

    Returns:
        A model from latents `(batch, latent_dim + 1)` to images, of built-in operations.

    Example:

    >>> generator = label_from_latent(conditional_generator, np.bincount(labels))
    >>> images = generator.predict(np.random.standard_normal((10, 101)))
    """
    parts = np.cumsum(counts)[:-1] / np.sum(counts)
    latents = keras.Input((generator.inputs[0].shape[1] + 1,), name="latent")
    borders = [_quantile(part, latent_distribution) for part in parts.tolist()]
    above = ops.greater(latents[:, -1:], [borders])
    label = ops.sum(ops.cast(above, "int32"), axis=1)
    return keras.Model(latents, generator([latents[:, :-1], label]), name="generator")


def _quantile(part, distribution):
    if distribution == "uniform":
        return 2 * part - 1
    if not 0 < part < 1:  # no image is in the first clusters, or in the last
        return -10.0 if part <= 0 else 10.0
    return statistics.NormalDist().inv_cdf(part)
