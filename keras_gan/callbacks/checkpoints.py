"""Checkpoints of a training, and how it stops when it is told to."""

import signal
import threading
import time

import keras

from keras_gan.checkpoint import save_checkpoint
from keras_gan.console import say
from keras_gan.errors import Stopped

# One Ctrl-C may arrive twice: from the terminal, and from a parent that passes it on.
SAME_SIGNAL_SECONDS = 0.3


class Checkpoints(keras.callbacks.Callback):
    """Saves the whole state of a run after every epoch, and now and then within one.

    It must come after all other callbacks, so that a checkpoint is never ahead
    of the files that they write. On Ctrl-C or SIGTERM, the step in hand is
    finished and saved, and `Stopped` raised; on a second one it is raised at once.

    Args:
        folder: Path of the folder for checkpoints.
        about: Dict that describes the run, kept in every checkpoint.
        position: The `Position` that `train` keeps up to date.
        variables: List of the Keras variables that hold the run's state.
        minutes: Float, the longest time from one checkpoint to the next.
    """

    def __init__(self, folder, about, position, variables, minutes=5):
        super().__init__()
        self.folder = folder
        self.about = about
        self.position = position
        self.variables = variables
        self.minutes = minutes
        self.signum = None
        self.handlers = {}

    def __enter__(self):
        if threading.current_thread() is threading.main_thread():  # Python allows it there alone
            for signum in (signal.SIGINT, signal.SIGTERM):
                if signal.getsignal(signum) is not signal.SIG_IGN:  # as in the background
                    self.handlers[signum] = signal.signal(signum, self._on_signal)
        return self

    def __exit__(self, *error):
        for signum, handler in self.handlers.items():
            signal.signal(signum, handler)

    def _on_signal(self, signum, frame):
        if self.signum is None:
            self.signum, self.signal_time = signum, time.monotonic()
            say("Stopping after this step; once more stops at once.")
        elif time.monotonic() - self.signal_time > SAME_SIGNAL_SECONDS:
            raise Stopped(signum)

    def on_train_begin(self, logs=None):
        self._save()

    def on_train_batch_end(self, batch, logs=None):
        if self.signum is not None or time.monotonic() - self.saved > 60 * self.minutes:
            self._save()

    def on_epoch_end(self, epoch, logs=None):
        self.position.history[-1] = logs  # with what the other callbacks have added to it
        self._save()

    def _save(self):
        save_checkpoint(self.folder, self.about, self.position, self.variables)
        self.saved = time.monotonic()
        if self.signum is not None:
            raise Stopped(self.signum)
