"""The images to evaluate: drawn from a generator, or read from a file."""

import pathlib
from typing import TYPE_CHECKING

import numpy as np

from keras_gan.console import one_line
from keras_gan.data import load_data, to_bytes
from keras_gan.errors import UserError
from keras_gan.gan.latents import draw_latents
from keras_gan.settings import MAX_SEED

if TYPE_CHECKING:
    import keras

MIN_SAMPLES = 100
MAX_SAMPLES = 100_000
# What rounding, in half precision too, may add to a value from 0 to 1.
ROUNDING = 1e-3


def draw_samples(
    generator: "keras.Model", n: int, seed: int = 0, latent_distribution: str = "normal"
) -> np.ndarray:
    """Draws images from a generator.

    Args:
        generator: A Keras model from `(batch, latent_dim)` to images
            `(batch, 28, 28, 1)` from 0 to 1.
        n: Integer, the number of images.
        seed: Integer, fixes the latent vectors.
        latent_distribution: `"normal"` or `"uniform"`, as in `draw_latents`: what the
            generator was trained with.

    Returns:
        `uint8` array of shape `(n, 28, 28, 1)`, from 0 to 255.

    Raises:
        UserError: If the generator cannot draw, or its values are not from 0 to 1.

    Example:

    >>> generator = keras.saving.load_model("models/generator.keras")
    >>> samples = draw_samples(generator, 1000, seed=7)
    """
    rng = np.random.default_rng(seed)
    latents = draw_latents(rng, n, generator.input_shape[1], latent_distribution)
    try:
        images = generator.predict(latents, batch_size=500, verbose=0)
    except Exception as error:  # a model from elsewhere can raise any type
        raise UserError(f"the generator cannot draw images ({one_line(error)})") from error
    if not (images.min() >= -ROUNDING and images.max() <= 1 + ROUNDING):
        raise UserError(
            f"expected a generator of values from 0 to 1, found {images.min():g} to "
            f"{images.max():g}; scale its images to 0 to 255 and give them as an .npz"
        )
    return to_bytes(images)


def load_samples(
    path: pathlib.Path, n: int, seed: int = 0, latent_distribution: str = "normal"
) -> np.ndarray:
    """Draws images from a generator's file, or reads them from an `.npz`.

    Args:
        path: Path of a `.keras` generator, or of an `.npz` with an array `x` of
            images as `load_data` takes them.
        n: Integer from 100 to 100,000, the number of images. If an `.npz` has more,
            that many are taken at random; if it has fewer, all of them.
        seed: Integer, fixes the latent vectors and the random choice.
        latent_distribution: As in `draw_samples`.

    Returns:
        `uint8` array of shape `(n, 28, 28, 1)`, from 0 to 255.

    Raises:
        UserError: If the file is neither, or has fewer than 100 images.
    """
    if not MIN_SAMPLES <= n <= MAX_SAMPLES:
        raise UserError(f"samples must be from {MIN_SAMPLES} to {MAX_SAMPLES}, but is {n}")
    if not 0 <= seed <= MAX_SEED:
        raise UserError(f"seed must be from 0 to {MAX_SEED}, but is {seed}")
    if path.suffix not in (".keras", ".npz"):
        raise UserError(f"{path}: expected a file .keras or .npz")
    if path.suffix == ".keras":
        from keras_gan.networks.loading import load_generator  # imports Keras

        return draw_samples(load_generator(path), n, seed, latent_distribution)
    images = load_data(data=path).images
    if len(images) < MIN_SAMPLES:
        raise UserError(f"{path}: expected at least {MIN_SAMPLES} images, found {len(images)}")
    if n < len(images):  # at random, because they may be sorted by class
        images = images[np.random.default_rng(seed).permutation(len(images))[:n]]
    return images
