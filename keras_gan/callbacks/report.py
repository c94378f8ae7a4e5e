"""A page that shows where a run stands."""

from keras_gan.files import ensure_folder
from keras_gan.pictures.optional import OptionalPicture
from keras_gan.report import read_run, write_report
from keras_gan.training.callback import GanCallback


class ReportPage(GanCallback):
    """Writes `report.html` from the files of a run: a page to open in any browser.

    It is written before training, after the first epoch and at the end; in between
    whenever writing it has taken no more than half a percent of the time since the last.
    It must come after the callbacks that write the history, the samples and the
    metrics.

    Args:
        plots_dir: Path of the folder for the page, where the diagrams are.
        models_dir: Path of the folder with history, settings and samples.
    """

    def __init__(self, plots_dir, models_dir):
        super().__init__()
        self.plots_dir = plots_dir
        self.models_dir = models_dir

    @classmethod
    def for_run(cls, run):
        return cls(run.plots_dir, run.models_dir)

    def before_training(self):
        self.picture = OptionalPicture("report.html")
        self.first_epoch = self.epoch + 1
        self._write()

    def after_epoch(self, epoch, logs):
        if epoch == self.first_epoch or self.picture.due:
            self._write()

    def after_training(self, epoch):
        self._write()

    def _write(self):
        with self.picture:
            run = read_run(self.models_dir, self.plots_dir)
            write_report(run, ensure_folder(self.plots_dir) / "report.html")
