"""The rules of DCGAN (Radford et al., 2015, https://arxiv.org/abs/1511.06434) at 28x28.

Strided convolutions instead of pooling; normalization in both networks, but for
the generator's output and the discriminator's input; ReLU in the one, LeakyReLU
in the other; no hidden layer that is fully connected; weights drawn from a normal
distribution of standard deviation 0.02.
"""

import keras
from keras import layers

from keras_gan.networks.blocks import activated

# Whatever the user's keras.json says: the images have their channel last.
STRIDED = {"kernel_size": 5, "strides": 2, "padding": "same", "data_format": "channels_last"}


def _initial():
    return keras.initializers.RandomNormal(stddev=0.02)


def build_dcgan_generator(latent_dim=100):
    """Builds the DCGAN generator.

    Args:
        latent_dim: Integer, the size of the latent vector.

    Returns:
        A `keras.Sequential` model. Input: `(batch, latent_dim)`. Output:
        `(batch, 28, 28, 1)`, grey values from 0 (black) to 1 (white).
    """
    return keras.Sequential(
        [
            keras.Input((latent_dim,), name="latent"),
            layers.Dense(
                7 * 7 * 128, use_bias=False, kernel_initializer=_initial(), name="project"
            ),
            layers.BatchNormalization(momentum=0.9, name="project_norm"),
            layers.ReLU(name="project_activation"),
            layers.Reshape((7, 7, 128), name="grid"),
            layers.Conv2DTranspose(
                64, use_bias=False, kernel_initializer=_initial(), name="to_14", **STRIDED
            ),
            layers.BatchNormalization(momentum=0.9, name="to_14_norm"),
            layers.ReLU(name="to_14_activation"),
            layers.Conv2DTranspose(
                1,
                activation="tanh",
                kernel_initializer=_initial(),
                dtype="float32",
                name="to_28",
                **STRIDED,
            ),
            layers.Rescaling(0.5, offset=0.5, dtype="float32", name="image"),
        ],
        name="generator",
    )


def build_dcgan_discriminator(dropout=0.0):
    """Builds the DCGAN discriminator.

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
            layers.Rescaling(2.0, offset=-1.0, name="center"),
            layers.Conv2D(64, kernel_initializer=_initial(), name="to_14", **STRIDED),
            *activated("to_14", dropout),
            layers.Conv2D(
                128, use_bias=False, kernel_initializer=_initial(), name="to_7", **STRIDED
            ),
            layers.BatchNormalization(momentum=0.9, name="to_7_norm"),
            *activated("to_7", dropout),
            layers.Flatten(name="flatten"),
            layers.Dense(1, kernel_initializer=_initial(), dtype="float32", name="logit"),
        ],
        name="discriminator",
    )


def build(latent_dim, dropout):
    """Both networks, for the registry."""
    return build_dcgan_generator(latent_dim), build_dcgan_discriminator(dropout)
