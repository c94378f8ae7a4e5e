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
        UserError: If a network takes labels of another number of classes.

    Example:

    >>> networks = make_conditional(build_generator(), build_discriminator(), classes=10)
    >>> composite = build_composite(*networks)
    >>> history = train(composite, dataset.images, dataset.labels, epochs=10)
    >>> sevens = composite.generator.predict([latents, np.full(len(latents), 7)])
    """
    for network in (generator, discriminator):
        if is_conditional(network) and classes_of(network) not in (None, classes):
            raise UserError(
                f"the {network.name} was made for {classes_of(network)} classes, but the images "
                f"have {classes}; train it with images of the same classes"
            )
    if not is_conditional(generator):
        generator = _conditional_generator(generator, classes)
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


def can_walk_between_classes(generator: keras.Model) -> bool:
    """Whether a generator is one of `make_conditional`, which knows places between classes."""
    return any(layer.name == HIDDEN_TO_IMAGE for layer in generator.layers)


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


def _conditional_generator(generator, classes):
    latent, label = keras.Input(generator.inputs[0].shape[1:], name="latent"), _label()
    to_hidden, to_image = _split(generator)
    embedding = layers.Embedding(
        classes,
        to_hidden.output.shape[1],
        embeddings_initializer=keras.initializers.RandomNormal(stddev=1.0),
        name=LABEL_EMBEDDING,
    )
    hidden = layers.Add(name="hidden_of_class")([to_hidden(latent), embedding(label)])
    return keras.Model([latent, label], to_image(hidden), name="conditional_generator")


def _split(generator):
    """A generator as two: up to its first hidden layer, and from there on."""
    path, tensor = [], generator.outputs[0]
    while not isinstance(layer := _origin(tensor)[0], layers.InputLayer):
        before = _origin(tensor)[1]
        path.append((layer, before, tensor))
        tensor = before
    for layer, before, after in reversed(path):
        rest = _from(after, generator.outputs[0])
        if isinstance(layer, keras.Model):  # a model in a model
            to_hidden, to_image = _split(layer)
            to_hidden = keras.Model(tensor, to_hidden(before))
            to_image = keras.Model(to_image.input, rest(to_image.output))
            break
        if isinstance(layer, layers.Dense):
            linear = layers.Dense.from_config({**layer.get_config(), "activation": None})
            to_hidden = keras.Model(tensor, linear(before))
            linear.set_weights(layer.get_weights())
            hidden = keras.Input(after.shape[1:], name="hidden")
            to_image = keras.Model(hidden, rest(layers.Activation(layer.activation)(hidden)))
            break
    else:
        raise UserError("the generator has no Dense layer, which could be told the class")
    to_hidden.name, to_image.name = LATENT_TO_HIDDEN, HIDDEN_TO_IMAGE
    return to_hidden, to_image


def _from(tensor, output):
    """What leads from one tensor of a model to its output."""
    return keras.Model(tensor, output) if tensor is not output else layers.Identity()


def _conditional_discriminator(discriminator, classes):
    image, label = keras.Input(discriminator.inputs[0].shape[1:], name="image"), _label()
    logit, features = _with_features(discriminator)(image)
    features = layers.Dense(UNITS, name="features")(layers.Flatten()(features))
    features = layers.LeakyReLU(0.2, name="features_activation")(features)
    embedding = layers.Embedding(
        classes, UNITS, embeddings_initializer="glorot_uniform", name=LABEL_EMBEDDING
    )
    agreement = layers.Dot(axes=1, dtype="float32", name="agreement")([features, embedding(label)])
    logit = layers.Add(dtype="float32", name="logit_of_class")([logit, agreement])
    return keras.Model([image, label], logit, name="conditional_discriminator")


def _with_features(discriminator):
    """The discriminator, with what its last hidden layer gives as a second output."""
    output = discriminator.outputs[0]
    layer, features = _origin(output)
    while isinstance(layer, (layers.Flatten, layers.Permute, layers.Reshape)):
        layer, features = _origin(features)
    if isinstance(layer, keras.Model):  # a model in a model
        output, features = _with_features(layer)(features)
    return keras.Model(discriminator.inputs[0], [output, features], name=discriminator.name)


def _origin(tensor):
    """The layer that a tensor comes from, and what that layer was called with, if anything."""
    layer, node, _ = tensor._keras_history
    return layer, next(iter(layer._inbound_nodes[node].input_tensors), None)


def _label():
    return keras.Input((), dtype="int32", name="label")
