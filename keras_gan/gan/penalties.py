"""Penalties for a steep discriminator: each brings its own inputs and its own term."""

import keras
import numpy as np
from keras import ops

from keras_gan.errors import UserError
from keras_gan.gan.labels import with_labels, without_labels


class Penalty:
    """The base of the penalties. On its own it adds nothing.

    The discriminator's loss becomes: the mean over real and generated images, plus
    half the weight times the penalty's term. (Papers add up two means, one over the
    real and one over the generated images. Ours is half of that sum, hence the half.)

    A penalty of your own overrides `call`; `draw`, if it needs random numbers; and
    `check`, if it does not fit every discriminator.

    Args:
        weight: Float, at least 0.
    """

    def __init__(self, weight: float):
        self.weight = weight

    def check(self, discriminator: keras.Model) -> None:
        """Raises a `UserError` if the penalty does not fit this discriminator."""

    def draw(self, rng: np.random.Generator, real_images: np.ndarray) -> tuple:
        """Draws the random numbers for one batch.

        Args:
            rng: A `numpy.random.Generator`.
            real_images: `float32` array `(m, 28, 28, 1)`, from 0 to 1: the first real
                images of the batch, as many as there are generated ones.

        Returns:
            A tuple of arrays. `call` gets them after the images.
        """
        return ()

    def call(self, discriminator, real_images, fake_images):
        """Computes the discriminator's outputs, and the penalty's term.

        Args:
            discriminator: Function from images to outputs, one for each. In a
                conditional GAN, the first `n` images have the labels of the real images,
                in the same order. The labels begin again with the next `m` images, and
                again after these.
            real_images: Tensor `(n, 28, 28, 1)`.
            fake_images: Tensor `(m, 28, 28, 1)`, where `m` is at most `n`.
            *random: The arrays that `draw` gave.

        Returns:
            The outputs on the real and then on the generated images, `(n + m, 1)`,
            and the term, a scalar.
        """
        return discriminator(ops.concatenate([real_images, fake_images])), 0.0


class R1Penalty(Penalty):
    """R1: the squared norm of the discriminator's gradient at real images.

    R1 is by [Mescheder et al., 2018](https://arxiv.org/abs/1801.04406). Here the
    gradient is taken by differences: noise is added to a real image, the difference
    between the two outputs is squared, and divided by the variance of the noise. For
    little noise, the expectation is the squared norm of the gradient. No gradient of
    a gradient is needed, so every backend can train with it. One real image for every
    four generated ones is enough. The weight is 2 x the paper's gamma.

    Args:
        weight: Float, at least 0.
    """

    noise = 0.1  # its standard deviation, in grey values from 0 to 1

    def __init__(self, weight: float = 0.02):
        super().__init__(weight)

    def check(self, discriminator):
        if self.weight:
            _refuse_noise(discriminator)

    def draw(self, rng, real_images):
        copies = (len(real_images) + 3) // 4
        noise = rng.standard_normal((copies, *real_images.shape[1:]), dtype="float32")
        return (self.noise * noise,)

    def call(self, discriminator, real_images, fake_images, noise):
        copies = ops.shape(noise)[0]
        noisy_images = real_images[:copies] + noise
        outputs = discriminator(ops.concatenate([real_images, fake_images, noisy_images]))
        images = ops.shape(outputs)[0] - copies
        slopes = (outputs[images:] - outputs[:copies]) / self.noise
        return outputs[:images], ops.mean(slopes**2)


class GradientPenalty(Penalty):
    """The gradient penalty of WGAN-GP: it holds the norm of the gradient at 1.

    The penalty is by [Gulrajani et al., 2017](https://arxiv.org/abs/1704.00028). Each
    generated image is mixed with a real one, with a random weight. The term is the
    mean of `(norm - 1) ** 2`, where `norm` is that of the discriminator's gradient at
    a mixture. The weight is the paper's lambda.

    Args:
        weight: Float, at least 1.
    """

    def __init__(self, weight: float = 10.0):
        super().__init__(weight)

    def check(self, discriminator):
        if self.weight < 1:
            raise UserError(
                f"penalty is {self.weight:g}, too weak for the loss wgan-gp, which needs at least "
                "1; its paper takes 10"
            )
        _refuse_noise(discriminator)
        layers = discriminator._flatten_layers()
        if any(isinstance(layer, keras.layers.BatchNormalization) for layer in layers):
            raise UserError(
                "the discriminator has batch normalization, which mixes the images of a batch, but "
                "this penalty needs the gradient at each image; take it out, or choose another loss"
            )

    def draw(self, rng, real_images):
        shape = (len(real_images), *[1] * (real_images.ndim - 1))
        return (rng.random(shape, dtype="float32"),)

    def call(self, discriminator, real_images, fake_images, weights):
        outputs = discriminator(ops.concatenate([real_images, fake_images]))
        n = ops.shape(fake_images)[0]
        mixtures = weights * real_images[:n] + (1 - weights) * fake_images
        gradients = ops.cast(_gradients(discriminator, mixtures), "float32")
        axes = tuple(range(1, len(gradients.shape)))
        # The gradient of a root at 0 is infinite.
        norms = ops.sqrt(ops.sum(gradients**2, axis=axes) + 1e-12)
        return outputs, ops.mean((norms - 1) ** 2)


class PenalizedDiscriminator(keras.Model):
    """A discriminator together with its penalty: what a step trains.

    Call it with a tuple: real images (in a conditional GAN, a list of these and their
    labels), no more generated images, and what the penalty draws for them. It gives
    the outputs on the real and then on the generated images, and adds the penalty's
    term to its losses. Its variables are the discriminator's.

    Args:
        discriminator: A model from images to `(batch, 1)`.
        penalty: A `Penalty`.
    """

    def __init__(self, discriminator: keras.Model, penalty: Penalty):
        super().__init__(name="penalized_discriminator", autocast=False)
        self.discriminator = discriminator
        self.penalty = penalty

    def call(self, inputs, training=None):
        real_images, fake_images, *random = inputs
        real_images, labels = without_labels(real_images)

        def discriminator(images):
            repeated = None if labels is None else _repeated(labels, fake_images, images)
            inputs = with_labels(images, repeated)
            return ops.cast(self.discriminator(inputs, training=training), "float32")

        outputs, term = self.penalty.call(discriminator, real_images, fake_images, *random)
        if self.penalty.weight:
            self.add_loss(ops.convert_to_tensor(self.penalty.weight / 2 * term, "float32"))
        return outputs


def _repeated(labels, fake_images, images):
    """The labels of images: of real ones, then of generated ones, then from the first on."""
    n, rows = ops.shape(labels)[0], ops.arange(ops.shape(images)[0])
    both = n + ops.shape(fake_images)[0]
    return ops.take(labels, ops.where(rows < both, rows, rows - both) % n)


def _refuse_noise(discriminator):
    """Raises a `UserError` if a layer draws random numbers, as dropout does."""
    for layer in discriminator._flatten_layers():
        sources = (getattr(layer, name, None) for name in ("seed_generator", "generator"))
        if any(isinstance(source, keras.random.SeedGenerator) for source in sources):
            raise UserError(
                "the discriminator has dropout or other noise, which changes its output from call "
                "to call; the penalty would count that as a gradient: set the penalty to 0"
            )


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
