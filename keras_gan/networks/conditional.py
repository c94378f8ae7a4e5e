"""Conditional networks: any generator and any discriminator, told which class is meant."""

import keras
import numpy as np
from keras import layers

from keras_gan.errors import UserError
from keras_gan.gan.labels import is_conditional

LABEL_EMBEDDING = "label_embedding"
UNITS = 256
LATENT_TO_HIDDEN = "latent_to_hidden"
HIDDEN_TO_IMAGE = "hidden_to_image"


def make_conditional(
    generator: keras.Model, discriminator: keras.Model, classes: int
) -> tuple[keras.Model, keras.Model]:
    """Makes networks take labels.

    A network that takes labels already stays as it is. The others become:

    - a generator that adds an embedding of the label to its first hidden layer,
      before that is normalized and activated;
    - a discriminator that adds to its logit the inner product of an embedding of the
      label with a hidden layer of its own, which reads the last hidden layer: the
      projection discriminator of
      [Miyato and Koyama, 2018](https://arxiv.org/abs/1802.05637).

    Args:
        generator: A model from latents `(batch, latent_dim)` to images.
        discriminator: A model from such images to `(batch, 1)`.
        classes: Integer, the number of classes. Labels are integers of shape
            `(batch,)`, from 0 up to, not including, `classes`.

    Returns:
        A generator, which takes `[latents, labels]`, and a discriminator, which
        takes `[images, labels]`. Their weights begin as those given.

    Raises:
        UserError: If a network takes labels of another number of classes, or the
            generator has no first layer that could be told the class.

    Example:

    >>> networks = make_conditional(build_generator(), build_discriminator(), classes=10)
    >>> composite = build_composite(*networks)
    >>> history = train(composite, dataset.images, dataset.class_indices, epochs=10)
    >>> sevens = composite.generator.predict([latents, np.full(len(latents), 7)])
    """
    for network in (generator, discriminator):
        if is_conditional(network) and classes_of(network) not in (None, classes):
            raise UserError(
                f"the {network.name} was made for {classes_of(network)} classes, but the images "
                f"have {classes}; train it with images of the same classes"
            )
    if not is_conditional(generator):
        generator = make_generator_conditional(generator, classes)
    if not is_conditional(discriminator):
        discriminator = _conditional_discriminator(discriminator, classes)
    return generator, discriminator


def classes_of(network: keras.Model) -> int | None:
    """The number of classes that a conditional network was made for; `None` if unknown."""
    for layer in network._flatten_layers():
        if isinstance(layer, layers.Embedding):
            return layer.input_dim
        if isinstance(layer, layers.CategoryEncoding):
            return layer.num_tokens
    return None


def checked_classes(labels, network: keras.Model) -> np.ndarray:
    """Labels as an `int32` array.

    Raises:
        UserError: If one is none of the classes that a conditional network was made for.
    """
    labels = np.asarray(labels)
    classes = classes_of(network) or np.iinfo("int32").max
    if labels.dtype.kind not in "iu" or labels.min() < 0 or labels.max() >= classes:
        raise UserError(
            f"expected labels to be whole numbers from 0 to {classes - 1}, found "
            f"{labels.min()} to {labels.max()} of dtype {labels.dtype}"
        )
    return labels.astype("int32")


def can_walk_between_classes(generator: keras.Model) -> bool:
    """Whether a generator is one of `make_conditional`, which knows places between classes."""
    parts = {LABEL_EMBEDDING, LATENT_TO_HIDDEN, HIDDEN_TO_IMAGE}
    return parts <= {layer.name for layer in generator.layers}


def walk_between_classes(
    generator: keras.Model, latent: np.ndarray, start: int, end: int, steps: int
) -> np.ndarray:
    """Walks from one class to another at one latent.

    Args:
        generator: A generator of `make_conditional`.
        latent: Array of shape `(latent_dim,)`.
        start: Integer, the label that the walk begins with.
        end: Integer, the label that it ends with.
        steps: Integer, at least 2, the number of images, both ends included.

    Returns:
        The images, an array of shape `(steps, 28, 28, 1)`, from 0 to 1.

    Example:

    >>> images = walk_between_classes(generator, latents[0], start=3, end=8, steps=10)
    """
    embedding, to_hidden, to_image = map(
        generator.get_layer, (LABEL_EMBEDDING, LATENT_TO_HIDDEN, HIDDEN_TO_IMAGE)
    )
    first, last = keras.ops.convert_to_numpy(embedding(np.array([start, end], "int32")))
    parts = np.linspace(0, 1, steps, dtype="float32")[:, None]
    hidden = to_hidden.predict_on_batch(latent[None])
    return to_image.predict_on_batch(hidden + (1 - parts) * first + parts * last)


def make_generator_conditional(
    generator: keras.Model, classes: int, deviation: float = 1.0
) -> keras.Model:
    """Makes a generator take labels, as `make_conditional` does.

    Args:
        generator: A model from latents `(batch, latent_dim)` to images.
        classes: Integer, the number of classes.
        deviation: Float, the standard deviation that the embedding of the labels begins
            with.

    Raises:
        UserError: If the generator has no first layer that could be told the class.
    """
    latent, label = keras.Input(generator.inputs[0].shape[1:], name="latent"), _label()
    try:
        to_hidden, to_image = _split(generator)
    except ValueError as error:  # the latent also leads past its first layer, or there is none
        raise UserError(
            "the generator cannot be told the class: it must begin with a Dense layer that all "
            "of its latent goes through"
        ) from error
    embedding = layers.Embedding(
        classes,
        to_hidden.output.shape[1],
        embeddings_initializer=keras.initializers.RandomNormal(stddev=deviation),
        name=LABEL_EMBEDDING,
    )
    hidden = layers.Add(name="hidden_of_class")([to_hidden(latent), embedding(label)])
    return keras.Model([latent, label], to_image(hidden), name="conditional_generator")


def _split(generator):
    """A generator as two: up to its first hidden layer, and from there on."""
    path, tensor = [], generator.outputs[0]
    while (step := _origin(tensor))[1] is not None:
        path.append((*step, tensor))
        tensor = step[1]
    dense = (step for step in reversed(path) if _is_dense(step[0], step[2]))
    layer, before, after = next(dense, (None, None, None))
    if layer is None:
        raise ValueError("there is no Dense layer")
    rest = layers.Identity()
    if after is not generator.outputs[0]:
        rest = keras.Model(after, generator.outputs[0])
    if isinstance(layer, keras.Model):  # a model in a model
        to_hidden, to_image = _split(layer)
        to_hidden = keras.Model(tensor, to_hidden(before))
        to_image = keras.Model(to_image.input, rest(to_image.output))
    else:
        linear = layers.Dense.from_config({**layer.get_config(), "activation": None})
        to_hidden = keras.Model(tensor, linear(before))
        linear.set_weights(layer.get_weights())
        hidden = keras.Input(after.shape[1:], name="hidden")
        to_image = keras.Model(hidden, rest(layers.Activation(layer.activation)(hidden)))
    to_hidden.name, to_image.name = LATENT_TO_HIDDEN, HIDDEN_TO_IMAGE
    return to_hidden, to_image


def _is_dense(layer, output):
    """Whether a layer gives each image a vector, or is a model with such a layer."""
    if isinstance(layer, keras.Model):
        return any(_is_dense(part, part.output) for part in layer.layers)
    return isinstance(layer, layers.Dense) and len(output.shape) == 2


def _conditional_discriminator(discriminator, classes):
    image, label = keras.Input(discriminator.inputs[0].shape[1:], name="image"), _label()
    logit, features = with_features(discriminator)(image)
    features = layers.Dense(UNITS, name="features")(layers.Flatten()(features))
    features = layers.LeakyReLU(0.2, name="features_activation")(features)
    embedding = layers.Embedding(
        classes, UNITS, embeddings_initializer="glorot_uniform", name=LABEL_EMBEDDING
    )
    agreement = layers.Dot(axes=1, dtype="float32", name="agreement")([features, embedding(label)])
    logit = layers.Add(dtype="float32", name="logit_of_class")([logit, agreement])
    return keras.Model([image, label], logit, name="conditional_discriminator")


def with_features(discriminator):
    """The discriminator, with what its last hidden layer gives as a second output."""
    output = discriminator.outputs[0]
    layer, features = _origin(output)
    while features is not None and not getattr(layer, "weights", ()):  # as of an activation
        layer, features = _origin(features)
    if isinstance(layer, keras.Model):  # a model in a model
        inner_output, features = with_features(layer)(features)
        output = inner_output if layer is _origin(output)[0] else output
    return keras.Model(discriminator.inputs[0], [output, features], name=discriminator.name)


def _origin(tensor):
    """The layer that a tensor comes from, and what that layer was called with, if anything."""
    layer, node, _ = tensor._keras_history
    return layer, next(iter(layer._inbound_nodes[node].input_tensors), None)


def _label():
    return keras.Input((), dtype="int32", name="label")
