"""The steps that a generator is made of, whatever its layers: few, so that a page can do them.

`engine.js` does the same steps in a browser. `draw` does them with NumPy, to compare with.
"""

import dataclasses

import numpy as np

ACTIVATIONS = {
    "relu": lambda x: np.maximum(x, 0),
    "leaky_relu": lambda x, slope: np.where(x > 0, x, slope * x),
    "sigmoid": lambda x: 1 / (1 + np.exp(-x)),
    "tanh": np.tanh,
    "elu": lambda x: np.where(x > 0, x, np.expm1(np.minimum(x, 0))),
    "selu": lambda x: (
        1.0507009873554805 * np.where(x > 0, x, 1.6732632423543772 * np.expm1(np.minimum(x, 0)))
    ),
    "silu": lambda x: x / (1 + np.exp(-x)),
    "softplus": lambda x: np.logaddexp(x, 0),
    "positive": lambda x: (x > 0).astype("float32"),
}


@dataclasses.dataclass(frozen=True)
class Value:
    """What a step takes, or gives: an image's share of a tensor.

    Attributes:
        number: Integer, its place among all values.
        shape: Tuple of integers, without the batch.
    """

    number: int
    shape: tuple[int, ...]

    @property
    def size(self) -> int:
        return int(np.prod(self.shape))


class Steps:
    """A list of steps in the making. Each method adds one, and returns the `Value` it gives.

    Attributes:
        sizes: List of integers, how many numbers each value has.
        steps: List of dicts. Arrays in them are `float32` or `int32`.
    """

    def __init__(self):
        self.sizes = []
        self.steps = []

    def value(self, *shape: int) -> Value:
        """A value that no step gives: an input."""
        value = Value(len(self.sizes), shape)
        self.sizes.append(value.size)
        return value

    def _step(self, do, inputs, shape, **details):
        value = self.value(*shape)
        numbers = [each.number for each in inputs]
        self.steps.append({"do": do, "from": numbers, "to": value.number, **details})
        return value

    def product(self, x: Value, weights: np.ndarray, bias: np.ndarray | None = None) -> Value:
        """The matrix product along the last axis, with weights `(inputs, outputs)`."""
        shape = (*x.shape[:-1], weights.shape[1])
        weights, bias = _floats(weights), _floats(bias)
        return self._step("product", [x], shape, weights=weights, bias=bias, width=len(weights))

    def gather(self, x: Value, index: np.ndarray, shape: tuple[int, ...], run: int = 1) -> Value:
        """Takes runs of `run` numbers from the places in `index`; -1 stands for zeros."""
        return self._step("gather", [x], shape, index=_integers(index), run=run)

    def scatter(self, x: Value, index: np.ndarray, shape: tuple[int, ...], run: int) -> Value:
        """Adds runs of `run` numbers up at the places in `index`; -1 leaves one out."""
        return self._step("scatter", [x], shape, index=_integers(index), run=run)

    def scale(self, x: Value, by: np.ndarray | float, plus: np.ndarray | float) -> Value:
        """A factor and a summand for each place of the last axis."""
        by, plus = (_floats(np.broadcast_to(part, x.shape[-1:])) for part in (by, plus))
        return self._step("scale", [x], x.shape, by=by, plus=plus)

    def activate(self, x: Value, name: str, **details: float) -> Value:
        """One of `ACTIVATIONS`."""
        return self._step("activate", [x], x.shape, name=name, details=list(details.values()))

    def add(self, *values: Value) -> Value:
        """The sum of values of one shape."""
        return self._step("add", values, values[0].shape)

    def multiply(self, *values: Value) -> Value:
        """The product, place by place, of values of one shape."""
        return self._step("multiply", values, values[0].shape)

    def concatenate(self, *values: Value) -> Value:
        """Values beside one another, along the last axis."""
        widths = [value.shape[-1] for value in values]
        shape = (*values[0].shape[:-1], sum(widths))
        return self._step("concatenate", values, shape, widths=widths)

    def draw(self, inputs: dict[int, np.ndarray], image: Value) -> np.ndarray:
        """Does the steps with NumPy.

        Args:
            inputs: Dict that maps numbers of values to arrays `(batch, size)`.
            image: A `Value`, the one to return.

        Returns:
            A `float32` array of shape `(batch, *image.shape)`.
        """
        found = {number: np.asarray(x, "float32") for number, x in inputs.items()}
        for step in self.steps:
            given = [found[number] for number in step["from"]]
            size = self.sizes[step["to"]]
            found[step["to"]] = _DO[step["do"]](step, size, *given).reshape(-1, size)
        return found[image.number].reshape(-1, *image.shape)


def _floats(values):
    return None if values is None else np.ascontiguousarray(values, "float32")


def _integers(values):
    return np.ascontiguousarray(values, "int32").reshape(-1)


def _product(step, size, x):
    rows = x.reshape(-1, step["width"]) @ step["weights"]
    return rows if step["bias"] is None else rows + step["bias"]


def _gather(step, size, x):
    runs = x.reshape(len(x), -1, step["run"])
    return np.where((step["index"] < 0)[:, None], 0, runs[:, step["index"]])


def _scatter(step, size, x):
    runs = x.reshape(len(x), -1, step["run"])
    sums = np.zeros((len(x), size // step["run"], step["run"]), "float32")
    kept = step["index"] >= 0
    np.add.at(sums, (slice(None), step["index"][kept]), runs[:, kept])
    return sums


def _concatenate(step, size, *values):
    rows = size // sum(step["widths"])
    return np.concatenate([value.reshape(len(value), rows, -1) for value in values], axis=-1)


_DO = {
    "product": _product,
    "gather": _gather,
    "scatter": _scatter,
    "scale": lambda step, size, x: x.reshape(-1, len(step["by"])) * step["by"] + step["plus"],
    "activate": lambda step, size, x: ACTIVATIONS[step["name"]](x, *step["details"]),
    "add": lambda step, size, *values: sum(values),
    "multiply": lambda step, size, *values: np.prod(values, axis=0),
    "concatenate": _concatenate,
}
