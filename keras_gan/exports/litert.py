"""LiteRT, once TensorFlow Lite: for telephones and small devices."""

import json
import pathlib
import zipfile
from collections.abc import Callable
from typing import TYPE_CHECKING

from keras_gan.exports.describe import FILE_NAME

if TYPE_CHECKING:
    import keras
    import numpy as np

LABEL, SUFFIX = "LiteRT", ".tflite"
PACKAGES = ("ai_edge_litert",)


def write(model: "keras.Model", path: pathlib.Path, about: dict) -> None:
    """Writes a model to a file.

    As TensorFlow's own metadata have it, a ZIP archive behind the model holds what is
    told of it; whatever reads the model does not look there.

    Args:
        model: What `named` gives.
        path: Path of the file.
        about: What `describe` gives.
    """
    model.export(path, format="litert", verbose=False)
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr(zipfile.ZipInfo(FILE_NAME), json.dumps(about, indent=2))


def load(
    path: pathlib.Path,
) -> tuple[Callable[[dict[str, "np.ndarray"]], "np.ndarray"], int | None]:
    """Loads a file in LiteRT's interpreter.

    Args:
        path: Path of the file.

    Returns:
        A function from a dict of inputs to images; and the size that its batches must
        have, or `None` if any.
    """
    from ai_edge_litert.interpreter import Interpreter

    interpreter = Interpreter(model_content=path.read_bytes())
    runner = interpreter.get_signature_runner()
    batch = int(runner.get_input_details()["latent"]["shape_signature"][0])
    return lambda inputs: runner(**inputs)["image"], None if batch < 0 else batch
