"""A page that shows where a run stands."""

import pathlib

import keras

from keras_gan.page import read_run, write_report
from keras_gan.plots import OptionalPicture


class ReportPage(keras.callbacks.Callback):
    """Writes `report.html` from the files of a run: a page to open in any browser.

    It is written before training, after the first epoch and at the end; in between
    whenever writing it has taken no more than a hundredth of the time since the last.
    It must come after the callbacks that write the history, the samples and the
    metrics.

    Args:
        plots_dir: Path of the folder for the page, where the diagrams are.
        models_dir: Path of the folder with history, settings and samples.
    """

    def __init__(self, plots_dir, models_dir):
        super().__init__()
        self.plots_dir = pathlib.Path(plots_dir)
        self.models_dir = models_dir

    def on_train_begin(self, logs=None):
        self.picture = OptionalPicture("report.html")
        self._write()
        self.no_epoch_yet = True

    def on_epoch_end(self, epoch, logs=None):
        if self.no_epoch_yet or self.picture.due:
            self._write()
        self.no_epoch_yet = False

    def on_train_end(self, logs=None):
        self._write()

    def _write(self):
        with self.picture:
            write_report(read_run(self.models_dir, self.plots_dir), self.plots_dir / "report.html")
