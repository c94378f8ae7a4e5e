"""What an evaluation found: a table for people, JSON for programs, a picture."""

import json

import numpy as np
from matplotlib.figure import Figure

from keras_gan.files import write_text
from keras_gan.plots import DPI, mosaic, save_figure

ROW = "{:<20}{:>12}{:>12}   {}"


def table(result):
    """The scores as text, a line each.

    Args:
        result: A `Result`.

    Returns:
        String without a line break at its end.
    """
    lines = [ROW.format("score", "value", "real", "what it means")]
    for name, score in result.scores.items():
        lines.append(
            ROW.format(name, f"{score.value:.4f}", f"{score.reference:.4f}", score.meaning)
        )
    if result.class_shares:
        shares = "  ".join(
            f"{index}: {share:.1%}" for index, share in enumerate(result.class_shares)
        )
        lines += ["", f"share of each class:  {shares}"]
    return "\n".join(lines)


def save_json(result, path, about):
    """Writes the scores for programs.

    Args:
        result: A `Result`.
        path: Path of the file.
        about: Dict of what was measured with what, which goes before the scores.
    """
    scores = {
        name: {"value": score.value, "real": score.reference}
        for name, score in result.scores.items()
    }
    content = {**about, "scores": scores, "class_shares": result.class_shares}
    write_text(path, json.dumps(content, indent=2) + "\n")


def plot_result(result, samples, train_images, path):
    """Draws samples by their class, each class's share, and the likeliest copies.

    Args:
        result: A `Result`.
        samples: `uint8` array `(n, 28, 28, 1)`, the samples it is about.
        train_images: `uint8` array `(m, 28, 28, 1)`.
        path: Path of the PNG file to write.
    """
    figure = Figure(figsize=(13, 7), dpi=DPI, layout="constrained")
    left, right = figure.add_gridspec(1, 2, width_ratios=(7, 6))
    axes = figure.add_subplot(left)
    if result.classes is None:
        _show(axes, samples[:100], "Samples")
    else:
        _show(
            axes,
            _by_class(samples, result.classes, len(result.class_shares)),
            "Samples, a row for each class",
        )
        upper, lower = right.subgridspec(2, 1, height_ratios=(3, 2))
        _draw_shares(figure.add_subplot(upper), result.class_shares)
        right = lower
    likeliest = np.argsort(result.copies.distances, kind="stable")[:10]
    nearest = train_images[result.copies.indices[likeliest]]
    _show(
        figure.add_subplot(right),
        np.concatenate([samples[likeliest], nearest]),
        "The samples most like a copy,\nand below each the nearest training image",
    )
    save_figure(figure, path)


def _by_class(samples, classes, count):
    rows = []
    for label in range(count):
        row = samples[classes == label][:10]
        blanks = np.zeros((10 - len(row), *samples.shape[1:]), "uint8")
        rows.append(np.concatenate([row, blanks]))
    return np.concatenate(rows)


def _show(axes, images, title):
    axes.imshow(mosaic(images, 10), cmap="gray", vmin=0, vmax=1, interpolation="nearest")
    axes.set_axis_off()
    axes.set_title(title)


def _draw_shares(axes, shares):
    bars = axes.bar(range(len(shares)), [100 * share for share in shares])
    axes.bar_label(
        bars, fmt="%.1f", padding=3, bbox={"facecolor": "white", "linewidth": 0, "pad": 1}
    )
    axes.axhline(
        100 / len(shares), color="gray", linestyle="--", linewidth=1, zorder=0, label="even"
    )
    axes.set(title="Share of each class", xlabel="class", ylabel="% of the samples")
    axes.set_xticks(range(len(shares)))
    axes.margins(y=0.12)
    axes.legend()
