"""The history of a training as a table."""

import csv
import pathlib

import keras

from keras_gan.files import write_whole


class HistoryFile(keras.callbacks.Callback):
    """Keeps a CSV file with a row an epoch: the epoch's number and its logs.

    Unlike `keras.callbacks.CSVLogger`, it writes the file whole after every
    epoch, so that a reader never sees a part of a row, and has a column for what
    only some epochs log.

    Args:
        path: Path of the file.
    """

    def __init__(self, path):
        super().__init__()
        self.path = pathlib.Path(path)

    def on_train_begin(self, logs=None):
        self.rows = []

    def on_epoch_end(self, epoch, logs=None):
        self.rows.append({"epoch": epoch + 1, **logs})
        names = dict.fromkeys(name for row in self.rows for name in row)
        with write_whole(self.path) as temporary, open(temporary, "w", newline="") as file:
            writer = csv.DictWriter(file, fieldnames=names)
            writer.writeheader()
            writer.writerows(self.rows)
