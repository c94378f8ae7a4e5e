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
        for epoch, past in enumerate(self.params.get("past", ())):
            self._keep(epoch, past)

    def on_epoch_end(self, epoch, logs=None):
        self._keep(epoch, logs)
        names = dict.fromkeys(name for row in self.rows for name in row)
        with write_whole(self.path) as temporary, open(temporary, "w", newline="") as file:
            writer = csv.DictWriter(file, fieldnames=names)
            writer.writeheader()
            writer.writerows(self.rows)

    def _keep(self, epoch, logs):
        row = {"epoch": epoch + 1, **logs}
        row.pop("images_per_second", None)
        self.rows.append(row)
