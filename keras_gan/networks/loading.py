"""Networks from files: read without running any code of theirs, and made to fit."""

import inspect
import json
import os
import pathlib
import sys
import zipfile

import keras
import numpy as np
from keras import layers

from keras_gan.console import one_line
from keras_gan.data import IMAGE_SHAPE
from keras_gan.errors import UserError
from keras_gan.gan.labels import is_conditional, with_labels
from keras_gan.gan.latents import draw_latents

BUILT_IN = (
    keras.Operation,
    keras.initializers.Initializer,
    keras.regularizers.Regularizer,
    keras.constraints.Constraint,
    keras.dtype_policies.DTypePolicy,
)
# What Keras writes for values that are no objects, and reads back without running anything.
PLAIN_VALUES = {"__keras_tensor__", "__tuple__", "__slice__", "__ellipsis__"}
HALF_TYPES = ("float16", "bfloat16")
UNSAFE_LAYERS = {"Lambda", "TorchModuleWrapper", "JaxLayer", "FlaxLayer", "TFSMLayer"}


def load_generator(path: str | os.PathLike) -> keras.Model:
    """Loads a generator without running any code that its file may carry.

    Args:
        path: Path of a `.keras` file.

    Returns:
        A Keras model from `(batch, latent_dim)` to `(batch, 28, 28, 1)`. If it is
        conditional, it takes a list of latents and labels, `(batch,)`.

    Raises:
        UserError: If the file is not such a model, or needs code of its own.

    Example:

    >>> generator = load_generator("models/generator.keras")
    """
    model = _load(path)
    inputs = _shape_beside_labels(model)
    takes_latents = inputs is not None and len(inputs) == 2 and isinstance(inputs[1], int)
    if not takes_latents or model.output_shape != (None, *IMAGE_SHAPE):
        raise UserError(
            f"{path}: expected a generator from (None, latent_dim), with or without labels "
            f"(None,), to (None, 28, 28, 1), found a model from {model.input_shape} to "
            f"{model.output_shape}"
        )
    return model


def _shape_beside_labels(model):
    """The shape of a model's input, or of the one beside its labels; `None` if it has others."""
    shapes = [tuple(tensor.shape) for tensor in model.inputs]
    return shapes[0] if shapes[1:] in ([], [(None,)]) else None


def load_discriminator(path: str | os.PathLike) -> keras.Model:
    """Loads a discriminator without running any code that its file may carry.

    Args:
        path: Path of a `.keras` file.

    Returns:
        A Keras model from `(batch, 28, 28, 1)` to `(batch, 1)`. If it is
        conditional, it takes a list of images and labels, `(batch,)`.

    Raises:
        UserError: If the file is not such a model, or needs code of its own.
    """
    model = _load(path)
    if (_shape_beside_labels(model), model.output_shape) != ((None, *IMAGE_SHAPE), (None, 1)):
        raise UserError(
            f"{path}: expected a discriminator from (None, 28, 28, 1), with or without labels "
            f"(None,), to (None, 1), found a model from {model.input_shape} to "
            f"{model.output_shape}"
        )
    return model


def _load(path):
    path = pathlib.Path(path)
    if not path.is_file():
        raise UserError(f"{path}: no such file")
    if path.suffix != ".keras":  # Keras reads other formats past what is checked here
        raise UserError(f"{path}: expected a file .keras")
    try:
        with zipfile.ZipFile(path) as archive:
            config = json.loads(archive.read("config.json"))
        config.pop("compile_config", None)  # not read with `compile=False`
        _check_built_in(config, path)
        model = keras.saving.load_model(path, compile=False, safe_mode=True)
        _ = model.input_shape, model.output_shape
    except UserError:
        raise
    except Exception as error:  # Keras raises of many kinds over a broken file
        raise UserError(
            f"{path}: is no Keras model that can be read ({one_line(error)})"
        ) from error
    return model


def _check_built_in(config, path):
    """Raises `UserError` if a part of a model's config is not of Keras itself."""
    if isinstance(config, dict):
        name = config.get("class_name")
        if name is not None and name not in PLAIN_VALUES and not _is_built_in(config):
            raise UserError(
                f"{path}: needs code of its own ({config.get('module')}.{name}), which is not run"
            )
        config = list(config.values())
    if isinstance(config, list):
        for part in config:
            _check_built_in(part, path)


def _is_built_in(config):
    name, module = str(config["class_name"]), str(config.get("module"))
    found = getattr(sys.modules.get(module), name, None)
    return (
        module.split(".")[0] == "keras"
        and config.get("registered_name") in (None, name)
        and inspect.isclass(found)
        and issubclass(found, BUILT_IN)
        and name not in UNSAFE_LAYERS
    )


def load_networks(generator_path, discriminator_path, generator, discriminator):
    """Takes networks from files, and makes them fit each other and the losses.

    A generator whose last activation is tanh draws from -1 to 1: its images are
    scaled to 0 to 1, and back again for a discriminator that comes with it. The
    last sigmoid of a discriminator is left out, since losses take logits.

    Args:
        generator_path: Path of a `.keras` file, or `None`.
        discriminator_path: Path of a `.keras` file, or `None`.
        generator: The model to take where there is no path.
        discriminator: The model to take where there is no path.

    Returns:
        A generator and a discriminator.

    Raises:
        UserError: If a file is not such a model, needs code of its own, or does
            not fit.
    """
    centered = False
    if generator_path:
        generator = _trainable(load_generator(generator_path))
        centered = getattr(_last_layer(generator), "activation", None) is keras.activations.tanh
        if centered:
            images = layers.Rescaling(0.5, offset=0.5)(generator.output)
            inputs = generator.inputs if is_conditional(generator) else generator.inputs[0]
            generator = keras.Model(inputs, images, name="generator")
        _check_grey(generator, generator_path)
    if discriminator_path:
        discriminator = _trainable(load_discriminator(discriminator_path))
        last = _last_layer(discriminator)
        if getattr(last, "activation", None) is keras.activations.sigmoid:
            last.activation = keras.activations.linear
        if centered:
            image, label = keras.Input(IMAGE_SHAPE), None
            if is_conditional(discriminator):
                label = keras.Input((), dtype="int32")
            logit = discriminator(with_labels(layers.Rescaling(2.0, offset=-1.0)(image), label))
            discriminator = keras.Model(with_labels(image, label), logit, name="discriminator")
    if generator.name == discriminator.name:  # as of two scripts' "sequential"
        generator.name, discriminator.name = "generator", "discriminator"
    return generator, discriminator


def _trainable(model):
    """Unfreezes a model that was saved frozen as a whole, as composites leave discriminators."""
    if model.weights and not model.trainable_variables:
        for layer in model._flatten_layers():
            layer.trainable = True
    return model


def is_mixed_precision(model) -> bool:
    """Whether a model calculates, in any layer, with numbers of half precision."""
    return any(layer.compute_dtype in HALF_TYPES for layer in model._flatten_layers())


def in_float32(model):
    """A copy of a model, not compiled, that calculates in float32, whatever it was built with."""
    copies = {}

    def clone(layer):
        if id(layer) not in copies:
            copies[id(layer)] = clone_once(layer)
        return copies[id(layer)]

    def clone_once(layer):
        if isinstance(layer, (keras.Sequential, keras.Function)):  # a model in a model
            return copy_of(layer)
        if not isinstance(layer, keras.Layer):  # a plain operation, which takes what it is given
            return type(layer).from_config(layer.get_config())
        return type(layer).from_config({**layer.get_config(), "dtype": "float32"})

    def copy_of(model):
        inputs = None
        if any(tensor.dtype in HALF_TYPES for tensor in model.inputs):  # a clone would keep them
            inputs = keras.tree.map_structure(_float32_input, model.input)
        return keras.models.clone_model(model, input_tensors=inputs, clone_function=clone)

    copy = copy_of(model)
    copy.set_weights(model.get_weights())
    for layer in copy._flatten_layers():
        if layer.compute_dtype in HALF_TYPES:  # within a layer that wraps another
            layer.dtype_policy = "float32"
        if isinstance(layer, layers.Normalization):  # what it calculates with, made from weights
            layer.finalize_state()
    copy.compiled = False  # a clone of a compiled model is compiled
    return copy


def _float32_input(tensor):
    dtype = "float32" if tensor.dtype in HALF_TYPES else tensor.dtype
    return keras.Input(batch_shape=tensor.shape, dtype=dtype, name=tensor.name)


def _last_layer(model):
    """The layer that the values of a model's output come from, whatever their shape became."""
    output = model.outputs[0]
    while True:
        layer = output._keras_history.operation
        if isinstance(layer, keras.Model):
            output = layer.outputs[0]
        elif isinstance(layer, (layers.Reshape, layers.Permute, layers.Flatten)):
            output = layer.input
        else:
            return layer


def _check_grey(generator, path):
    latents = draw_latents(np.random.default_rng(0), 64, generator.inputs[0].shape[1])
    labels = np.zeros(64, "int32") if is_conditional(generator) else None
    try:
        images = generator.predict_on_batch(with_labels(latents, labels))
    except Exception as error:  # what a model from elsewhere raises is of any kind
        raise UserError(f"{path}: cannot draw images ({one_line(error)})") from error
    if not (images.min() >= -1e-3 and images.max() <= 1 + 1e-3):
        raise UserError(
            f"{path}: expected images with values from 0 to 1, found {images.min():g} to "
            f"{images.max():g}; end the generator with a sigmoid, or a tanh"
        )
