"""Latents: drawn at random, and on the way from one to another."""

import math

import numpy as np

from keras_gan.settings import LATENT_DISTRIBUTIONS


def draw_latents(
    rng: np.random.Generator,
    n: int,
    latent_dim: int,
    distribution: str = "normal",
    truncation: float | None = None,
) -> np.ndarray:
    """Draws latents at random.

    Args:
        rng: A `numpy.random.Generator`.
        n: Integer, how many.
        latent_dim: Integer, the size of each.
        distribution: `"normal"`, the standard normal distribution, or
            `"uniform"`, from -1 to 1.
        truncation: Float, how far from 0 a value may be. As in BigGAN
            ([Brock et al., 2019](https://arxiv.org/abs/1809.11096)), a value of a normal
            distribution that is farther is drawn again, so images are more typical and
            less varied. A uniform distribution is scaled to that width. `None` for no limit.

    Returns:
        A `float32` array of shape `(n, latent_dim)`.

    Raises:
        ValueError: If the distribution is another.

    Example:

    >>> latents = draw_latents(np.random.default_rng(0), 10, latent_dim=100)
    >>> latents.shape
    (10, 100)
    """
    if distribution not in LATENT_DISTRIBUTIONS:
        names = tuple(LATENT_DISTRIBUTIONS)
        raise ValueError(f"expected one of {names}, but it is {distribution!r}")
    if distribution == "uniform":
        latents = 2 * rng.random((n, latent_dim), dtype="float32") - 1
        return latents if truncation is None else latents * np.float32(truncation)
    latents = rng.standard_normal((n, latent_dim), dtype="float32")
    if truncation is not None:
        values = latents.reshape(-1)
        beyond = np.flatnonzero(np.abs(values) > truncation)
        while len(beyond):
            values[beyond] = rng.standard_normal(len(beyond), dtype="float32")
            beyond = beyond[np.abs(values[beyond]) > truncation]
    return latents


def fakes_for(reals: int, reals_per_fake: int) -> int:
    """How many images are generated for so many real ones: at least one."""
    return math.ceil(reals / reals_per_fake)


def interpolate(
    start: np.ndarray, end: np.ndarray, steps: int, spherical: bool = False
) -> np.ndarray:
    """Walks from one latent to another.

    The middle of a straight line between two latents of a normal distribution is
    nearer to 0 than the latents that the generator was trained on. A spherical walk
    ([White, 2016](https://arxiv.org/abs/1609.04468)) stays as far from 0 as its ends
    are, and turns from one direction to the other at an even rate.

    Args:
        start: Array of shape `(latent_dim,)`.
        end: Array of shape `(latent_dim,)`.
        steps: Integer, at least 2, the number of latents, both ends included.
        spherical: Boolean, whether to walk on an arc.

    Returns:
        An array of shape `(steps, latent_dim)`.

    Example:

    >>> images = generator.predict(interpolate(latents[0], latents[1], steps=10))
    """
    parts = np.linspace(0, 1, steps, dtype="float32")[:, None]
    cosine = start @ end / (np.linalg.norm(start) * np.linalg.norm(end))
    angle = np.arccos(np.clip(cosine, -1, 1))
    if not spherical or np.sin(angle) < 1e-6:
        return (1 - parts) * start + parts * end
    return (np.sin((1 - parts) * angle) * start + np.sin(parts * angle) * end) / np.sin(angle)
