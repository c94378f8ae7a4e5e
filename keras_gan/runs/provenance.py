"""Where a run came from: all that it takes to repeat it, or to know that another is the same."""

import dataclasses
import importlib
import json
import os
import platform
import time

import keras
import numpy as np

import keras_gan
from keras_gan.files import TIME_FORMAT

# What a run may be resumed with, but perhaps not to the last digit of its figures.
SAME_DIGITS = ("versions", "device", "yardstick")
FOR_RESUMING = ("settings", "places", "data_path", "architectures")


def describe_run(config, dataset, yardstick, device, backend, architectures) -> dict:
    """What a checkpoint and `config.json` tell of a run; JSON can hold it."""
    return {
        "settings": dataclasses.asdict(config) | {"quiet": False},
        "places": {
            name: seen_from(config.models_dir, path)
            for name, path in (("plots_dir", config.plots_dir), ("log", config.log))
            if path is not None
        },
        "data_path": config.data and os.path.abspath(config.data),
        "architectures": architectures,
        "started": time.strftime(TIME_FORMAT),
        "source": dataset.source,
        "images": len(dataset.images),
        "images_checksum": dataset.checksum,
        "labels_checksum": dataset.labels_checksum,
        "classes": list(dataset.classes) if config.conditional else None,
        "backend": backend,
        "device": device,
        "yardstick": yardstick and yardstick.identity,
        "versions": {
            "keras_gan": keras_gan.__version__,
            "python": platform.python_version(),
            "keras": keras.__version__,
            backend: importlib.import_module(backend).__version__,
            "numpy": np.__version__,
        },
    }


def settings_text(about: dict) -> str:
    """The same as the text of `config.json`, the settings first."""
    rest = {name: value for name, value in about.items() if name not in FOR_RESUMING}
    return json.dumps(about["settings"] | rest, indent=2) + "\n"


def seen_from(folder, path) -> str:
    """A path as seen from a folder."""
    try:
        return os.path.relpath(path, folder)
    except ValueError:  # on Windows, another drive
        return os.path.abspath(path)


def place(models_dir, path) -> str:
    """A path that was recorded as seen from the models' folder, as seen from here."""
    return seen_from(os.curdir, os.path.join(models_dir, path))
