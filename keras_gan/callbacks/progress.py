"""Progress of a training on the screen."""

import contextlib
import shutil
import sys
import time

import keras

from keras_gan.console import duration, say
from keras_gan.training.callback import GanCallback

LABELS = {
    "d_loss": "d_loss",
    "g_loss": "g_loss",
    "real_score": "D(x)",
    "fake_score": "D(G(z))",
    "images_per_second": "images/s",
    "real_accuracy": "acc_real",
    "fake_accuracy": "acc_fake",
}
BAR_WIDTH = 10
WIDTH_OF_BAR_AND_TIMES = BAR_WIDTH + 18
WIDTH_OF_VALUE = 10


class ProgressReport(GanCallback):
    """Shows Keras' progress bar on a terminal, and a line an epoch elsewhere.

    Both tell the losses, D(x), D(G(z)), the accuracies, images a second and the
    time left, as far as the logs have them, and go to stderr. While an epoch runs,
    the bar leaves out the last values where the terminal is too narrow for them;
    its last state has them all.
    """

    @classmethod
    def for_run(cls, run):
        return None if run.config.quiet else cls()

    def before_training(self):
        self.start, self.first_epoch = time.monotonic(), self.epoch
        self.on_terminal = sys.stderr.isatty()
        self.time_left = ""

    def on_epoch_begin(self, epoch, logs=None):
        super().on_epoch_begin(epoch, logs)
        if not self.on_terminal:
            return
        say(f"Epoch {epoch + 1}/{self.params['epochs']}{self.time_left}")
        self.epoch_start, self.seen = time.monotonic(), 0
        with self._on_stderr():
            self.bar = keras.utils.Progbar(
                self.params["steps"], BAR_WIDTH, stateful_metrics=["images/s"]
            )
        room = shutil.get_terminal_size().columns - WIDTH_OF_BAR_AND_TIMES
        room -= 2 * len(str(self.params["steps"]))
        self.fitting = []
        for name, label in LABELS.items():
            room -= len(label) + WIDTH_OF_VALUE
            if room > 0:
                self.fitting.append(name)

    def on_train_batch_end(self, batch, logs=None):
        if self.on_terminal:
            self.seen += 1
            if "batch_size" in self.params:  # not in the `fit` of another model
                images = self.seen * self.params["batch_size"]
                rate = images / (time.monotonic() - self.epoch_start)
                logs = {**logs, "images_per_second": rate}
            self._update_bar(batch + 1, logs, self.fitting, finalize=False)

    def after_epoch(self, epoch, logs):
        epochs = self.params["epochs"]
        each = (time.monotonic() - self.start) / (epoch - self.first_epoch)
        self.time_left = f" - {duration(each * (epochs - epoch))} left"
        if self.on_terminal:
            self._update_bar(self.params["steps"], logs, LABELS, finalize=True)
            return
        values = "".join(
            f" - {label}: {logs[name]:{',.0f' if name == 'images_per_second' else '.4f'}}"
            for name, label in LABELS.items()
            if name in logs
        )
        say(f"Epoch {epoch}/{epochs}{values}{self.time_left}")

    def _update_bar(self, step, logs, names, finalize):
        values = [(LABELS[name], logs[name]) for name in names if name in logs]
        with contextlib.suppress(OSError), self._on_stderr():  # a closed screen ends nothing
            self.bar.update(step, values, finalize)

    @staticmethod
    def _on_stderr():
        """Keras draws its bar on stdout, which is kept for results."""
        return contextlib.redirect_stdout(sys.stderr)
