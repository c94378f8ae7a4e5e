"""The networks of the conv composite that most tutorials teach.

Nearly all of their arithmetic is in two wide transposed convolutions, at 14x14
and at 28x28. They are here to compare with.
"""

import functools

import keras
from keras import layers

# Whatever the user's keras.json says: the images have their channel last.
Conv2D = functools.partial(layers.Conv2D, padding="same", data_format="channels_last")
Conv2DTranspose = functools.partial(
    layers.Conv2DTranspose, padding="same", data_format="channels_last"
)


def build_tutorial_generator(latent_dim=100):
    """Builds the tutorial's generator.

    Args:
        latent_dim: Integer, the size of the latent vector.

    Returns:
        A `keras.Sequential` model. Input: `(batch, latent_dim)`. Output:
        `(batch, 28, 28, 1)`, grey values from 0 (black) to 1 (white).
    """
    return keras.Sequential(
        [
            keras.Input((latent_dim,), name="latent"),
            layers.Dense(7 * 7 * 128, name="project"),
            layers.LeakyReLU(0.2, name="project_activation"),
            layers.Reshape((7, 7, 128), name="grid"),
            Conv2DTranspose(128, 4, strides=2, name="to_14"),
            layers.LeakyReLU(0.2, name="to_14_activation"),
            Conv2DTranspose(128, 4, strides=2, name="to_28"),
            layers.LeakyReLU(0.2, name="to_28_activation"),
            Conv2D(1, 7, activation="sigmoid", dtype="float32", name="image"),
        ],
        name="generator",
    )


def build_tutorial_discriminator(dropout=0.4):
    """Builds the tutorial's discriminator.

    Args:
        dropout: Float, the share of values that is dropped after each
            convolution.

    Returns:
        A `keras.Sequential` model. Input: `(batch, 28, 28, 1)`, grey values
        from 0 to 1. Output: `(batch, 1)`, a logit.
    """
    return keras.Sequential(
        [
            keras.Input((28, 28, 1), name="image"),
            Conv2D(64, 3, strides=2, name="to_14"),
            layers.LeakyReLU(0.2, name="to_14_activation"),
            layers.Dropout(dropout, name="to_14_dropout"),
            Conv2D(64, 3, strides=2, name="to_7"),
            layers.LeakyReLU(0.2, name="to_7_activation"),
            layers.Dropout(dropout, name="to_7_dropout"),
            layers.Flatten(name="flatten"),
            layers.Dense(1, dtype="float32", name="logit"),
        ],
        name="discriminator",
    )


def build(latent_dim, dropout):
    """Both networks, for the registry."""
    return build_tutorial_generator(latent_dim), build_tutorial_discriminator(dropout)
