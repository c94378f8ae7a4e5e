"""The rules of resuming: what a run goes on from, and what may have changed."""

import dataclasses
import pathlib

from keras_gan.callbacks.decay import epochs_at_full_rate
from keras_gan.console import one_line, say
from keras_gan.data import Dataset, embedded_digits
from keras_gan.errors import UserError
from keras_gan.files import CHECKPOINTS_NAME
from keras_gan.runs.provenance import place
from keras_gan.settings import SETTINGS, Config, fixed_names
from keras_gan.training.checkpoint import Checkpoint, load_newest


def checkpoints_dir(models_dir) -> pathlib.Path:
    """The folder of a run's checkpoints."""
    return pathlib.Path(models_dir) / CHECKPOINTS_NAME


def find_checkpoint(models_dir) -> Checkpoint | None:
    """The newest whole checkpoint of a run; `None` where there is none at all.

    Raises:
        UserError: If there are checkpoints, but none is whole.
    """
    folder = checkpoints_dir(models_dir)
    newest, passed_over = load_newest(folder)
    for path, error in passed_over.items():
        say(f"Passed over {path}: it {one_line(error)}.")
    if passed_over and not newest:
        raise UserError(f"{folder}: no checkpoint is whole; start again without --resume")
    if not newest:
        say(f"No checkpoint in {folder}: starting from the beginning.")
    return newest


def settings_to_resume_with(newest: Checkpoint, given: dict) -> Config:
    """The settings of the run that a checkpoint is of, with those given in their place.

    Raises:
        UserError: If one of these cannot change, or the run has gone further.
    """
    begun_with = newest.about["settings"]
    if begun_with.keys() != SETTINGS.keys():
        raise UserError(
            "the run was begun by another version of this program; start again without --resume"
        )
    # Wherever the run's folders have gone, and whatever the current folder is.
    places = {
        name: place(given["models_dir"], path) for name, path in newest.about["places"].items()
    }
    source = {"data": newest.about["data_path"]} if "dataset" not in given else {"data": None}
    config = Config(**begun_with | places | source | given)
    for name in fixed_names():
        if getattr(config, name) != begun_with[name]:
            raise UserError(
                f"{name} is {begun_with[name]} in the run to resume and cannot become "
                f"{getattr(config, name)}; leave it out, or start again without --resume"
            )
    position = newest.position
    if (config.epochs, 0) < (position.epoch, position.step):
        raise UserError(
            f"epochs cannot become {config.epochs}: the run to resume has already gone further, to "
            f"epoch {position.epoch}, step {position.step}"
        )
    return config


def to_go_on_from(newest: Checkpoint, config: Config) -> Checkpoint:
    """The checkpoint that leads to the same run as one that was begun with these epochs.

    It is the newest, unless the learning rate falls towards an epoch that is no longer the
    last. Then it is the newest of those before the rate began to fall.

    Raises:
        UserError: If there is none.
    """
    epochs, share = newest.about["settings"]["epochs"], config.learning_rate_decay
    if not share or config.epochs == epochs:
        return newest
    latest = epochs_at_full_rate(min(epochs, config.epochs), share)
    if (newest.position.epoch, newest.position.step) <= (latest, 0):
        return newest
    before, _ = load_newest(newest.path.parent, latest)
    if not before:
        raise UserError(
            f"epochs is {epochs} in the run to resume and cannot become {config.epochs}, since the "
            "learning rate has begun to fall towards the last of them, and no checkpoint is from "
            "before that; leave it out, or start again without --resume"
        )
    say(
        f"The learning rate has begun to fall towards epoch {epochs}: going back to epoch "
        f"{before.position.epoch}, where it had not."
    )
    return dataclasses.replace(before, newest=newest.path)


def check_backend(newest: Checkpoint, backend: str) -> None:
    """Raises a `UserError` if the run was begun on another backend."""
    begun_with = newest.about["backend"]
    if begun_with != backend:
        raise UserError(
            f"the backend is {begun_with} in the run to resume and cannot become "
            f"{backend}; set KERAS_BACKEND={begun_with}"
        )


def same_images(newest: Checkpoint, dataset: Dataset, data: str | None) -> Dataset:
    """The data set; or the embedded digits, if the run began with these, without a network.

    Raises:
        UserError: If the run was begun with other images.
    """
    wanted = newest.about["images_checksum"]
    if wanted != dataset.checksum and data is None and wanted == embedded_digits().checksum:
        dataset = embedded_digits()
    if wanted != dataset.checksum:
        raise UserError(
            f"{dataset.source}: these are not the images of the run to resume "
            f"({newest.about['source']}); give the same --data or --dataset"
        )
    conditional = newest.about["settings"]["conditional"]
    if conditional and newest.about["labels_checksum"] != dataset.labels_checksum:
        raise UserError(
            f"{dataset.source}: the images have other labels than in the run to resume "
            f"({newest.about['source']}); give the same --data or --dataset"
        )
    return dataset


def check_still_newest(newest: Checkpoint) -> None:
    """Raises a `UserError` if another run went on meanwhile from the same checkpoint."""
    now, _ = load_newest(newest.path.parent)
    path = newest.newest or newest.path
    if not now or (now.path, now.about["started"]) != (path, newest.about["started"]):
        raise UserError(f"{newest.path.parent}: another run was at work there; try again")
