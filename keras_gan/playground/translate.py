"""From the layers of a Keras generator to steps that a web page can do."""

import keras
import numpy as np
from keras import layers

from keras_gan.errors import UserError
from keras_gan.gan.labels import is_conditional, with_labels
from keras_gan.generation.images import number_of_classes
from keras_gan.playground.steps import ACTIVATIONS, Steps, Value

# What is at work in training alone.
NOTHING_TO_DO = (
    layers.ActivityRegularization,
    layers.AlphaDropout,
    layers.Dropout,
    layers.GaussianDropout,
    layers.GaussianNoise,
    layers.Identity,
    layers.SpatialDropout1D,
    layers.SpatialDropout2D,
)


def translate(generator: keras.Model) -> tuple[Steps, list[Value], Value]:
    """Turns a generator into steps.

    A label is one-hot there: a value of as many numbers as there are classes, so that
    a mixture of classes can be drawn, too.

    Args:
        generator: A Keras model from `(batch, latent_dim)`, or a list of that and labels
            `(batch,)`, to images `(batch, 28, 28, 1)`.

    Returns:
        A tuple of `Steps`, the values of its inputs and the value of its image.

    Raises:
        UserError: If it has a layer that no step is known for.
    """
    steps = Steps()
    latent, label = steps.value(*generator.inputs[0].shape[1:]), None
    if is_conditional(generator):
        label = steps.value(number_of_classes(generator))
    image = _through(steps, generator)(with_labels(latent, label))
    return steps, [latent] if label is None else [latent, label], image


def _through(steps, operation):
    """A function that does with values what a layer, or a model, does with tensors."""
    if isinstance(operation, keras.Sequential):
        operation = operation._functional
    if isinstance(operation, keras.Model):
        if not hasattr(operation, "_run_through_graph"):
            raise _unknown(operation)
        return lambda inputs, **_: operation._run_through_graph(
            inputs,
            lambda inner: _through(steps, inner),
            lambda call, *args, **kw: call(*args, **kw),
        )
    if type(operation) in NOTHING_TO_DO:
        return lambda x, **_: x
    kind, known = type(operation), LAYERS
    if not isinstance(operation, keras.Layer):
        kind, known = type(operation).__name__, OPERATIONS
    if kind not in known:
        raise _unknown(operation)
    return lambda *inputs, **_: known[kind](steps, operation, *inputs)


def _unknown(layer, what=None):
    kind = type(layer).__name__
    return UserError(
        f"a page cannot draw with {f'{what} of ' if what else ''}the layer {layer.name} ({kind}); "
        "it knows Dense, Conv2D, Conv2DTranspose, BatchNormalization and what goes with them: "
        "write the generator with these, or use the command export"
    )


def _array(variable):
    return None if variable is None else keras.ops.convert_to_numpy(variable)


def _dense(steps, layer, x):
    return _activated(steps, layer, steps.product(x, _array(layer.kernel), _bias(layer)))


def _bias(layer):
    return _array(layer.bias) if layer.use_bias else None


def _activated(steps, layer, x):
    if isinstance(layer.activation, keras.Layer):
        return _through(steps, layer.activation)(x)
    name = keras.activations.serialize(layer.activation)
    if name == "linear":
        return x
    if name == "leaky_relu":
        return steps.activate(x, name, slope=0.2)
    if name not in ACTIVATIONS:
        raise _unknown(layer, f"the activation {name}")
    return steps.activate(x, name)


def _convolution(steps, layer, x):
    _check_plain(layer, layer.groups == 1)
    kernel = _array(layer.kernel)
    channels, filters = kernel.shape[2:]
    index = _windows(x.shape[:2], layer)
    patches = steps.gather(x, index, (*index.shape[:2], kernel[..., 0].size), run=channels)
    drawn = steps.product(patches, kernel.reshape(-1, filters), _bias(layer))
    return _activated(steps, layer, drawn)


def _transposed_convolution(steps, layer, x):
    _check_plain(layer, layer.output_padding is None)
    shape = layer.compute_output_shape((1, *x.shape))[1:]
    kernel = np.moveaxis(_array(layer.kernel), 3, 0)  # channels first, filters last
    spread = steps.product(x, kernel.reshape(len(kernel), -1))
    # What a convolution takes from a place, its transpose adds to it.
    drawn = steps.scatter(spread, _windows(shape[:2], layer), shape, run=layer.filters)
    if layer.use_bias:
        drawn = steps.scale(drawn, 1, _array(layer.bias))
    return _activated(steps, layer, drawn)


def _check_plain(layer, plain=True):
    if layer.data_format != "channels_last":
        raise _unknown(layer, "channels first")
    if not plain:
        raise _unknown(layer, "groups, or padding of the output,")


def _windows(plane, layer):
    """Which places of a plane each window of a convolution sees; -1 is outside of it.

    Returns:
        An integer array of shape `(rows, columns, kernel rows, kernel columns)`.
    """
    seen = []
    for size, kernel, stride, dilation in zip(
        plane, layer.kernel_size, layer.strides, layer.dilation_rate, strict=True
    ):
        width = (kernel - 1) * dilation + 1
        if layer.padding == "same":
            count = -(-size // stride)
            before = max((count - 1) * stride + width - size, 0) // 2
        else:
            count, before = (size - width) // stride + 1, 0
        starts = stride * np.arange(count)[:, None] - before
        seen.append(starts + dilation * np.arange(kernel))
    rows, columns = seen[0][:, None, :, None], seen[1][None, :, None, :]
    inside = (rows >= 0) & (rows < plane[0]) & (columns >= 0) & (columns < plane[1])
    return np.where(inside, rows * plane[1] + columns, -1)


def _normalization(steps, layer, x):
    if layer.axis not in (-1, len(x.shape)):
        raise _unknown(layer, f"the axis {layer.axis}")
    by = 1 / np.sqrt(_array(layer.moving_variance) + layer.epsilon)
    by = by * _array(layer.gamma) if layer.scale else by
    plus = -_array(layer.moving_mean) * by
    return steps.scale(x, by, plus + _array(layer.beta) if layer.center else plus)


def _relu(steps, layer, x):
    if layer.max_value is not None or layer.threshold:
        raise _unknown(layer, "a largest value, or a threshold,")
    return _leaky_relu(steps, layer, x)


def _leaky_relu(steps, layer, x):
    slope = float(layer.negative_slope)
    return steps.activate(x, "leaky_relu", slope=slope) if slope else steps.activate(x, "relu")


def _reshape(steps, layer, x):
    return Value(x.number, tuple(layer.compute_output_shape((1, *x.shape))[1:]))


def _permute(steps, layer, x):
    places = np.arange(x.size).reshape(x.shape)
    places = places.transpose([axis - 1 for axis in layer.dims])
    run = x.shape[-1] if layer.dims[-1] == len(x.shape) else 1
    return steps.gather(x, places.reshape(-1, run)[:, 0] // run, places.shape, run)


def _moved_plane(move):
    """A layer that moves the cells of a plane, as `move(layer, places)` moves their places."""

    def moved(steps, layer, x):
        _check_plain(layer)
        places = move(layer, np.arange(x.shape[0] * x.shape[1]).reshape(x.shape[:2]))
        return steps.gather(x, places, (*places.shape, x.shape[-1]), run=x.shape[-1])

    return moved


def _larger(layer, places):
    if layer.interpolation != "nearest":
        raise _unknown(layer, f"the interpolation {layer.interpolation}")
    return places.repeat(layer.size[0], axis=0).repeat(layer.size[1], axis=1)


def _cropped(layer, places):
    (top, bottom), (left, right) = layer.cropping
    return places[top : len(places) - bottom, left : places.shape[1] - right]


def _embedding(steps, layer, x):
    return steps.product(x, _array(layer.embeddings))


def _one_hot(steps, layer, x):
    if layer.output_mode != "one_hot":
        raise _unknown(layer, f"the mode {layer.output_mode}")
    return x


def _concatenate(steps, layer, values):
    if layer.axis not in (-1, len(values[0].shape)):
        raise _unknown(layer, f"the axis {layer.axis}")
    return steps.concatenate(*values)


def _of_one_shape(step):
    def joined(steps, layer, values):
        if len({value.shape for value in values}) > 1:
            raise _unknown(layer, "inputs of several shapes")
        return step(steps, *values)

    return joined


def _part(steps, operation, x, key):
    if len(x.shape) != 1 or len(key) != 2 or key[0] != slice(None):
        raise _unknown(operation, "another part than some numbers of each latent")
    places = np.arange(x.size)[key[1]]
    return steps.gather(x, places, places.shape)


def _above(steps, operation, x, borders):
    borders = np.asarray(borders, "float32").reshape(1, -1)
    if x.shape != (1,):
        raise _unknown(operation, "another comparison than of one number of each latent")
    return steps.activate(steps.product(x, np.ones_like(borders), -borders[0]), "positive")


def _count(steps, operation, x):
    """How many borders a number is above, one-hot: the first of them come first."""
    if operation.axis not in (1, (1,), [1]) or len(x.shape) != 1:
        raise _unknown(operation, "another sum")
    counts = np.arange(x.size + 1)
    weights = np.equal.outer(counts[1:], counts) - np.equal.outer(counts[:-1], counts).astype(int)
    return steps.product(x, weights, counts == 0)


# Each a function of `Steps`, the operation and what it is called with: those of
# `label_from_latent`.
OPERATIONS = {
    "Cast": lambda steps, operation, x: x,
    "GetItem": _part,
    "Greater": _above,
    "Sum": _count,
}
# Each a function of `Steps`, the layer and the values that it is called with.
LAYERS = {
    layers.Activation: _activated,
    layers.Add: _of_one_shape(Steps.add),
    layers.BatchNormalization: _normalization,
    layers.CategoryEncoding: _one_hot,
    layers.Concatenate: _concatenate,
    layers.Conv2D: _convolution,
    layers.Conv2DTranspose: _transposed_convolution,
    layers.Cropping2D: _moved_plane(_cropped),
    layers.Dense: _dense,
    layers.Embedding: _embedding,
    layers.Flatten: _reshape,
    layers.LeakyReLU: _leaky_relu,
    layers.Multiply: _of_one_shape(Steps.multiply),
    layers.Permute: _permute,
    layers.ReLU: _relu,
    layers.Rescaling: lambda steps, layer, x: steps.scale(x, layer.scale, layer.offset),
    layers.Reshape: _reshape,
    layers.UpSampling2D: _moved_plane(_larger),
    layers.ZeroPadding2D: _moved_plane(
        lambda layer, places: np.pad(places, layer.padding, constant_values=-1)
    ),
}
