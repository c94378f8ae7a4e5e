"""The page, made from a generator: proved first to draw what Keras draws."""

import base64
import os
from collections.abc import Iterable, Sequence

import keras
import numpy as np

from keras_gan.errors import UserError
from keras_gan.exports.comparing import LIMIT, largest_difference, named, reference
from keras_gan.networks.loading import in_float32
from keras_gan.pages import read_resource, write_page
from keras_gan.playground.directions import find_directions
from keras_gan.playground.translate import translate

# Fewer than for an export, and in small batches: NumPy takes long for wide networks.
BATCHES = [10] * 5


def write_playground(
    generator: keras.Model,
    to_file: str | os.PathLike,
    latent_distribution: str = "normal",
    class_names: Sequence[str] | None = None,
    title: str = "A generator to play with",
    summary: Iterable[str] = (),
) -> float:
    """Writes a page that draws with a generator in any browser, without a network.

    Args:
        generator: A Keras model from `(batch, latent_dim)`, or a list of that and labels
            `(batch,)`, to images `(batch, 28, 28, 1)` from 0 to 1.
        to_file: Path of the HTML file to write.
        latent_distribution: As in `draw_latents`.
        class_names: List of strings, what to call the labels; their numbers if `None`.
        title: String, of the page.
        summary: Strings, the sentences at its top.

    Returns:
        Float, the largest difference of a pixel from what Keras draws, from 0 to 1.

    Raises:
        UserError: If the generator has a layer that the page does not know.
        DiskError: If the file cannot be written.

    Example:

    >>> write_playground(load_generator("models/generator.keras"), "playground.html")
    """
    steps, inputs, image = translate(in_float32(generator))
    labels = inputs[1].size if len(inputs) > 1 else None
    names = None if labels is None else list(map(str, class_names or range(labels)))
    if names is not None and len(names) != labels:
        raise UserError(f"expected {labels} names of classes, found {len(names)}")
    expected = reference(named(generator), latent_distribution, labels, BATCHES)
    difference = largest_difference(expected, lambda given: _draw(steps, inputs, image, **given))
    if not difference <= LIMIT:  # so for NaN, too
        raise UserError(
            f"the page would not draw what Keras draws: a value differs by {difference:.2g}, and "
            f"{LIMIT:.2g} is allowed; use the command export"
        )
    data = {
        "generator": {
            "steps": [_encoded(step) for step in steps.steps],
            "sizes": steps.sizes,
            "inputs": [value.number for value in inputs],
            "image": image.number,
        },
        "latentDim": inputs[0].size,
        "distribution": latent_distribution,
        "classes": names,
        "directions": find_directions(generator, latent_distribution).tolist(),
    }
    engine = read_resource("keras_gan.playground", "engine.js")
    write_page("keras_gan.playground", title, summary, data, to_file, engine=engine)
    return difference


def _draw(steps, inputs, image, latent, label=None):
    given = {inputs[0].number: latent}
    if label is not None:
        given[inputs[1].number] = np.eye(inputs[1].size, dtype="float32")[label]
    with np.errstate(all="ignore"):  # what is no number does not agree, and is told then
        return steps.draw(given, image)


def _encoded(step):
    """A step as JSON can hold it: arrays as the bytes of their numbers, little end first."""
    return {
        name: _text(part) if isinstance(part, np.ndarray) else part for name, part in step.items()
    }


def _text(array):
    little = array.astype(array.dtype.newbyteorder("<")).tobytes()
    return {"type": array.dtype.name, "values": base64.b64encode(little).decode()}
