"""The pictures of a training as PNG files: grids, rows, curves, diagrams."""

import contextlib
import io
import os
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

import numpy as np

from keras_gan.files import write_bytes
from keras_gan.pictures.grids import GAP, TITLE_HEIGHT, mosaic, titled_mosaic

if TYPE_CHECKING:
    import keras

DPI = 100
ZOOM = 3
MARGIN = 12
LABEL_WIDTH = 110
# Curves of fewer values than this have a mark at each value.
FEW_VALUES = 20


def plot_images(
    images: np.ndarray,
    to_file: str | os.PathLike,
    title: str = "",
    columns: int = 10,
    row_names: Sequence[str] | None = None,
) -> None:
    """Draws images in a grid, row by row.

    Args:
        images: Array of shape `(n, 28, 28, 1)`, `uint8` from 0 to 255 or floats
            from 0 (black) to 1 (white).
        to_file: Path of the PNG file to write.
        title: String, drawn above the grid.
        columns: Integer, the number of images in a row.
        row_names: List of strings, what to write left of the rows, or `None`.

    Example:

    >>> plot_images(draw_samples(generator, 100), "samples.png", title="Samples")
    """
    content = io.BytesIO()
    picture = titled_mosaic(images, title, columns, ZOOM, MARGIN, row_names)
    picture.save(content, format="png", compress_level=4)  # nearly as small, in half of the time
    write_bytes(to_file, content.getvalue())


def plot_progress(
    epochs: Iterable[int], rows: list[np.ndarray], to_file: str | os.PathLike
) -> None:
    """Draws how the images of some latent vectors change: a row for each of some epochs.

    Args:
        epochs: Iterable of integers, the epochs; 0 is before training.
        rows: List of arrays of shape `(columns, 28, 28, 1)`, one for each epoch.
        to_file: Path of the PNG file to write.
    """
    labels = [f"epoch {epoch}" if epoch else "before" for epoch in epochs]
    _plot_rows(rows, labels, to_file, "The same latent vectors, epoch by epoch")


def plot_walks(walks: dict[str, np.ndarray], to_file: str | os.PathLike) -> None:
    """Draws walks between latent vectors, one in each row.

    Args:
        walks: Dict that maps a label to an array of shape `(steps, 28, 28, 1)`: the
            images of a walk's latent vectors, as `interpolate` gives these.
        to_file: Path of the PNG file to write.

    Example:

    >>> a, b = draw_latents(np.random.default_rng(0), 2, latent_dim=100)
    >>> latents = interpolate(a, b, steps=10, spherical=True)
    >>> plot_walks({"a to b": generator.predict(latents)}, "walks.png")
    """
    _plot_rows(list(walks.values()), list(walks), to_file, "Walks between latent vectors")


def _plot_rows(rows, labels, to_file, title):
    from matplotlib.figure import Figure

    grid = mosaic(np.concatenate(rows), len(rows[0]))
    height, width = (ZOOM * side for side in grid.shape)
    full_width, full_height = width + LABEL_WIDTH + MARGIN, height + MARGIN + TITLE_HEIGHT
    figure = Figure(figsize=(full_width / DPI, full_height / DPI), dpi=DPI)
    axes = figure.add_axes(
        [LABEL_WIDTH / full_width, MARGIN / full_height, width / full_width, height / full_height]
    )
    axes.imshow(grid, cmap="gray", vmin=0, vmax=1, interpolation="nearest", aspect="auto")
    pitch = rows[0].shape[1] + GAP
    axes.set_yticks([pitch * row + pitch / 2 - GAP for row in range(len(rows))], labels)
    axes.set_xticks([])
    axes.tick_params(length=0)
    axes.spines[:].set_visible(False)
    axes.set_title(title, fontsize=14)
    save_figure(figure, to_file)


def plot_curves(
    history: dict[str, list[float]],
    to_file: str | os.PathLike,
    labels: dict[str, str],
    title: str,
    y_label: str,
    reference: tuple[float, str] | None = None,
    limits: tuple[float | None, float | None] = (0, None),
    epochs: list[int] | None = None,
) -> None:
    """Draws curves of values against epochs.

    Args:
        history: Dict that maps a name to its values, one for each epoch, as
            `keras.callbacks.History.history` does.
        to_file: Path of the PNG file to write.
        labels: Dict that maps the names of the curves to draw to their labels.
        title: String, drawn above the curves.
        y_label: String, what the values are.
        reference: `(value, label)` of a horizontal line to compare with, or `None`.
        limits: `(bottom, top)` of the vertical axis; `None` for an end that fits the
            values.
        epochs: List of integers, the epoch of each value; 1, 2, 3 and so on if
            `None`.

    Example:

    >>> labels = {"d_loss": "discriminator", "g_loss": "generator"}
    >>> plot_curves(history.history, "loss.png", labels, title="Loss", y_label="nats")
    """
    from matplotlib.figure import Figure

    figure = Figure(figsize=(8, 5), dpi=DPI)
    # Fitted by hand: Matplotlib's own layout takes as long as all of the drawing.
    axes = figure.add_axes((0.105, 0.11, 0.875, 0.81))
    for name, label in labels.items():
        values = history[name]
        places = epochs or range(1, len(values) + 1)
        marker = "o" if len(values) < FEW_VALUES else None
        axes.plot(places, values, label=label, marker=marker)
    if reference:
        axes.axhline(reference[0], color="gray", linestyle="--", linewidth=1, label=reference[1])
    axes.set(title=title, xlabel="epoch", ylabel=y_label)
    axes.set_ylim(*limits)
    axes.xaxis.get_major_locator().set_params(integer=True, min_n_ticks=1)
    axes.grid(alpha=0.3)
    axes.legend()
    save_figure(figure, to_file)


def plot_model(model: "keras.Model", to_file: str | os.PathLike) -> None:
    """Draws a diagram of a network, with shapes and what is trainable.

    It differs from `keras.utils.plot_model` in two ways. It needs no system package,
    because pygraphviz lays it out, and its wheels include Graphviz. It shows the
    discriminator of a `Composite` as frozen, as it is when the composite trains.

    Args:
        model: A built Keras model.
        to_file: Path of the PNG file to write.

    Example:

    >>> plot_model(build_generator(latent_dim=100), "generator.png")
    """
    import keras
    import pygraphviz

    from keras_gan.gan.composite import Composite, frozen

    freeze = (
        frozen(model.discriminator) if isinstance(model, Composite) else contextlib.nullcontext()
    )
    with freeze:
        dot = keras.utils.model_to_dot(
            model,
            show_shapes=True,
            show_trainable=True,
            show_layer_activations=True,
            expand_nested=True,
            dpi=DPI,
        )
    write_bytes(to_file, pygraphviz.AGraph(dot.to_string()).draw(format="png", prog="dot"))


def save_figure(figure, to_file: str | os.PathLike) -> None:
    """Writes a Matplotlib figure as a PNG file, whole."""
    content = io.BytesIO()
    figure.savefig(content, format="png")
    write_bytes(to_file, content.getvalue())
