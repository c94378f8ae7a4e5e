"""Walks through latents, or from class to class, that end where they began."""

import itertools
from collections.abc import Iterator, Sequence

import keras
import numpy as np

from keras_gan.evaluation.samples import drawn_bytes
from keras_gan.gan.latents import draw_latents, interpolate
from keras_gan.generation.drawing import draw
from keras_gan.networks.conditional import walk_between_classes

COLUMNS = 5
WALKS = COLUMNS * COLUMNS
# Where a walk through latents passes, and the frames from one of these to the next.
STOPS = 4
STEPS = 24


def walk_through_latents(
    generator: keras.Model,
    labels: Sequence[int] | None,
    seed: int = 0,
    truncation: float | None = None,
    latent_distribution: str = "normal",
) -> Iterator[np.ndarray]:
    """Draws 25 walks side by side, each through a loop of latents.

    Args:
        generator: As in `generate_images`.
        labels: List of integers, the classes that the walks have in turn; `None` if the
            generator takes no labels.
        seed: Integer, decides every latent.
        truncation: As in `draw_latents`.
        latent_distribution: As in `draw_latents`. Between latents of a normal
            distribution a walk is spherical, between others straight.

    Yields:
        Frames: `uint8` arrays of shape `(25, 28, 28, 1)`. The first one follows the last.
    """
    rng = np.random.default_rng(seed)
    latent_dim = generator.inputs[0].shape[1]
    stops = draw_latents(rng, STOPS * WALKS, latent_dim, latent_distribution, truncation)
    stops = stops.reshape(STOPS, WALKS, latent_dim)
    spherical = latent_distribution == "normal"
    turn = None if labels is None else np.resize(np.asarray(labels, "int32"), WALKS)
    for start, end in itertools.pairwise([*stops, stops[0]]):
        ways = [
            interpolate(*pair, STEPS + 1, spherical)[:-1] for pair in zip(start, end, strict=True)
        ]
        for latents in np.stack(ways, axis=1).astype("float32"):
            yield draw(generator, latents, turn)


def walk_through_classes(
    generator: keras.Model,
    labels: Sequence[int],
    seed: int = 0,
    truncation: float | None = None,
    latent_distribution: str = "normal",
) -> Iterator[np.ndarray]:
    """Draws 25 latents side by side, on the way from class to class and back to the first.

    Args:
        generator: A generator of `make_conditional`.
        labels: List of integers, the classes.
        seed: As in `walk_through_latents`.
        truncation: As in `draw_latents`.
        latent_distribution: As in `draw_latents`.

    Yields:
        As `walk_through_latents`.
    """
    rng = np.random.default_rng(seed)
    latent_dim = generator.inputs[0].shape[1]
    fixed = draw_latents(rng, WALKS, latent_dim, latent_distribution, truncation)
    for start, end in itertools.pairwise([*labels, labels[0]]):
        ways = [walk_between_classes(generator, latent, start, end, STEPS + 1) for latent in fixed]
        yield from drawn_bytes(np.stack([images[:-1] for images in ways], axis=1))
