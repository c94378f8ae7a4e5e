"""The command `compare`: runs side by side in one page."""

import os
import pathlib

from keras_gan.errors import UserError
from keras_gan.files import CONFIG_NAME, check_can_be_written
from keras_gan.page import read_run, write_comparison

MAX_RUNS = 6


def compare_runs(runs, output):
    """Writes a page of several runs side by side, and tells where it is.

    Args:
        runs: List of paths, each of the folder that a run was started in, or of
            its folder for models.
        output: Path of the HTML file to write.

    Raises:
        UserError: If a folder holds no run, or the file cannot be written.
    """
    if not 2 <= len(runs) <= MAX_RUNS:
        raise UserError(f"expected 2 to {MAX_RUNS} runs, found {len(runs)}")
    check_can_be_written(output)
    folders = [_models_folder(pathlib.Path(run)) for run in runs]
    try:  # names without what they all begin with
        common = os.path.commonpath([pathlib.Path(run).absolute().parent for run in runs])
        names = [os.path.relpath(run, common) for run in runs]
    except ValueError:  # on Windows, other drives
        names = list(runs)
    write_comparison(
        [read_run(folder, name=name) for folder, name in zip(folders, names, strict=True)], output
    )
    print(f"Comparison: {output}")


def _models_folder(run):
    for folder in (run, run / "models"):
        if (folder / CONFIG_NAME).is_file():
            return folder
    raise UserError(f"{run}: holds no run: there is no {CONFIG_NAME} in it, nor in models/")
