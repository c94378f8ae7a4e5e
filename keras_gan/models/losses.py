"""What the two sides of a GAN learn from, and what is told of it."""

import dataclasses
from collections.abc import Callable

import keras
from keras import ops

PROBABILITY = "mean probability of being real"


@dataclasses.dataclass(frozen=True)
class GanLoss:
    """The parts of a GAN's loss, as functions of the discriminator's outputs.

    Attributes:
        label: String, what the loss is called, with its unit.
        real: What the discriminator pays for its outputs on real images, given
            the target for them: 1, or less where labels are smoothed.
        fake: What it pays for its outputs on generated images.
        generator: What the generator pays for these.
        score: How real an output says that an image is.
        score_label: String, what that is called.
        middle: Float, the output that says neither real nor generated; `None`
            where only differences between outputs say anything.
    """

    label: str
    real: Callable
    fake: Callable
    generator: Callable
    score: Callable = lambda x: x
    score_label: str = "mean output"
    middle: float | None = 0.0

    @property
    def guessing(self):
        """What a discriminator pays, on average, that can only guess."""
        output = self.middle or 0.0  # where there is none, any costs as much
        return (float(self.real(output, 1.0)) + float(self.fake(output))) / 2

    @property
    def undecided(self):
        """The score of `middle`, or `None`."""
        return None if self.middle is None else float(self.score(self.middle))


LOSSES = {
    # Goodfellow et al., 2014, https://arxiv.org/abs/1406.2661; the non-saturating form.
    "bce": GanLoss(
        label="binary cross-entropy (nats)",
        real=lambda x, target: ops.softplus(x) - target * x,
        fake=ops.softplus,
        generator=lambda x: ops.softplus(-x),
        score=ops.sigmoid,
        score_label=PROBABILITY,
    ),
    # Mao et al., 2016, https://arxiv.org/abs/1611.04076, with a=0, b=c=1.
    "lsgan": GanLoss(
        label="half the squared error",
        real=lambda x, target: (x - target) ** 2 / 2,
        fake=lambda x: x**2 / 2,
        generator=lambda x: (x - 1) ** 2 / 2,
        middle=0.5,
    ),
    # Lim and Ye, 2017, https://arxiv.org/abs/1705.02894.
    "hinge": GanLoss(
        label="hinge loss",
        real=lambda x, target: ops.relu(1 - x),
        fake=lambda x: ops.relu(1 + x),
        generator=lambda x: -x,
    ),
    # Gulrajani et al., 2017, https://arxiv.org/abs/1704.00028.
    "wgan-gp": GanLoss(
        label="mean output, real ones negative",
        real=lambda x, target: -x,
        fake=lambda x: x,
        generator=lambda x: -x,
        middle=None,
    ),
}


@keras.saving.register_keras_serializable("keras_gan")
class DiscriminatorLoss(keras.losses.Loss):
    """A GAN's loss for the discriminator, and a penalty for being steep.

    The labels say what each value of the batch is:

    - 1, the output on a real image, and 0, on a generated one. Of these the loss
      is the mean, half of what papers that add up the two means give.
    - `-1 - i`, the output on a copy of image `i` of the batch with noise on it.
      Of these it takes the square of how far the output is from that on the
      original, in units of the noise. That is the gradient penalty R1 on real
      images ([Mescheder et al., 2018](https://arxiv.org/abs/1801.04406)) by
      finite differences: for noise of variance 1 and a small step, its
      expectation is the squared norm of the gradient. It needs no gradient of a
      gradient, and so runs on every backend through `train_on_batch`. The
      discriminator must answer alike when asked twice: dropout would pass for
      steepness.
    - 2, the norm of the gradient, which a `Critic` gives. Of these it takes the
      squared distance from 1 ([Gulrajani et al.,
      2017](https://arxiv.org/abs/1704.00028)).

    Args:
        loss: String, a key of `LOSSES`.
        penalty: Float, the weight of the penalty; half of it counts, as half of
            what the papers add up does. For WGAN-GP it is the paper's lambda, for
            R1 twice the paper's gamma.
        noise: Float, the standard deviation of the noise on the copies.
        label_smoothing: Float from 0 to 1, how far below 1 the target of real
            images is.
        name: String.
    """

    def __init__(
        self,
        loss="bce",
        penalty=0.02,
        noise=0.1,
        label_smoothing=0.0,
        name="discriminator_loss",
        **kwargs,
    ):
        super().__init__(name=name, **{"dtype": "float32", **kwargs})
        self.loss = loss
        self.penalty = penalty
        self.noise = noise
        self.label_smoothing = label_smoothing

    def call(self, y_true, y_pred):
        y_true = _as_column(y_true, y_pred)
        real, fake, norm = (ops.abs(y_true - label) < 0.5 for label in (1, 0, 2))
        paid = _paid(self.loss, real, y_pred, 1 - self.label_smoothing)
        original = ops.cast(ops.maximum(-1 - y_true[:, 0], 0), "int32")
        slope = (y_pred - ops.take(y_pred, original, axis=0)) / self.noise
        steepness = ops.where(norm, (y_pred - 1) ** 2, slope**2)
        judged = ops.cast(ops.logical_or(real, fake), y_pred.dtype)
        return _mean_where(judged, paid) + self.penalty / 2 * _mean_where(1 - judged, steepness)

    def get_config(self):
        return {
            **super().get_config(),
            "loss": self.loss,
            "penalty": self.penalty,
            "noise": self.noise,
            "label_smoothing": self.label_smoothing,
        }


@keras.saving.register_keras_serializable("keras_gan")
class GeneratorLoss(keras.losses.Loss):
    """A GAN's loss for the generator: the mean over generated images, whatever their labels.

    Args:
        loss: String, a key of `LOSSES`.
        name: String.
    """

    def __init__(self, loss="bce", name="generator_loss", **kwargs):
        super().__init__(name=name, **{"dtype": "float32", **kwargs})
        self.loss = loss

    def call(self, y_true, y_pred):
        return LOSSES[self.loss].generator(y_pred)

    def get_config(self):
        return {**super().get_config(), "loss": self.loss}


@keras.saving.register_keras_serializable("keras_gan")
class Scores(keras.metrics.Metric):
    """What a discriminator makes of real and of generated images.

    Its result is a dict: `judged`, the loss without the penalty and with labels
    that are not smoothed; `real_score`, D(x), and `fake_score`, D(G(z)), the mean
    score that either kind is given (the probability of being real for the
    cross-entropy, the output itself for other losses); `real_accuracy` and
    `fake_accuracy`, the share of either that is on the right side of the loss's
    `middle` or, if it has none, of the batch's mean output. Labels are those of
    `DiscriminatorLoss`.

    Args:
        loss: String, a key of `LOSSES`.
        name: String.
    """

    def __init__(self, loss="bce", name="scores", **kwargs):
        super().__init__(name=name, **kwargs)
        self.loss = loss
        # One variable for all, since every one is reset before every batch.
        self.sums = self.add_weight(shape=(7,), initializer="zeros", name="sums")

    def update_state(self, y_true, y_pred, sample_weight=None):
        y_true = _as_column(y_true, y_pred)
        y_pred = ops.cast(y_pred, "float32")
        is_real, is_fake = (ops.abs(y_true - label) < 0.5 for label in (1, 0))
        real, fake = ops.cast(is_real, "float32"), ops.cast(is_fake, "float32")
        judged = real + fake
        loss = LOSSES[self.loss]
        score = loss.score(y_pred)
        middle = _mean_where(judged, y_pred) if loss.middle is None else loss.middle
        taken_for_real = y_pred > middle
        values = (
            real,
            fake,
            judged * _paid(self.loss, is_real, y_pred, 1.0),
            real * score,
            fake * score,
            real * ops.cast(taken_for_real, "float32"),
            fake * ops.cast(ops.logical_not(taken_for_real), "float32"),
        )
        self.sums.assign_add(ops.stack([ops.sum(value) for value in values]))

    def result(self):
        real, fake, paid, *sums = (self.sums[i] for i in range(7))
        return {
            "judged": paid / ops.maximum(real + fake, 1),
            "real_score": sums[0] / ops.maximum(real, 1),
            "fake_score": sums[1] / ops.maximum(fake, 1),
            "real_accuracy": sums[2] / ops.maximum(real, 1),
            "fake_accuracy": sums[3] / ops.maximum(fake, 1),
        }

    def get_config(self):
        return {**super().get_config(), "loss": self.loss}


def _as_column(y_true, y_pred):
    return ops.reshape(ops.cast(y_true, "float32"), ops.shape(y_pred))


def _paid(loss, is_real, outputs, target):
    return ops.where(is_real, LOSSES[loss].real(outputs, target), LOSSES[loss].fake(outputs))


def _mean_where(mask, values):
    return ops.sum(mask * values) / ops.maximum(ops.sum(mask), 1)


class Critic(keras.Model):
    """A discriminator that also tells how steep it is, for the loss to hold it to a slope.

    The gradient penalty of WGAN-GP needs the gradient with respect to images,
    which no loss can take from outputs. So the gradient is part of what this
    model computes; `train_on_batch` trains it like any other, and differentiates
    through it.

    Call it with `(images, mixtures)`: it gives the discriminator's outputs on
    the images, and below them the norms of its gradient at the mixtures, shape
    `(n_images + n_mixtures, 1)`. Its variables are the discriminator's.

    Args:
        discriminator: A model from images to `(batch, 1)`.
    """

    def __init__(self, discriminator):
        super().__init__(name="critic", autocast=False)
        self.discriminator = discriminator

    def call(self, inputs, training=None):
        images, mixtures = inputs
        outputs = self.discriminator(images, training=training)
        gradient = _gradient(lambda x: self.discriminator(x, training=training), mixtures)
        gradient = ops.cast(gradient, "float32")
        axes = tuple(range(1, len(gradient.shape)))
        # The gradient of a root at 0 is infinite.
        norms = ops.sqrt(ops.sum(gradient**2, axis=axes) + 1e-12)
        return ops.concatenate([ops.cast(outputs, "float32"), norms[:, None]])


def _gradient(function, x):
    """The gradient of a function's summed values; Keras has none that is of no backend."""
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
