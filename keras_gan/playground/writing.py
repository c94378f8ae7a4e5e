"""The page, made from a generator: proved first to draw what Keras draws."""

import base64
import os
from collections.abc import Iterable, Sequence

import keras
import numpy as np

from keras_gan.errors import UserError
from keras_gan.gan.labels import with_labels
from keras_gan.gan.latents import draw_latents
from keras_gan.networks.loading import in_float32
from keras_gan.pages import read_resource, write_page
from keras_gan.playground.directions import find_directions
from keras_gan.playground.translate import translate

CHECKED_BATCHES = 5
CHECKED_BATCH = 10
AGREEMENT = 1e-5


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
    generator = in_float32(generator)
    steps, inputs, image = translate(generator)
    names = None
    if len(inputs) > 1:
        names = list(class_names or map(str, range(inputs[1].size)))
    difference = _difference(generator, steps, inputs, image, latent_distribution)
    if not difference <= AGREEMENT:  # also if it is no number
        raise UserError(
            f"the page would not draw what Keras draws: a pixel differs by {difference:.2g}; "
            "use the command export"
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


def _difference(generator, steps, inputs, image, latent_distribution):
    """The largest difference of a pixel between the steps and Keras."""
    rng = np.random.default_rng(0)
    differences = []
    for _ in range(CHECKED_BATCHES):  # wide networks need much memory for one
        latents = draw_latents(rng, CHECKED_BATCH, inputs[0].size, latent_distribution)
        given, labels = {inputs[0].number: latents}, None
        if len(inputs) > 1:
            labels = rng.integers(inputs[1].size, size=CHECKED_BATCH, dtype="int32")
            given[inputs[1].number] = np.eye(inputs[1].size, dtype="float32")[labels]
        images = generator.predict_on_batch(with_labels(latents, labels))
        with np.errstate(all="ignore"):  # what is no number does not agree, and is told then
            differences.append(np.abs(steps.draw(given, image) - images).max())
    return float(np.max(differences))


def _encoded(step):
    """A step as JSON can hold it: arrays as the bytes of their numbers, little end first."""
    return {
        name: _text(part) if isinstance(part, np.ndarray) else part for name, part in step.items()
    }


def _text(array):
    little = array.astype(array.dtype.newbyteorder("<")).tobytes()
    return {"type": array.dtype.name, "values": base64.b64encode(little).decode()}
