"""A generator at work: latents in, bytes out, in batches of one size."""

from collections.abc import Iterator, Sequence

import keras
import numpy as np

from keras_gan.console import one_line
from keras_gan.errors import UserError
from keras_gan.evaluation.batches import BATCH, predict
from keras_gan.evaluation.samples import drawn_bytes
from keras_gan.gan.labels import with_labels
from keras_gan.gan.latents import draw_latents


def draw(
    generator: keras.Model, latents: np.ndarray, labels: np.ndarray | None = None
) -> np.ndarray:
    """Draws images of latents.

    The generator always gets batches of the same size, so that an image does not depend
    on how many are drawn, and only that size is compiled.

    Args:
        generator: A Keras model from `(batch, latent_dim)`, or a list of that and labels
            `(batch,)`, to images `(batch, 28, 28, 1)` from 0 to 1.
        latents: Array of shape `(n, latent_dim)`.
        labels: Integer array of shape `(n,)`, or `None`.

    Returns:
        `uint8` array of shape `(n, 28, 28, 1)`, from 0 to 255.

    Raises:
        UserError: If the generator cannot draw, or its values are not from 0 to 1.
    """
    inputs = with_labels(_filled(latents), None if labels is None else _filled(labels))
    try:
        images = predict(generator, inputs)[: len(latents)]
    except Exception as error:  # a model from elsewhere can raise any type
        raise UserError(f"the generator cannot draw images ({one_line(error)})") from error
    return drawn_bytes(images)


def _filled(values):
    """The values, and as many zeros as fill the last batch."""
    missing = np.zeros((-len(values) % BATCH, *values.shape[1:]), values.dtype)
    return np.concatenate([values, missing]) if len(missing) else values


def draw_without_end(
    generator: keras.Model,
    labels: Sequence[int] | None,
    seed: int,
    truncation: float | None,
    latent_distribution: str,
) -> Iterator[tuple[np.ndarray, np.ndarray | None]]:
    """Draws batch after batch, of labels in turn.

    Args:
        generator: As in `draw`.
        labels: List of integers, or `None` if the generator takes no labels.
        seed: Integer, decides every latent.
        truncation: As in `draw_latents`.
        latent_distribution: As in `draw_latents`.

    Yields:
        Tuples of images, a `uint8` array of shape `(batch, 28, 28, 1)`, and labels, an
        `int32` array of shape `(batch,)`, or `None`.
    """
    rng = np.random.default_rng(seed)
    latent_dim = generator.inputs[0].shape[1]
    first = 0
    while True:
        latents = draw_latents(rng, BATCH, latent_dim, latent_distribution, truncation)
        turn = None
        if labels is not None:
            turn = np.asarray(labels, "int32")[(first + np.arange(BATCH)) % len(labels)]
            first += BATCH
        yield draw(generator, latents, turn), turn
