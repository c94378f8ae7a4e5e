"""The base of the callbacks that watch a GAN."""

import keras


class GanCallback(keras.callbacks.Callback):
    """A Keras callback that knows the generator, and counts epochs from 1.

    It works in `keras_gan.train`, and in the `fit` of any `keras.Model` that has an
    attribute `generator`, or where the generator is named. A subclass overrides
    `before_training()`, `after_epoch(epoch, logs)` and `after_training(epoch)`; to
    take part in the runs of the program, also `for_run(run)`, and is entered in
    `keras_gan.registry.CALLBACKS`.

    Args:
        generator: The model that draws; if `None`, the generator of the model that
            is trained.

    Attributes:
        epoch: Integer, the number of epochs that have ended.
        in_every_process: Boolean, a class attribute. Where several processes train
            together, the first one alone has the callbacks that do not set it.

    Example:

    >>> class Brightness(GanCallback):
    ...     def after_epoch(self, epoch, logs):
    ...         print(epoch, self.generator.predict_on_batch(latents).mean())
    >>> train(composite, images, epochs=2, callbacks=[Brightness()])
    1 0.13
    2 0.12
    """

    in_every_process = False

    def __init__(self, generator: keras.Model | None = None):
        super().__init__()
        self._generator = generator
        self.epoch = 0
        self._begun = False

    @classmethod
    def check(cls, config) -> None:
        """Raises a `UserError` if the settings ask for what this callback cannot do."""

    @classmethod
    def for_run(cls, run):
        """The callback of a `keras_gan.runs.preparing.Run`, or `None` if it needs none."""
        return None

    @property
    def generator(self) -> keras.Model:
        return self.model.generator if self._generator is None else self._generator

    @property
    def history(self) -> list[dict[str, float]]:
        """The logs of the epochs that have ended, kept once for all callbacks of a training."""
        return self.params.setdefault("history", [])

    @property
    def resumed(self) -> bool:
        """Whether the training goes on from where an earlier one stopped."""
        return self.epoch > 0 or self.params.get("resumed", False)

    def on_train_begin(self, logs=None):
        self._begun = False

    def on_epoch_begin(self, epoch, logs=None):
        self._begin(epoch)

    def _begin(self, epoch):
        if not self._begun:  # only now is it known which epoch is the first
            self.epoch, self._begun = epoch, True
            self.before_training()

    def on_epoch_end(self, epoch, logs=None):
        self.epoch = epoch + 1
        if not self.history or self.history[-1] is not logs:
            self.history.append(logs)
        self.after_epoch(self.epoch, logs)

    def on_train_end(self, logs=None):
        self._begin(len(self.history))  # where no epoch was left
        self.after_training(self.epoch)

    def before_training(self) -> None:
        """Called once, before the first step."""

    def after_epoch(self, epoch: int, logs: dict[str, float]) -> None:
        """Called after each epoch; what is added to `logs`, later callbacks see, too."""

    def after_training(self, epoch: int) -> None:
        """Called once, after the last epoch, whose number it gets."""

    def rows(self):
        """Pairs of an epoch's number and its logs, for each epoch in the history."""
        first = self.epoch - len(self.history) + 1
        return list(enumerate(self.history, first))
