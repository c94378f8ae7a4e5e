"""The processes of a run stop together."""

from keras_gan import processes
from keras_gan.training.callback import GanCallback

EVERY = 16


class StopTogether(GanCallback):
    """Tells every process of a run that one of them was told to stop.

    Args:
        stop: A `StopRequest` that is not alone.
        saves: Boolean, whether a later callback of this process saves the state, and
            then obeys the request.
    """

    in_every_process = True

    def __init__(self, stop, saves):
        super().__init__()
        self.stop = stop
        self.saves = saves

    def on_train_batch_end(self, batch, logs=None):
        if batch % EVERY == EVERY - 1:
            self._ask()

    def after_epoch(self, epoch, logs):
        self._ask()

    def _ask(self):
        self.stop.signum = processes.largest(self.stop.heard or 0) or None
        if not self.saves:
            self.stop.obey()
