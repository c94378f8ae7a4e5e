"""Penalties for a steep discriminator: each brings its own inputs and its own term."""

import keras
import numpy as np
from keras import ops

from keras_gan.errors import UserError


class Penalty:
    """No penalty, and the base of those that there are.

    The discriminator's loss is the loss of its outputs + `weight` / 2 x the
    penalty's term. (Papers add up the losses on real and on generated images,
    where ours is their mean: hence the half.)

    A penalty of your own overrides `draw` and `call`, and `check` where it does
    not fit every discriminator.

    Args:
        weight: Float, at least 0.
    """

    def __init__(self, weight: float = 0.0):
        self.weight = weight

    def check(self, discriminator: keras.Model) -> None:
        """Raises a `UserError` if the term cannot be taken of this discriminator."""

    def draw(self, rng: np.random.Generator, real_images: np.ndarray) -> tuple:
        """Draws the random numbers that the term of a batch needs.

        Args:
            rng: A `numpy.random.Generator`.
            real_images: `float32` array `(n, 28, 28, 1)`, from 0 to 1.

        Returns:
            A tuple of arrays, which `call` gets after the images.
        """
        return ()

    def call(self, discriminator, real_images, fake_images):
        """The discriminator's outputs, and the penalty's term.

        Args:
            discriminator: Function from images to outputs `(n, 1)`.
            real_images: Tensor `(n, 28, 28, 1)`.
            fake_images: Tensor `(m, 28, 28, 1)`.
            *random: What `draw` gave.

        Returns:
            The outputs on the real and then on the generated images, `(n + m, 1)`,
            and the term, a scalar.
        """
        return discriminator(ops.concatenate([real_images, fake_images])), 0.0


class GradientPenalty(Penalty):
    """The squared norm of the discriminator's gradient at real images, by differences.

    That is R1 ([Mescheder et al., 2018](https://arxiv.org/abs/1801.04406)). Here
    it is the squared difference between the output on an image and the output on
    the same image with noise, divided by the variance of the noise. For small
    noise, its expectation is the squared norm of the gradient. It takes no
    gradient of a gradient, so every backend can train with it, and a quarter of
    the real images is enough. The weight is 2 x the paper's gamma.

    The discriminator must answer alike when asked twice: the term would take
    dropout for steepness.
    """

    noise = 0.1  # its standard deviation, in grey values from 0 to 1

    def check(self, discriminator):
        if self.weight and any(map(_is_noisy, discriminator._flatten_layers())):
            raise UserError(
                "the discriminator has dropout or other noise, which a penalty for steepness would "
                "take for steepness; set the penalty to 0"
            )

    def draw(self, rng, real_images):
        copies = (len(real_images) + 3) // 4
        noise = rng.standard_normal((copies, *real_images.shape[1:]), dtype="float32")
        return (self.noise * noise,)

    def call(self, discriminator, real_images, fake_images, noise):
        copies = noise.shape[0]
        noisy_images = real_images[:copies] + noise
        outputs = discriminator(ops.concatenate([real_images, fake_images, noisy_images]))
        outputs, noisy_outputs = outputs[:-copies], outputs[-copies:]
        slopes = (noisy_outputs - outputs[:copies]) / self.noise
        return outputs, ops.mean(slopes**2)


class LipschitzPenalty(GradientPenalty):
    """The squared distance of the gradient's norm from 1, between real and generated images.

    The gradient penalty of WGAN-GP ([Gulrajani et al.,
    2017](https://arxiv.org/abs/1704.00028)). Each point lies on the line between a
    real and a generated image, at a random place. The weight is the paper's lambda.
    """

    minimum = 1.0

    def check(self, discriminator):
        if self.weight < self.minimum:
            raise UserError(
                f"penalty is {self.weight:g}, too weak to hold the slope at 1; the paper's is 10"
            )
        super().check(discriminator)
        layers = discriminator._flatten_layers()
        if any(isinstance(layer, keras.layers.BatchNormalization) for layer in layers):
            raise UserError(
                "this gradient penalty is of one image at a time, and batch "
                "normalization mixes the images of a batch; take it out, or choose another loss"
            )

    def draw(self, rng, real_images):
        shape = (len(real_images), *[1] * (real_images.ndim - 1))
        return (rng.random(shape, dtype="float32"),)

    def call(self, discriminator, real_images, fake_images, weights):
        outputs = discriminator(ops.concatenate([real_images, fake_images]))
        mixtures = weights * real_images + (1 - weights) * fake_images
        gradients = ops.cast(_gradients(discriminator, mixtures), "float32")
        axes = tuple(range(1, len(gradients.shape)))
        # The gradient of a root at 0 is infinite.
        norms = ops.sqrt(ops.sum(gradients**2, axis=axes) + 1e-12)
        return outputs, ops.mean((norms - 1) ** 2)


class PenalizedDiscriminator(keras.Model):
    """A discriminator together with its penalty: what a step trains.

    Call it with a tuple: real images, generated images, and what the penalty
    draws for them. It gives the outputs on the real and then on the generated
    images, and adds the penalty's term to its losses. Its variables are the
    discriminator's.

    Args:
        discriminator: A model from images to `(batch, 1)`.
        penalty: A `Penalty`.
    """

    def __init__(self, discriminator: keras.Model, penalty: Penalty):
        super().__init__(name="penalized_discriminator", autocast=False)
        self.discriminator = discriminator
        self.penalty = penalty

    def call(self, inputs, training=None):
        def discriminator(images):
            return ops.cast(self.discriminator(images, training=training), "float32")

        outputs, term = self.penalty.call(discriminator, *inputs)
        if self.penalty.weight:
            self.add_loss(ops.convert_to_tensor(self.penalty.weight / 2 * term, "float32"))
        return outputs


def _is_noisy(layer):
    """Whether a layer draws random numbers, as dropout and random transformations do."""
    sources = (getattr(layer, name, None) for name in ("seed_generator", "generator"))
    return any(isinstance(source, keras.random.SeedGenerator) for source in sources)


def _gradients(function, x):
    """The gradient of a function's summed values; Keras has none for every backend."""
    backend = keras.backend.backend()
    if backend == "tensorflow":
        import tensorflow as tf

        with tf.GradientTape() as tape:
            tape.watch(x)
            total = ops.sum(function(x))
        return tape.gradient(total, x)
    if backend == "jax":
        import jax

        return jax.grad(lambda x: ops.sum(function(x)))(x)
    import torch

    with torch.enable_grad():
        x = x.detach().requires_grad_(True)
        return torch.autograd.grad(function(x).sum(), x, create_graph=True)[0]
