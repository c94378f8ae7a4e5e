"""What a run has left so far, ready for a page."""

import base64
import csv
import functools
import io
import json
import math
import pathlib
import zipfile

import numpy as np
from PIL import Image

from keras_gan.console import one_line
from keras_gan.data import to_bytes
from keras_gan.errors import UserError
from keras_gan.files import CONFIG_NAME, HISTORY_NAME, REAL_METRICS_NAME, SAMPLES_NAME
from keras_gan.models.losses import LOSSES
from keras_gan.plots import evenly, mosaic

MAX_GRIDS = 101
GRID_QUALITY = 70
# What config.json tells of a run beside its recipe, and what a page needs of both.
CIRCUMSTANCES = ("source", "images", "backend", "device")
NEEDED = {"loss", "preset", "epochs", "seed", "started", "versions", *CIRCUMSTANCES}


def read_run(models_dir, plots_dir=None, name=None):
    """Reads what a run has left so far.

    Args:
        models_dir: Path of the folder with its history, settings and samples.
        plots_dir: Path of the folder with its diagrams, or `None`.
        name: String, what to call it.

    Returns:
        A dict with `name`, `settings`, `history` (lists by name, `None` where an
        epoch has no value), `real` (what real images score), `epochs`, `images` (a
        grid of samples for each of these, as data URIs), and `diagrams`.

    Raises:
        UserError: If the folder holds no run.
    """
    models_dir = pathlib.Path(models_dir)
    try:
        settings = json.loads((models_dir / CONFIG_NAME).read_text(encoding="utf-8"))
        history = _read_history(models_dir / HISTORY_NAME)
        real = _read_figures(models_dir / REAL_METRICS_NAME)
        grids = evenly(sorted((models_dir / SAMPLES_NAME).glob("e[0-9]*.npz")), MAX_GRIDS)
        images = [_grid(path, path.stat().st_mtime_ns) for path in grids]
        missing = NEEDED - settings.keys()
        if missing:
            raise ValueError(f"{CONFIG_NAME} does not tell {min(missing)}")
        if settings["loss"] not in LOSSES:
            raise ValueError(f"unknown loss {settings['loss']}")
    except (OSError, ValueError, LookupError, TypeError, EOFError, zipfile.BadZipFile) as error:
        raise UserError(
            f"{models_dir}: holds no run of this version that can be read ({one_line(error)})"
        ) from error
    diagrams = {}
    for network in ("generator", "discriminator", "gan"):
        picture = pathlib.Path(plots_dir or models_dir) / f"{network}_plot.png"
        if picture.is_file():
            diagrams[network] = _data_uri("png", picture.read_bytes())
    return {
        "name": name or str(models_dir),
        "settings": settings,
        "history": history,
        "real": real,
        "epochs": [int(path.stem[1:]) for path in grids],
        "images": images,
        "diagrams": diagrams,
    }


def _read_history(path):
    if not path.is_file():
        return {"epoch": []}
    with open(path, newline="") as file:
        reader = csv.DictReader(file)
        rows, names = list(reader), reader.fieldnames
    history = {name: [_number(row[name]) for row in rows] for name in names or ["epoch"]}
    history["epoch"] = [int(epoch) for epoch in history["epoch"]]
    return history


def _number(text):
    """A number, or `None` where there is none that could be drawn."""
    value = float(text) if text else math.nan
    return value if math.isfinite(value) else None


def _read_figures(path):
    figures = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
    return {name: float(value) for name, value in dict(figures).items()}


@functools.lru_cache(maxsize=4 * MAX_GRIDS)
def _grid(path, modified):
    """A grid of samples as a data URI; `modified` tells a new file of an old name."""
    with np.load(path) as file:
        grid = mosaic(file["x"], columns=10)
    content = io.BytesIO()
    Image.fromarray(to_bytes(grid)).save(content, format="WEBP", quality=GRID_QUALITY)
    return _data_uri("webp", content.getvalue())


def _data_uri(kind, content):
    return f"data:image/{kind};base64,{base64.b64encode(content).decode()}"
