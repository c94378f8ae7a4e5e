"""Checkpoints of a run, from which it can go on."""

import time

from keras_gan.training.callback import GanCallback
from keras_gan.training.checkpoint import save_checkpoint
from keras_gan.training.stopping import StopRequest


class Checkpoints(GanCallback):
    """Saves the whole state of a run after every epoch, and now and then within one.

    It comes after the callbacks that write files, so that a checkpoint is never
    ahead of them. When the run is told to stop, the step in hand is finished and
    saved.

    Args:
        folder: Path of the folder for checkpoints.
        about: Dict that describes the run, kept in every checkpoint.
        position: The `Position` that `train` keeps up to date.
        variables: List of the Keras variables that hold the run's state.
        minutes: Float, the longest time from one checkpoint to the next.
        lasting: Integer, the epoch after which a checkpoint is kept until the end; or
            `None`.
        stop: A `StopRequest`, or `None`.
    """

    def __init__(self, folder, about, position, variables, minutes=5, lasting=None, stop=None):
        super().__init__()
        self.folder = folder
        self.about = about
        self.position = position
        self.variables = variables
        self.minutes = minutes
        self.lasting = lasting
        self.stop = stop or StopRequest()

    def before_training(self):
        self._save()

    def on_train_batch_end(self, batch, logs=None):
        if batch + 1 < self.position.step:  # the callbacks have yet to hear of these steps
            return
        due = time.monotonic() - self.saved > 60 * self.minutes
        if due or self.stop.signum is not None:
            self._save()

    def after_epoch(self, epoch, logs):
        self._save()

    def _save(self):
        save_checkpoint(self.folder, self.about, self.position, self.variables, self.lasting)
        self.saved = time.monotonic()
        self.stop.obey()
