"""The result of an evaluation: a table for people, JSON for programs, a picture."""

import json
import os

import numpy as np

from keras_gan.evaluation.evaluate import Result
from keras_gan.files import write_text
from keras_gan.pictures.grids import mosaic
from keras_gan.pictures.plots import DPI, save_figure

COLUMNS = 10


def save_json(result: Result, path: str | os.PathLike, about: dict) -> None:
    """Writes the scores for programs.

    Args:
        result: A `Result`.
        path: Path of the file to write.
        about: Dict of what was measured, and with what. It is written before the scores.
    """
    scores = {
        name: {"value": score.value, "real": score.reference}
        for name, score in result.scores.items()
    }
    content = {**about, "scores": scores, "class_shares": result.class_shares}
    write_text(path, json.dumps(content, indent=2) + "\n")


def plot_result(
    result: Result, samples: np.ndarray, train_images: np.ndarray, path: str | os.PathLike
) -> None:
    """Draws samples of each class, the share of each class, and the likeliest copies.

    Args:
        result: A `Result`.
        samples: `uint8` array of shape `(n, 28, 28, 1)`, the samples it is about.
        train_images: `uint8` array of shape `(m, 28, 28, 1)`.
        path: Path of the PNG file to write.
    """
    from matplotlib.figure import Figure

    figure = Figure(figsize=(13, 7), dpi=DPI, layout="constrained")
    left, right = figure.add_gridspec(1, 2, width_ratios=(7, 6))
    axes = figure.add_subplot(left)
    if result.classes is None:
        _draw_images(axes, samples[: COLUMNS**2], "Samples")
    else:
        _draw_images(
            axes,
            _by_class(samples, result.classes, len(result.class_shares)),
            "Samples, a row for each class",
            list(result.class_shares),
        )
        upper, lower = right.subgridspec(2, 1, height_ratios=(3, 2))
        _draw_shares(figure.add_subplot(upper), result.class_shares)
        right = lower
    likeliest = np.argsort(result.copies.distances, kind="stable")[:COLUMNS]
    nearest = train_images[result.copies.indices[likeliest]]
    _draw_images(
        figure.add_subplot(right),
        np.concatenate([samples[likeliest], nearest]),
        "The samples nearest to a training image,\nand below each of them that image",
    )
    save_figure(figure, path)


def _by_class(samples, classes, count):
    """The first samples of each class, a row for each; black where there are too few."""
    rows = []
    for label in range(count):
        row = samples[classes == label][:COLUMNS]
        blanks = np.zeros((COLUMNS - len(row), *samples.shape[1:]), "uint8")
        rows.append(np.concatenate([row, blanks]))
    return np.concatenate(rows)


def _draw_images(axes, images, title, row_names=()):
    grid = mosaic(images, COLUMNS)
    axes.imshow(grid, cmap="gray", vmin=0, vmax=1, interpolation="nearest")
    axes.set_title(title)
    axes.set_xticks([])
    middles = (np.arange(len(row_names)) + 0.5) * len(grid) / max(len(row_names), 1)
    axes.set_yticks(middles, row_names)
    axes.tick_params(length=0)
    axes.spines[:].set_visible(False)


def _draw_shares(axes, shares):
    bars = axes.bar(range(len(shares)), [100 * share for share in shares.values()])
    axes.bar_label(
        bars, fmt="%.1f", padding=3, bbox={"facecolor": "white", "linewidth": 0, "pad": 1}
    )
    axes.axhline(
        100 / len(shares), color="gray", linestyle="--", linewidth=1, zorder=0, label="even"
    )
    axes.set(title="Share of each class", xlabel="class", ylabel="% of the samples")
    long_names = max(map(len, shares)) > 2
    axes.set_xticks(range(len(shares)), shares, rotation=90 if long_names else 0)
    axes.margins(y=0.12)
    axes.legend()
