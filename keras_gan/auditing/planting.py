"""Copies of training images, made to test whether an audit finds them."""

import numpy as np

from keras_gan.auditing.views import grow
from keras_gan.data import to_bytes, to_unit_range

SHIFTS = ((-1, 0), (1, 0), (0, -1), (0, 1))
# The least and the most that a slanted copy leans to a side, in pixels for each row.
SLANTS = (0.15, 0.3)
# How much of a copy that is blended with noise is noise.
NOISE = 0.3


def _as_they_are(images, rng):
    return images


def _shifted(images, rng):
    chosen = rng.integers(0, len(SHIFTS), len(images))
    pairs = zip(images, chosen, strict=True)
    return np.stack([np.roll(image, SHIFTS[shift], (0, 1)) for image, shift in pairs])


def _thickened(images, rng):
    return grow(images)


def _slanted(images, rng):
    n, height, width = images.shape
    slants = rng.uniform(*SLANTS, n) * rng.choice((-1, 1), n)
    # Each row moves as a whole: what comes between two pixels is a mean of both.
    places = np.arange(width) + slants[:, None, None] * (np.arange(height) - 13.5)[:, None]
    below = np.floor(places).astype(int)
    part = places - below
    wide = np.pad(images, ((0, 0), (0, 0), (1, 1)))
    lower, upper = (
        np.take_along_axis(wide, (below + step).clip(0, width + 1), 2) for step in (1, 2)
    )
    return (1 - part) * lower + part * upper


def _blended_with_noise(images, rng):
    return (1 - NOISE) * images + NOISE * rng.random(images.shape)


# Functions from images `(n, 28, 28)`, from 0 to 1, and a random generator to copies.
COPIES = {
    "as they are": _as_they_are,
    "shifted": _shifted,
    "thickened": _thickened,
    "slanted": _slanted,
    "blended with noise": _blended_with_noise,
}


def copies_of(images: np.ndarray, form: str, rng: np.random.Generator) -> np.ndarray:
    """Makes copies of images.

    Args:
        images: `uint8` array of shape `(n, 28, 28, 1)`, from 0 to 255.
        form: String, a key of `COPIES`: as they are; shifted by a pixel to a side; with
            strokes a pixel wider on each side; slanted by 0.15 to 0.3 pixels for each
            row, to a side; or blended with 30% uniform noise.
        rng: A NumPy random generator.

    Returns:
        `uint8` array of the same shape.
    """
    made = COPIES[form](to_unit_range(images)[..., 0], rng)
    return to_bytes(made.astype("float32"))[..., None]
