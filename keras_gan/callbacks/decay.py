"""A learning rate that falls at the end of a training."""

from keras_gan.training.callback import GanCallback


class LearningRateDecay(GanCallback):
    """Lets the learning rate of both sides fall along a line, to almost 0 in the last epoch.

    After the training, the rate is again what it was before. It needs a `Composite`.

    Args:
        learning_rate: Float, the rate that it falls from.
        share: Float from 0 to 1, the share of the epochs, the last ones, in which it
            falls.

    Example:

    >>> train(composite, images, epochs=50, callbacks=[LearningRateDecay(1.5e-3, 0.5)])
    """

    in_every_process = True

    def __init__(self, learning_rate, share):
        super().__init__()
        self.learning_rate = learning_rate
        self.share = share

    @classmethod
    def for_run(cls, run):
        share = run.config.learning_rate_decay
        return cls(run.config.learning_rate, share) if share else None

    def on_epoch_begin(self, epoch, logs=None):
        super().on_epoch_begin(epoch, logs)
        epochs = self.params["epochs"]
        self._set(min(1.0, (epochs - epoch) / (self.share * epochs + 1)))

    def after_training(self, epoch):
        self._set(1.0)

    def _set(self, part):
        for model in (self.model, self.model.discriminator):
            model.optimizer.learning_rate = part * self.learning_rate
