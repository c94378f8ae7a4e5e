"""The generator: from a point of the latent space to an image."""

import functools

import keras
from keras import layers

# Whatever the user's keras.json says: the images have their channel last.
Conv2D = functools.partial(layers.Conv2D, data_format="channels_last")


def build_generator(latent_dim=100):
    """Builds the default generator.

    Most of the work is done by a 3x3 convolution on a 7x7 grid, where it is
    cheap. Each cell of the grid then unfolds into a 4x4 patch of the image
    (sub-pixel convolution, [Shi et al., 2016](https://arxiv.org/abs/1609.05158),
    written with `Reshape` and `Permute` so that the saved model needs nothing
    but built-in layers), and two thin convolutions smooth the seams.

    Args:
        latent_dim: Integer, the size of the latent vector.

    Returns:
        A `keras.Sequential` model. Input: `(batch, latent_dim)`, points drawn
        from a standard normal distribution. Output: `(batch, 28, 28, 1)`,
        grey values from 0 (black) to 1 (white).
    """
    return keras.Sequential(
        [
            keras.Input((latent_dim,), name="latent"),
            layers.Dense(7 * 7 * 64, use_bias=False, name="project"),
            layers.BatchNormalization(momentum=0.9, name="project_norm"),
            layers.ReLU(name="project_activation"),
            layers.Reshape((7, 7, 64), name="grid"),
            Conv2D(128, 3, padding="same", use_bias=False, name="compose"),
            layers.BatchNormalization(momentum=0.9, name="compose_norm"),
            layers.ReLU(name="compose_activation"),
            Conv2D(4 * 4, 3, padding="same", name="patches"),
            layers.Reshape((7, 7, 4, 4), name="split_patches"),
            layers.Permute((1, 3, 2, 4), name="interleave_rows"),
            layers.Reshape((28, 28, 1), name="unfold"),
            Conv2D(16, 3, padding="same", name="smooth"),
            layers.LeakyReLU(0.2, name="smooth_activation"),
            Conv2D(1, 3, padding="same", activation="sigmoid", name="image"),
        ],
        name="generator",
    )
