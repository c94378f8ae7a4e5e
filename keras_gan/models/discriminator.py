"""The discriminator: from an image to a verdict, real or generated."""

import functools

import keras
from keras import layers

from keras_gan.models.blocks import activated

# Whatever the user's keras.json says: the images have their channel last.
Conv2D = functools.partial(layers.Conv2D, data_format="channels_last")


def build_discriminator(dropout=0.0):
    """Builds the default discriminator.

    A 4x4 convolution of stride 4 takes the image to a 7x7 grid of patches, and
    a 3x3 convolution of stride 2 compares the patches with their neighbours in nine
    places. A hidden layer that sees all nine then judges whether the parts make a
    digit.

    Args:
        dropout: Float, the share of values that is dropped after each
            hidden layer; if not 0, train without a penalty.

    Returns:
        A `keras.Sequential` model. Input: `(batch, 28, 28, 1)`, grey values
        from 0 (black) to 1 (white). Output: `(batch, 1)`, a logit; its sigmoid
        is the estimated probability that the image is real.
    """
    return keras.Sequential(
        [
            keras.Input((28, 28, 1), name="image"),
            layers.Rescaling(2.0, offset=-1.0, name="center"),
            Conv2D(64, 4, strides=4, name="patches"),
            *activated("patches", dropout),
            Conv2D(64, 3, strides=2, name="compare"),
            *activated("compare", dropout),
            layers.Flatten(name="flatten"),
            layers.Dense(256, name="whole"),
            *activated("whole", dropout),
            layers.Dense(1, dtype="float32", name="logit"),
        ],
        name="discriminator",
    )
