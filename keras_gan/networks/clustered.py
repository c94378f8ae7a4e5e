"""Networks for clusters: a generator that chooses one by a latent, and a classifier."""

import keras
import numpy as np
from keras import layers

from keras_gan.data.pixels import to_unit_range
from keras_gan.gan.chosen import chosen_labels
from keras_gan.networks.conditional import UNITS, with_features
from keras_gan.networks.default import Conv2D

# How the classifier learns.
EPOCHS = 2
BATCH_SIZE = 128
RATE = 2e-3


def label_from_latent(
    generator: keras.Model, counts: np.ndarray, latent_distribution: str = "normal"
) -> keras.Model:
    """Makes a conditional generator one that takes latents alone.

    The last number of a latent decides on the label: the larger it is, the larger the
    label. The others go to the conditional generator. So the space of latents falls into
    regions, with nothing between them, as real images do (see [Liu et al.,
    2020](https://arxiv.org/abs/2006.10728), who train on clusters, too).

    Args:
        generator: A model from latents `(batch, latent_dim)` and labels `(batch,)` to
            images. It is shared, not copied.
        counts: Array of shape `(classes,)`: how frequent each label is to be.
        latent_distribution: `"normal"` or `"uniform"`, as in `draw_latents`.

    Returns:
        A model from latents `(batch, latent_dim + 1)` to images, of built-in operations.

    Example:

    >>> generator = label_from_latent(conditional_generator, np.bincount(labels))
    >>> images = generator.predict(np.random.standard_normal((10, 101)))
    """
    latents = keras.Input((generator.inputs[0].shape[1] + 1,), name="latent")
    label = chosen_labels(latents, counts, latent_distribution)
    return keras.Model(latents, generator([latents[:, :-1], label]), name="generator")


def with_hidden_layer(discriminator: keras.Model) -> keras.Model:
    """Adds a hidden layer to a discriminator, between its last one and a new logit.

    A discriminator that is told no cluster judges images of all kinds at once. With two
    hidden layers, it teaches the generator to vary them more.

    Args:
        discriminator: A model from images to `(batch, 1)`. Its layers are shared, not
            copied.

    Returns:
        A model of the same inputs and outputs.

    Example:

    >>> discriminator = with_hidden_layer(build_discriminator())
    """
    features = with_features(discriminator).outputs[1]
    if len(features.shape) > 2:
        features = layers.Flatten(name="features")(features)
    hidden = layers.Dense(UNITS, name="judge")(features)
    hidden = layers.LeakyReLU(0.2, name="judge_activation")(hidden)
    logit = layers.Dense(1, dtype="float32", name="logit")(hidden)
    return keras.Model(discriminator.inputs[0], logit, name=discriminator.name)


def classifier_of(images: np.ndarray, labels: np.ndarray, classes: int) -> keras.Model:
    """Trains a small classifier, for `AuxiliaryClassifier`.

    Args:
        images: `uint8` array of shape `(n, 28, 28, 1)`.
        labels: Integer array of shape `(n,)`.
        classes: Integer, the number of classes.

    Returns:
        A model as of `build_classifier`.

    Example:

    >>> classifier = classifier_of(dataset.images, clusters, 20)
    """
    classifier = build_classifier(classes)
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    classifier.compile(keras.optimizers.Adam(RATE), loss)
    classifier.fit(to_unit_range(images), labels, batch_size=BATCH_SIZE, epochs=EPOCHS, verbose=0)
    return classifier


def build_classifier(classes: int) -> keras.Sequential:
    """Builds a small classifier.

    Args:
        classes: Integer, the number of classes.

    Returns:
        A model from images, `(batch, 28, 28, 1)` from 0 to 1, to logits `(batch, classes)`.

    Example:

    >>> build_classifier(20).output_shape
    (None, 20)
    """
    return keras.Sequential(
        [
            keras.Input((28, 28, 1), name="image"),
            layers.Rescaling(2.0, offset=-1.0),
            Conv2D(32, 4, strides=4),
            layers.LeakyReLU(0.2),
            Conv2D(64, 3, strides=2),
            layers.LeakyReLU(0.2),
            layers.Flatten(),
            layers.Dense(128),
            layers.LeakyReLU(0.2),
            layers.Dense(classes, dtype="float32"),
        ],
        name="classifier",
    )
