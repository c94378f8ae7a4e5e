"""A training's story as lines in a file."""

import time

import keras

from keras_gan.files import TIME_FORMAT, append_line


def log_line(path, text):
    """Appends a line to a log, with the time before it."""
    append_line(path, f"{time.strftime(TIME_FORMAT)} {text}")


class LogFile(keras.callbacks.Callback):
    """Appends a line an epoch, with all of its logs, to a text file.

    Args:
        path: Path of the file. What is in it stays.
    """

    def __init__(self, path):
        super().__init__()
        self.path = path

    def on_epoch_end(self, epoch, logs=None):
        values = " ".join(f"{name}={value:.6g}" for name, value in logs.items())
        log_line(self.path, f"epoch {epoch + 1}/{self.params['epochs']} {values}")
