"""Latents: drawn at random, and on the way from one to another."""

import numpy as np

from keras_gan.settings import LATENT_DISTRIBUTIONS


def draw_latents(rng, n, latent_dim, distribution="normal"):
    """Draws latent points.

    Args:
        rng: A `numpy.random.Generator`.
        n: Integer, how many.
        latent_dim: Integer, the size of each.
        distribution: `"normal"`, the standard normal distribution, or
            `"uniform"`, from -1 to 1.

    Returns:
        A `float32` array of shape `(n, latent_dim)`.

    Raises:
        ValueError: If the distribution is another.
    """
    if distribution not in LATENT_DISTRIBUTIONS:
        raise ValueError(f"expected one of {LATENT_DISTRIBUTIONS}, but it is {distribution!r}")
    if distribution == "uniform":
        return 2 * rng.random((n, latent_dim), dtype="float32") - 1
    return rng.standard_normal((n, latent_dim), dtype="float32")


def interpolate(start, end, steps, spherical=False):
    """Walks from one latent point to another.

    On the straight line between two points of a normal distribution, those in
    the middle are nearer to 0 than any that the generator has been trained on.
    The spherical walk ([White, 2016](https://arxiv.org/abs/1609.04468)) turns from
    one direction to the other at an even rate instead.

    Args:
        start: Array of shape `(latent_dim,)`.
        end: Array of shape `(latent_dim,)`.
        steps: Integer, at least 2, the number of points, both ends included.
        spherical: Boolean, whether to walk on an arc.

    Returns:
        An array of shape `(steps, latent_dim)`.
    """
    parts = np.linspace(0, 1, steps, dtype="float32")[:, None]
    cosine = start @ end / (np.linalg.norm(start) * np.linalg.norm(end))
    angle = np.arccos(np.clip(cosine, -1, 1))
    if not spherical or np.sin(angle) < 1e-6:
        return (1 - parts) * start + parts * end
    return (np.sin((1 - parts) * angle) * start + np.sin(parts * angle) * end) / np.sin(angle)
