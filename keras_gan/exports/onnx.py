"""ONNX: for ONNX Runtime, and most other programs that run networks."""

import json
import pathlib
from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import keras
    import numpy as np

LABEL, SUFFIX = "ONNX", ".onnx"
PACKAGES = ("onnx", "onnxruntime", "tf2onnx")


def write(model: "keras.Model", path: pathlib.Path, about: dict) -> None:
    """Writes a model to a file.

    Args:
        model: What `named` gives.
        path: Path of the file.
        about: What `describe` gives.
    """
    import keras
    import onnx

    one = {name: keras.ops.zeros((1, *x.shape[1:]), x.dtype) for name, x in model.input.items()}
    model(one)  # Keras does not export a model to ONNX that was never called
    model.export(path, format="onnx", verbose=False)
    content = onnx.load(path)
    _name(content.graph, list(model.input))
    content.doc_string = about["description"]
    onnx.helper.set_model_props(content, {key: _text(value) for key, value in about.items()})
    onnx.checker.check_model(content)
    onnx.save(content, path)


def load(
    path: pathlib.Path,
) -> tuple[Callable[[dict[str, "np.ndarray"]], "np.ndarray"], int | None]:
    """Loads a file in ONNX Runtime.

    Args:
        path: Path of the file.

    Returns:
        A function from a dict of inputs to images; and the size that its batches must
        have, or `None` if any.
    """
    import onnxruntime

    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    batch = session.get_inputs()[0].shape[0]  # a name where it is free
    free = not isinstance(batch, int)
    return lambda inputs: session.run(["image"], inputs)[0], None if free else batch


def _name(graph, inputs):
    """Puts the inputs in their order, and names the output, and the batch where it is free."""
    ordered = sorted(graph.input, key=lambda tensor: inputs.index(tensor.name))
    _replace(graph.input, ordered)
    [output] = graph.output
    for node in graph.node:
        _replace(node.output, ["image" if name == output.name else name for name in node.output])
        _replace(node.input, ["image" if name == output.name else name for name in node.input])
    output.name = "image"
    for tensor in (*graph.input, output):
        batch = tensor.type.tensor_type.shape.dim[0]
        if not batch.HasField("dim_value"):
            batch.dim_param = "batch"


def _text(value):
    return value if isinstance(value, str) else json.dumps(value)


def _replace(field, values):
    values = list(values)
    del field[:]
    field.extend(values)
