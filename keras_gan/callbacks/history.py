"""The history of a training as a table."""

import csv
import pathlib

from keras_gan.files import HISTORY_NAME, ensure_folder, write_whole
from keras_gan.training.callback import GanCallback


class HistoryFile(GanCallback):
    """Keeps a CSV file with a row an epoch: the epoch's number and its logs.

    Unlike `keras.callbacks.CSVLogger`, it writes the file whole after every
    epoch, so that a reader never sees a part of a row, and has a column for what
    only some epochs log.

    Args:
        path: Path of the file.

    Example:

    >>> train(composite, images, callbacks=[HistoryFile("history.csv")])
    """

    def __init__(self, path):
        super().__init__()
        self.path = pathlib.Path(path)

    @classmethod
    def for_run(cls, run):
        return cls(run.models_dir / HISTORY_NAME)

    def after_epoch(self, epoch, logs):
        rows = [{"epoch": number, **values} for number, values in self.rows()]
        for row in rows:
            row.pop("images_per_second", None)
        names = dict.fromkeys(name for row in rows for name in row)
        ensure_folder(self.path.parent)
        with write_whole(self.path) as temporary, open(temporary, "w", newline="") as file:
            writer = csv.DictWriter(file, fieldnames=names)
            writer.writeheader()
            writer.writerows(rows)
