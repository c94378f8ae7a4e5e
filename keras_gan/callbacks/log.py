"""A training's story as lines in a file."""

import contextlib
import pathlib
import time

from keras_gan.console import one_line
from keras_gan.errors import DiskError, UserError
from keras_gan.files import TIME_FORMAT, append_line, check_can_be_written
from keras_gan.training.callback import GanCallback


def log_line(path, text):
    """Appends a line to a log, with the time before it."""
    append_line(path, f"{time.strftime(TIME_FORMAT)} {text}")


@contextlib.contextmanager
def outcome_logged(path):
    """Appends to a log that the block has started, and how it ended.

    Args:
        path: Path of the log, or `None` if there is none.
    """
    if path is None:
        yield
        return
    log_line(path, "started")
    try:
        yield
    except BaseException as error:
        with contextlib.suppress(DiskError):
            log_line(path, f"ended: {one_line(error)}")
        raise
    log_line(path, "ended: finished")


class LogFile(GanCallback):
    """Appends a line an epoch, with all of its logs, to a text file.

    Args:
        path: Path of the file. What is in it stays.

    Example:

    >>> train(composite, images, callbacks=[LogFile("run.log")])
    """

    def __init__(self, path):
        super().__init__()
        self.path = path

    @classmethod
    def check(cls, config):
        """Raises a `UserError` if the log cannot be written where it is named."""
        if config.log is None:
            return
        log = pathlib.Path(config.log).resolve()
        folders = [pathlib.Path(path).resolve() for path in (config.plots_dir, config.models_dir)]
        if log.parent not in folders or log.is_dir():
            check_can_be_written(log)
        if any(folder in log.parent.parents for folder in folders):
            raise UserError(
                f"{log}: cannot be in a folder inside one of the run's own; name another"
            )

    @classmethod
    def for_run(cls, run):
        return cls(run.config.log) if run.config.log else None

    def after_epoch(self, epoch, logs):
        values = " ".join(f"{name}={value:.6g}" for name, value in logs.items())
        log_line(self.path, f"epoch {epoch}/{self.params['epochs']} {values}")
