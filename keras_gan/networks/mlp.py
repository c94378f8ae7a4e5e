"""Fully connected networks, as two families of small PyTorch projects have them."""

import keras
from keras import layers


def build_mlp_generator(latent_dim=64, dropout=0.0, widths=(256, 256), slope=0.0):
    """Builds a fully connected generator.

    Args:
        latent_dim: Integer, the size of the latent vector.
        dropout: Float, the share of values that is dropped after each hidden
            layer.
        widths: Integers, the units of the hidden layers.
        slope: Float, of the hidden layers' LeakyReLU below 0; 0 is ReLU.

    Returns:
        A `keras.Sequential` model. Input: `(batch, latent_dim)`. Output:
        `(batch, 28, 28, 1)`, grey values from 0 (black) to 1 (white).
    """
    return keras.Sequential(
        [
            keras.Input((latent_dim,), name="latent"),
            *_hidden(latent_dim, widths, dropout, slope),
            _dense(widths[-1], 28 * 28, activation="tanh", dtype="float32", name="pixels"),
            layers.Rescaling(0.5, offset=0.5, dtype="float32", name="grey"),
            layers.Reshape((28, 28, 1), dtype="float32", name="image"),
        ],
        name="generator",
    )


def build_mlp_discriminator(dropout=0.0, widths=(256, 256)):
    """Builds a fully connected discriminator.

    Args:
        dropout: Float, the share of values that is dropped after each hidden
            layer.
        widths: Integers, the units of the hidden layers.

    Returns:
        A `keras.Sequential` model. Input: `(batch, 28, 28, 1)`, grey values
        from 0 to 1. Output: `(batch, 1)`, a logit.
    """
    return keras.Sequential(
        [
            keras.Input((28, 28, 1), name="image"),
            layers.Rescaling(2.0, offset=-1.0, name="center"),
            layers.Flatten(name="pixels"),
            *_hidden(28 * 28, widths, dropout, 0.2),
            _dense(widths[-1], 1, dtype="float32", name="logit"),
        ],
        name="discriminator",
    )


def _hidden(inputs, widths, dropout, slope):
    for number, width in enumerate(widths, 1):
        yield _dense(inputs, width, name=f"hidden_{number}")
        name = f"hidden_{number}_activation"
        yield layers.LeakyReLU(slope, name=name) if slope else layers.ReLU(name=name)
        if dropout:
            yield layers.Dropout(dropout, name=f"hidden_{number}_dropout")
        inputs = width


def _dense(inputs, units, **options):
    """A dense layer that begins as PyTorch's `Linear` does, those projects' layer.

    Weights and biases are uniform, from -1 to 1 over the root of the number of inputs.
    """
    limit = inputs**-0.5
    begin = [keras.initializers.RandomUniform(-limit, limit) for _ in range(2)]
    return layers.Dense(units, kernel_initializer=begin[0], bias_initializer=begin[1], **options)


def build(latent_dim, dropout):
    """Both networks of the preset `mlp`, for the registry."""
    return build_mlp_generator(latent_dim, dropout), build_mlp_discriminator(dropout)


def build_with_dropout(latent_dim, dropout):
    """Both networks of the preset `mlp-dropout`, for the registry."""
    generator = build_mlp_generator(latent_dim, dropout, widths=(32, 64, 128), slope=0.2)
    return generator, build_mlp_discriminator(dropout, widths=(128, 64, 32))
