"""The generator: from a point of the latent space to an image."""

import functools

import keras
from keras import layers

# Whatever the user's keras.json says: the images have their channel last.
Conv2D = functools.partial(layers.Conv2D, data_format="channels_last")


def build_generator(latent_dim=100):
    """Builds the default generator.

    A hidden layer bends the latent space before it is laid out as an image, so
    that the border between two digits can be narrow. Most of the work is done by
    3x3 convolutions on a 7x7 grid, where they are cheap. Each cell of the grid
    then unfolds into 2x2 cells, and again into 2x2 pixels (sub-pixel
    convolution, [Shi et al., 2016](https://arxiv.org/abs/1609.05158), written with
    `Reshape` and `Permute` so that the saved model needs nothing but built-in
    layers), with thin convolutions between that smooth the seams.

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
            layers.Dense(256, use_bias=False, name="plan"),
            layers.BatchNormalization(momentum=0.9, name="plan_norm"),
            layers.ReLU(name="plan_activation"),
            layers.Dense(7 * 7 * 64, use_bias=False, name="project"),
            layers.BatchNormalization(momentum=0.9, name="project_norm"),
            layers.ReLU(name="project_activation"),
            layers.Reshape((7, 7, 64), name="grid"),
            Conv2D(96, 3, padding="same", use_bias=False, name="compose"),
            layers.BatchNormalization(momentum=0.9, name="compose_norm"),
            layers.ReLU(name="compose_activation"),
            Conv2D(4 * 16, 3, padding="same", use_bias=False, name="refine"),
            layers.BatchNormalization(momentum=0.9, name="refine_norm"),
            layers.ReLU(name="refine_activation"),
            *_unfold(7, 16, "14"),
            Conv2D(16, 3, padding="same", name="draw_14"),
            layers.LeakyReLU(0.2, name="draw_14_activation"),
            Conv2D(4, 3, padding="same", name="patches"),
            *_unfold(14, 1, "28"),
            Conv2D(16, 3, padding="same", name="draw_28"),
            layers.LeakyReLU(0.2, name="draw_28_activation"),
            Conv2D(1, 3, padding="same", activation="sigmoid", dtype="float32", name="image"),
        ],
        name="generator",
    )


def _unfold(side, channels, name):
    """Layers that unfold each cell of a grid, of `4 * channels`, into 2x2 cells."""
    return [
        layers.Reshape((side, side, 2, 2 * channels), name=f"split_to_{name}"),
        layers.Permute((1, 3, 2, 4), name=f"interleave_to_{name}"),
        layers.Reshape((2 * side, 2 * side, channels), name=f"unfold_to_{name}"),
    ]
