"""The pages of a run that has ended, written again when more is known of its generator."""

import pathlib

import keras

from keras_gan.callbacks.card import ModelCard
from keras_gan.errors import UserError
from keras_gan.report import read_run, write_report

REPORT_NAME = "report.html"


def write_pages_again(generator_path: str | pathlib.Path, generator: keras.Model) -> None:
    """Writes the model card and the report of a run again, where there are any.

    Args:
        generator_path: Path of a generator in the folder of a run. Both are about
            `generator.keras`, and stay as they are if it is another one.
        generator: The generator, a Keras model.
    """
    models_dir = pathlib.Path(generator_path).absolute().parent
    if pathlib.Path(generator_path).name != "generator.keras":
        return
    try:
        run = read_run(models_dir)
        if (models_dir / "README.md").is_file():
            ModelCard(models_dir, generator).after_training(run.epochs)
        plots_dir = _plots_dir(models_dir, run.settings)
        if plots_dir and (plots_dir / REPORT_NAME).is_file():
            write_report(read_run(models_dir, plots_dir), plots_dir / REPORT_NAME)
    except UserError:  # no run of this version, so it has no such pages either
        return


def _plots_dir(models_dir, settings):
    """The folder of a run's plots, or `None` if its folder of models has been moved away."""
    models, plots = (settings.get(name) for name in ("models_dir", "plots_dir"))
    if not isinstance(models, str) or not isinstance(plots, str):
        return None
    parts = pathlib.PurePath(models).parts
    if models_dir.parts[len(models_dir.parts) - len(parts) :] != parts:
        return None
    folder = pathlib.Path(*models_dir.parts[: len(models_dir.parts) - len(parts)]) / plots
    return folder if folder.is_absolute() else None
