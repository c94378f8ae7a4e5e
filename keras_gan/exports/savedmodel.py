"""TensorFlow's SavedModel: a folder, for TensorFlow Serving and TensorFlow itself."""

import json
import pathlib
from collections.abc import Callable
from typing import TYPE_CHECKING

from keras_gan.exports.describe import FILE_NAME

if TYPE_CHECKING:
    import keras
    import numpy as np

LABEL, SUFFIX = "SavedModel", None
PACKAGES = ()  # it comes with TensorFlow, which Keras runs on


def write(model: "keras.Model", path: pathlib.Path, about: dict) -> None:
    """Writes a model into a folder.

    Args:
        model: What `named` gives.
        path: Path of an empty folder.
        about: What `describe` gives.
    """
    model.export(path, format="tf_saved_model", verbose=False)
    extra = path / "assets.extra"  # TensorFlow's place for what others add
    extra.mkdir()
    (extra / FILE_NAME).write_text(json.dumps(about, indent=2), encoding="utf-8")


def load(
    path: pathlib.Path,
) -> tuple[Callable[[dict[str, "np.ndarray"]], "np.ndarray"], int | None]:
    """Loads a folder in TensorFlow.

    Args:
        path: Path of the folder.

    Returns:
        A function from a dict of inputs to images; and the size that its batches must
        have, or `None` if any.
    """
    import tensorflow as tf

    with tf.device("CPU:0"):
        loaded = tf.saved_model.load(str(path))
    serve = loaded.signatures["serving_default"]
    batch = serve.structured_input_signature[1]["latent"].shape[0]

    def draw(inputs):
        with tf.device("CPU:0"):
            tensors = {name: tf.constant(values) for name, values in inputs.items()}
            return serve(**tensors)["image"].numpy()

    draw.model = loaded  # a signature alone does not keep its weights
    return draw, batch
