"""What an exported file tells of itself."""

from typing import TYPE_CHECKING

import keras_gan
from keras_gan.data import IMAGE_SHAPE
from keras_gan.gan.labels import is_conditional
from keras_gan.generation.origin import Origin
from keras_gan.settings import LATENT_DISTRIBUTIONS

if TYPE_CHECKING:
    import keras

# Its name in formats that have room for a file.
FILE_NAME = "keras_gan.json"


def describe(origin: Origin, generator: "keras.Model", latent_distribution: str) -> dict:
    """What a program must know to draw with a generator, for all formats.

    Args:
        origin: An `Origin`.
        generator: The model in that file.
        latent_distribution: String, as in `draw_latents`.

    Returns:
        A dict that can be written as JSON: `description`, `latent_dim`,
        `latent_distribution`, `image_shape`, `value_range` (black, white), `model_sha256`,
        `keras_gan`, and, if the generator takes labels, `classes`, the name of each.

    Raises:
        UserError: If a conditional generator does not tell how many classes it draws.
    """
    from keras_gan.generation.images import number_of_classes  # imports Keras

    latent_dim = generator.inputs[0].shape[1]
    inputs = f"latent (batch, {latent_dim}), drawn from {LATENT_DISTRIBUTIONS[latent_distribution]}"
    classes = {}
    if is_conditional(generator):
        names = origin.names_of(number_of_classes(generator))
        inputs += f", and of label (batch,), whole numbers from 0 to {len(names) - 1}"
        classes = {"classes": list(names)}
    shape = ", ".join(map(str, IMAGE_SHAPE))
    return {
        "description": (
            f"A generator trained with keras_gan: it makes image (batch, {shape}), values from 0 "
            f"(black) to 1 (white), of {inputs}."
        ),
        "latent_dim": latent_dim,
        "latent_distribution": latent_distribution,
        "image_shape": list(IMAGE_SHAPE),
        "value_range": [0, 1],
        **classes,
        "model_sha256": origin.sha256,
        "keras_gan": keras_gan.__version__,
    }
