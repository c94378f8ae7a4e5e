"""A generator whose weights are a moving average of the trained generator's."""

import math

from keras_gan.networks.loading import in_float32
from keras_gan.training.callback import GanCallback


class AveragedGenerator(GanCallback):
    """Keeps an exponential moving average of the generator's weights.

    The trained generator swings from step to step with its opponent; the average
    does not, and draws better ([The Unusual Effectiveness of Averaging in GAN
    Training, 2019](https://arxiv.org/abs/1806.04498)). It covers all weights,
    the moving statistics of normalization layers included.

    Args:
        generator: The model to average.
        momentum: Float from 0 up to, not including, 1, how much of the average
            a step keeps. In the first steps it is less, so that the weights that
            training began with are soon forgotten.
        every: Integer, the number of steps from one update of the average to the
            next. An update raises the momentum to the power of the number of steps
            since the last one. The last step of an epoch always updates it. With a
            momentum of 0, no other step does.

    Attributes:
        generator: A model of its own, the average.

    Example:

    >>> average = AveragedGenerator(composite.generator)
    >>> train(composite, images, callbacks=[average])
    >>> average.generator.save("generator.keras")
    """

    def __init__(self, generator, momentum=0.9995, every=128):
        super().__init__(in_float32(generator))
        self.trained = generator
        self.momentum = momentum
        self.every = every if momentum else math.inf

    @classmethod
    def for_run(cls, run):
        return run.average

    def on_epoch_begin(self, epoch, logs=None):
        super().on_epoch_begin(epoch, logs)
        self.steps_before = epoch * (self.params["steps"] or 0)  # unknown in some fits

    def on_train_batch_end(self, batch, logs=None):
        steps = batch % self.every + 1
        if steps < self.every and batch + 1 != self.params["steps"]:
            return
        step = self.steps_before + batch + 1
        momentum = min(self.momentum, (1 + step) / (10 + step)) ** steps
        for average, weight in zip(self.generator.weights, self.trained.weights, strict=True):
            # In NumPy: PyTorch keeps the gradients of what it calculates with weights.
            average.assign(momentum * average.numpy() + (1 - momentum) * weight.numpy())
