"""The page, made from a generator: proved first to draw what Keras draws."""

import base64
import functools
import os
from collections.abc import Iterable, Sequence

import keras
import numpy as np

from keras_gan.console import one_line
from keras_gan.errors import UserError
from keras_gan.exports.comparing import checked_difference, reference
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
        Float, how far a value of 50 images is from Keras' at most.

    Raises:
        UserError: If the generator has a layer that the page does not know, or would
            draw other images there; if there are not as many names as classes.
        DiskError: If the file cannot be written.

    Example:

    >>> write_playground(load_generator("models/generator.keras"), "playground.html")
    """
    generator = in_float32(generator)
    try:
        steps, inputs, image = translate(generator)
        labels = inputs[1].size if len(inputs) > 1 else None
        expected = reference(generator, latent_distribution, labels, BATCHES)
        draw = functools.partial(_draw, steps, inputs, image)
        difference = checked_difference(expected, draw, "the page")
    except UserError:
        raise
    except Exception as error:  # a model from elsewhere can be put together in any way
        raise UserError(
            f"a page cannot draw with the generator ({one_line(error)}); use the command export"
        ) from error
    names = None if labels is None else list(map(str, class_names or range(labels)))
    if names is not None and len(names) != labels:
        raise UserError(f"expected {labels} names of classes, found {len(names)}")
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


def _draw(steps, inputs, image, given):
    values = {inputs[0].number: given["latent"]}
    if "label" in given:
        values[inputs[1].number] = np.eye(inputs[1].size, dtype="float32")[given["label"]]
    with np.errstate(all="ignore"):  # what is no number does not agree, and is told then
        return steps.draw(values, image)


def _encoded(step):
    """A step as JSON can hold it: arrays as the bytes of their numbers, little end first."""
    return {
        name: _text(part) if isinstance(part, np.ndarray) else part for name, part in step.items()
    }


def _text(array):
    little = array.astype(array.dtype.newbyteorder("<")).tobytes()
    return {"type": array.dtype.name, "values": base64.b64encode(little).decode()}
