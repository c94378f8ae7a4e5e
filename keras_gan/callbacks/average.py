"""The generator that is looked at: an average of what the trained one was of late."""

import math

import keras

from keras_gan.models.loading import in_float32


class AveragedGenerator(keras.callbacks.Callback):
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
        every: Integer, the number of steps from one update to the next. An
            update makes up for the steps between; the last of an epoch is one, and
            the only one where the momentum is 0.

    Attributes:
        generator: A model of its own, the average.
    """

    def __init__(self, generator, momentum=0.9995, every=32):
        super().__init__()
        self.trained = generator
        self.generator = in_float32(generator)
        self.momentum = momentum
        self.every = every if momentum else math.inf

    def on_epoch_begin(self, epoch, logs=None):
        self.steps_before = epoch * self.params["steps"]

    def on_train_batch_end(self, batch, logs=None):
        steps = batch % self.every + 1
        if steps < self.every and batch + 1 < self.params["steps"]:
            return
        step = self.steps_before + batch + 1
        momentum = min(self.momentum, (1 + step) / (10 + step)) ** steps
        for average, weight in zip(self.generator.weights, self.trained.weights, strict=True):
            average.assign(momentum * average + (1 - momentum) * weight)
