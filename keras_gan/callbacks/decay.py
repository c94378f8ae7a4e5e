"""A learning rate that falls at the end of a training."""

import math

from keras_gan.training.callback import GanCallback

EVERY = 64  # steps


def epochs_at_full_rate(epochs: int, share: float) -> int:
    """How many epochs end before the learning rate begins to fall.

    Args:
        epochs: Integer, the epochs of the training.
        share: Float, as in `LearningRateDecay`.
    """
    return math.floor(epochs * (1 - share) + 1e-9)


class LearningRateDecay(GanCallback):
    """Lets the learning rate of both sides fall along a line, until the last step.

    After the training, the rate is again what it was before. It needs a `Composite`.

    Args:
        learning_rate: Float, the rate that it falls from.
        share: Float from 0 to 1, the share of the epochs, the last ones, in which it
            falls.
        end: Float from 0 to 1, the share of the rate that is left at the end.

    Example:

    >>> train(composite, images, epochs=50, callbacks=[LearningRateDecay(1.5e-3, 0.5)])
    """

    in_every_process = True

    def __init__(self, learning_rate, share, end=0.0):
        super().__init__()
        self.learning_rate = learning_rate
        self.share = share
        self.end = end
        self.steps_taken = False

    @classmethod
    def for_run(cls, run):
        config = run.config
        share, end = config.learning_rate_decay, config.learning_rate_end
        return cls(config.learning_rate, share, end) if share else None

    def on_train_batch_begin(self, batch, logs=None):
        self.steps_taken = True
        if batch % EVERY:
            return
        epochs, steps = self.params["epochs"], self.params["steps"] or math.inf
        left = epochs - self.epoch - batch / steps
        self._set(self.end + (1 - self.end) * min(1.0, left / (self.share * epochs)))

    def after_training(self, epoch):
        if self.steps_taken:  # else what a checkpoint says stays as it is
            self._set(1.0)

    def _set(self, part):
        for model in (self.model, self.model.discriminator):
            model.optimizer.learning_rate = part * self.learning_rate
