"""The default networks: small, and fast on a laptop's processor."""

import functools

import keras
from keras import layers

from keras_gan.networks.blocks import activated

# Whatever the user's keras.json says: the images have their channel last.
Conv2D = functools.partial(layers.Conv2D, data_format="channels_last")
Conv2DTranspose = functools.partial(layers.Conv2DTranspose, data_format="channels_last")


def build_generator(latent_dim: int = 100) -> keras.Sequential:
    """Builds the default generator.

    A hidden layer bends the latent space before it is laid out as an image, so
    that the border between two digits can be narrow. A 3x3 convolution composes
    the parts on a 7x7 grid, where it is cheap. Each cell of the grid then unfolds
    into 2x2 cells: a sub-pixel convolution ([Shi et al.,
    2016](https://arxiv.org/abs/1609.05158)), written with `Reshape` and `Permute`
    so that the saved model needs built-in layers alone. A transposed convolution,
    whose patches overlap, draws the image from these cells. Only the image itself
    is calculated at full size: convolutions of few channels are slow there.

    Args:
        latent_dim: Integer, the size of the latent vector.

    Returns:
        A `keras.Sequential` model. Input: `(batch, latent_dim)`, points drawn
        from a standard normal distribution. Output: `(batch, 28, 28, 1)`,
        grey values from 0 (black) to 1 (white).

    Example:

    >>> build_generator(latent_dim=64).output_shape
    (None, 28, 28, 1)
    """
    return keras.Sequential(
        [
            keras.Input((latent_dim,), name="latent"),
            layers.Dense(256, use_bias=False, name="plan"),
            layers.BatchNormalization(momentum=0.9, name="plan_norm"),
            layers.ReLU(name="plan_activation"),
            layers.Dense(7 * 7 * 32, use_bias=False, name="project"),
            layers.BatchNormalization(momentum=0.9, name="project_norm"),
            layers.ReLU(name="project_activation"),
            layers.Reshape((7, 7, 32), name="grid"),
            Conv2D(4 * 16, 3, padding="same", use_bias=False, name="compose"),
            layers.BatchNormalization(momentum=0.9, name="compose_norm"),
            layers.ReLU(name="compose_activation"),
            # Unfold each cell of 64 into 2x2 cells of 16.
            layers.Reshape((7, 7, 2, 2 * 16), name="split"),
            layers.Permute((1, 3, 2, 4), name="interleave"),
            layers.Reshape((14, 14, 16), name="unfold"),
            Conv2D(16, 3, padding="same", name="draw"),
            layers.LeakyReLU(0.2, name="draw_activation"),
            Conv2DTranspose(
                1,
                4,
                strides=2,
                padding="same",
                activation="sigmoid",
                dtype="float32",
                name="image",
            ),
        ],
        name="generator",
    )


def build_discriminator(dropout: float = 0.0) -> keras.Sequential:
    """Builds the default discriminator.

    A 4x4 convolution of stride 4 takes the image to a 7x7 grid of patches, and
    a 3x3 convolution of stride 2 compares the patches with their neighbours in nine
    places. A hidden layer that sees all nine then decides whether the parts
    make a digit.

    Args:
        dropout: Float, the share of values that is dropped after each
            hidden layer; if not 0, train without a penalty.

    Returns:
        A `keras.Sequential` model. Input: `(batch, 28, 28, 1)`, grey values
        from 0 (black) to 1 (white). Output: `(batch, 1)`, a logit; its sigmoid
        is the estimated probability that the image is real.

    Example:

    >>> build_discriminator().output_shape
    (None, 1)
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


def build(latent_dim, dropout):
    """Both networks, for the registry."""
    return build_generator(latent_dim), build_discriminator(dropout)
