"""The command `compare`: runs side by side in one page."""

import argparse
import os
import pathlib

from keras_gan.backend import start_keras
from keras_gan.errors import UserError
from keras_gan.files import CONFIG_NAME, check_can_be_written

MAX_RUNS = 6
HELP = "put runs side by side in one page"
DESCRIPTION = (
    "Put runs side by side in one page, to open in any browser: their samples, curves and "
    "results, and the settings in which they differ."
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "runs",
        metavar="RUN",
        nargs="+",
        help="the folder that a run was started in, or its folder for models",
    )
    parser.add_argument(
        "--output",
        metavar="FILE",
        default="compare.html",
        help="where to write the page (default: %(default)s)",
    )


def run(runs: list[str], output: str) -> None:
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
    folders = [_models_folder(pathlib.Path(path)) for path in runs]
    try:  # names without what they all begin with
        common = os.path.commonpath([pathlib.Path(path).absolute().parent for path in runs])
        names = [os.path.relpath(path, common) for path in runs]
    except ValueError:  # on Windows, other drives
        names = list(runs)
    start_keras()
    from keras_gan.report import read_run, write_comparison

    pages = [read_run(folder, name=name) for folder, name in zip(folders, names, strict=True)]
    write_comparison(pages, output)
    print(f"Comparison: {output}")


def _models_folder(path):
    for folder in (path, path / "models"):
        if (folder / CONFIG_NAME).is_file():
            return folder
    raise UserError(f"{path}: holds no run: there is no {CONFIG_NAME} in it, nor in models/")
