"""The losses of a GAN's two sides, and the scores that the discriminator gives."""

import dataclasses
from collections.abc import Callable

import keras
from keras import ops

from keras_gan.gan.penalties import GradientPenalty, Penalty, R1Penalty
from keras_gan.registry import LOSSES

PROBABILITY = "mean probability of being real"


@dataclasses.dataclass(frozen=True)
class GanLoss:
    """A GAN's loss, as functions of the discriminator's outputs.

    Attributes:
        label: String, the name of the loss, with its unit.
        real: Function of the outputs on real images and of their label (1, or
            less where labels are smoothed) to the discriminator's loss on them.
        fake: Function of the outputs on generated images to the discriminator's
            loss on them.
        generator: Function of these outputs to the generator's loss.
        score: Function of outputs to the score that the curves show.
        score_label: String, the name of that score.
        threshold: Float, the output above which an image counts as real; `None`
            where only differences between outputs have a meaning.
        allows_label_smoothing: Boolean, whether labels of real images may be smoothed.
        penalty: Class of the penalty that the loss is trained with.
    """

    label: str
    real: Callable
    fake: Callable
    generator: Callable
    score: Callable = lambda x: x
    score_label: str = "mean output"
    threshold: float | None = 0.0
    allows_label_smoothing: bool = False
    penalty: type[Penalty] = R1Penalty

    @property
    def is_probability(self) -> bool:
        """Whether the score is the probability that an image is real."""
        return self.score_label == PROBABILITY

    @property
    def chance_loss(self) -> float:
        """The mean loss of a discriminator that can only guess."""
        output = self.threshold or 0.0  # where there is none, every output costs the same
        return (float(self.real(output, 1.0)) + float(self.fake(output))) / 2

    @property
    def undecided(self) -> float | None:
        """The score of an output at the threshold, or `None`."""
        return None if self.threshold is None else float(self.score(self.threshold))


# Goodfellow et al., 2014, https://arxiv.org/abs/1406.2661; the non-saturating form.
BCE = GanLoss(
    label="binary cross-entropy (nats)",
    real=lambda x, label: ops.softplus(x) - label * x,
    fake=ops.softplus,
    generator=lambda x: ops.softplus(-x),
    score=ops.sigmoid,
    score_label=PROBABILITY,
    allows_label_smoothing=True,
)
# Mao et al., 2016, https://arxiv.org/abs/1611.04076, with a=0, b=c=1.
LSGAN = GanLoss(
    label="half the squared error",
    real=lambda x, label: (x - label) ** 2 / 2,
    fake=lambda x: x**2 / 2,
    generator=lambda x: (x - 1) ** 2 / 2,
    threshold=0.5,
    allows_label_smoothing=True,
)
# Lim and Ye, 2017, https://arxiv.org/abs/1705.02894.
HINGE = GanLoss(
    label="hinge loss",
    real=lambda x, label: ops.relu(1 - x),
    fake=lambda x: ops.relu(1 + x),
    generator=lambda x: -x,
)
# Gulrajani et al., 2017, https://arxiv.org/abs/1704.00028.
WGAN_GP = GanLoss(
    label="mean output, real ones negative",
    real=lambda x, label: -x,
    fake=lambda x: x,
    generator=lambda x: -x,
    threshold=None,
    penalty=GradientPenalty,
)


@keras.saving.register_keras_serializable("keras_gan")
class DiscriminatorLoss(keras.losses.Loss):
    """A GAN's loss for the discriminator: the mean over real and generated images.

    Papers add up the mean over the real images and the mean over the generated
    ones. With as many of either, that is twice this loss.

    Labels are 1 for a real image and 0 for a generated one.

    Args:
        loss: String, a key of `keras_gan.registry.LOSSES`.
        label_smoothing: Float from 0 up to, not including, 1, how far below 1
            the label of real images is.
        name: String.

    Example:

    >>> DiscriminatorLoss("bce")([[1], [0]], [[2.0], [-1.0]])
    0.22009
    """

    def __init__(self, loss="bce", label_smoothing=0.0, name="discriminator_loss", **kwargs):
        super().__init__(name=name, **{"dtype": "float32", **kwargs})
        self.loss = loss
        self.label_smoothing = label_smoothing

    def call(self, y_true, y_pred):
        return _losses(self.loss, _is_real(y_true, y_pred), y_pred, 1 - self.label_smoothing)

    def get_config(self):
        return {
            **super().get_config(),
            "loss": self.loss,
            "label_smoothing": self.label_smoothing,
        }


@keras.saving.register_keras_serializable("keras_gan")
class GeneratorLoss(keras.losses.Loss):
    """A GAN's loss for the generator: the mean over generated images, whatever their labels.

    Args:
        loss: String, a key of `keras_gan.registry.LOSSES`.
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
    """The discriminator's loss, scores and accuracies on a batch.

    Its result is a dict: `d_loss`, the loss without the penalty and with labels
    that are not smoothed; `real_score`, D(x), and `fake_score`, D(G(z)), the mean
    score of either kind of image (the probability of being real for the
    cross-entropy, the output itself for other losses); `real_accuracy` and
    `fake_accuracy`, the share of either kind on the right side of the loss's
    threshold or, if it has none, of the batch's mean output. With sample weights, all of
    these are weighted means.

    Labels are 1 for a real image and 0 for a generated one.

    Args:
        loss: String, a key of `keras_gan.registry.LOSSES`.
        name: String.
    """

    def __init__(self, loss="bce", name="scores", **kwargs):
        super().__init__(name=name, **kwargs)
        self.loss = loss
        # One variable for all: every one is reset before every batch.
        self.sums = self.add_weight(shape=(7,), initializer="zeros", name="sums")

    def update_state(self, y_true, y_pred, sample_weight=None):
        y_pred = ops.cast(y_pred, "float32")
        is_real = _is_real(y_true, y_pred)
        weight = 1.0
        if sample_weight is not None:
            weight = ops.reshape(ops.cast(sample_weight, "float32"), ops.shape(y_pred))
        real = weight * ops.cast(is_real, "float32")
        fake = weight * ops.cast(ops.logical_not(is_real), "float32")
        loss = LOSSES[self.loss]
        score = loss.score(y_pred)
        threshold = loss.threshold
        if threshold is None:
            threshold = ops.mean(weight * y_pred) / ops.mean(weight)
        called_real = ops.cast(y_pred > threshold, "float32")
        values = (
            real,
            fake,
            (real + fake) * _losses(self.loss, is_real, y_pred, 1.0),
            real * score,
            fake * score,
            real * called_real,
            fake * (1 - called_real),
        )
        self.sums.assign_add(ops.stack([ops.sum(value) for value in values]))

    def result(self):
        real, fake, d_loss, *sums = (self.sums[i] for i in range(7))
        n_real, n_fake = ops.maximum(real, 1), ops.maximum(fake, 1)
        return {
            "d_loss": d_loss / ops.maximum(real + fake, 1),
            "real_score": sums[0] / n_real,
            "fake_score": sums[1] / n_fake,
            "real_accuracy": sums[2] / n_real,
            "fake_accuracy": sums[3] / n_fake,
        }

    def get_config(self):
        return {**super().get_config(), "loss": self.loss}


def _is_real(y_true, y_pred):
    return ops.reshape(ops.cast(y_true, "float32"), ops.shape(y_pred)) > 0.5


def _losses(loss, is_real, outputs, label):
    return ops.where(is_real, LOSSES[loss].real(outputs, label), LOSSES[loss].fake(outputs))
