"""Pictures: grids of images, curves of a training, diagrams of networks."""

import contextlib
import io
import math
import time

import keras
import matplotlib
import numpy as np
from matplotlib.figure import Figure
from PIL import Image, ImageDraw, ImageFont

from keras_gan.console import one_line, say
from keras_gan.data import to_bytes
from keras_gan.errors import DiskError
from keras_gan.files import write_bytes
from keras_gan.models.composite import Composite, frozen

DPI = 100
ZOOM = 3
GAP = 2
TITLE_HEIGHT = 48
TITLE_SIZE = 20
TITLE_FONT = matplotlib.get_data_path() + "/fonts/ttf/DejaVuSans.ttf"
MARGIN = 12
LABEL_WIDTH = 110


def plot_images(images, to_file, title="", columns=10):
    """Draws images in a grid, row by row.

    Args:
        images: Array of shape `(n, 28, 28, 1)`, `uint8` from 0 to 255 or floats
            from 0 (black) to 1 (white).
        to_file: Path of the PNG file to write.
        title: String, drawn above the grid.
        columns: Integer, the number of images in a row.
    """
    content = io.BytesIO()
    titled_mosaic(images, title, columns, ZOOM, MARGIN).save(content, format="png")
    write_bytes(to_file, content.getvalue())


def titled_mosaic(images, title, columns, zoom, margin=0):
    """Images in a grid below a title.

    Pillow draws it in a fraction of the time that a Matplotlib figure takes: there
    is one for every epoch.

    Args:
        images: As in `plot_images`.
        title: String.
        columns: Integer, the number of images in a row.
        zoom: Integer, how many pixels wide and high a pixel of an image becomes.
        margin: Integer, pixels of white around the grid; none above it but the title.

    Returns:
        A `PIL.Image.Image` in shades of grey.
    """
    grid = Image.fromarray(to_bytes(mosaic(np.asarray(images), columns)))
    width, height = (zoom * side for side in grid.size)
    picture = Image.new("L", (width + 2 * margin, TITLE_HEIGHT + height + margin), 255)
    picture.paste(grid.resize((width, height), Image.Resampling.NEAREST), (margin, TITLE_HEIGHT))
    font = ImageFont.truetype(TITLE_FONT, TITLE_SIZE)
    middle = picture.width / 2, TITLE_HEIGHT / 2
    ImageDraw.Draw(picture).text(middle, title, fill=0, anchor="mm", font=font)
    return picture


def mosaic(images, columns):
    """Images side by side in one array, with grey lines between them.

    Args:
        images: Array `(n, height, width, 1)`, `uint8` or floats from 0 to 1.
        columns: Integer, the number of images in a row.

    Returns:
        Array of floats from 0 to 1, `(rows, columns)` of pixels.
    """
    if images.dtype == np.uint8:
        images = images / 255
    rows = math.ceil(len(images) / columns)
    pitch = images.shape[1] + GAP
    grid = np.full((rows * pitch - GAP, columns * pitch - GAP), 0.35)
    for index, image in enumerate(images):
        top, left = pitch * (index // columns), pitch * (index % columns)
        grid[top : top + image.shape[0], left : left + image.shape[1]] = image[..., 0]
    return grid


def evenly(items, n):
    """At most `n` of a list's items, from the first to the last, evenly spaced."""
    chosen = np.unique(np.linspace(0, len(items) - 1, n).round().astype(int))
    return [items[index] for index in chosen if items]


def plot_progress(epochs, rows, to_file):
    """Draws what became of the same latent points: a row for each moment of a training.

    Args:
        epochs: Iterable of integers, the moments.
        rows: List of arrays `(columns, 28, 28, 1)`, one for each moment.
        to_file: Path of the PNG file to write.
    """
    labels = [f"epoch {epoch}" if epoch else "before" for epoch in epochs]
    _plot_rows(rows, labels, to_file, "The same latent points, epoch by epoch")


def plot_walks(walks, to_file):
    """Draws walks between latent points.

    Args:
        walks: Dict that maps a label to an array `(steps, 28, 28, 1)` of the images
            on the way.
        to_file: Path of the PNG file to write.
    """
    _plot_rows(list(walks.values()), list(walks), to_file, "Walks between latent points")


def _plot_rows(rows, labels, to_file, title):
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
    history, to_file, labels, title, y_label, reference=None, limits=(0, None), epochs=None
):
    """Draws values against epochs.

    Args:
        history: Dict that maps a name to its values, one an epoch, as
            `keras.callbacks.History` keeps them.
        to_file: Path of the PNG file to write.
        labels: Dict that maps the names to draw to the labels of their curves.
        title: String, drawn above the curves.
        y_label: String, what the values are.
        reference: `(value, label)` of a horizontal line to compare with, or
            `None`.
        limits: `(bottom, top)` of the vertical axis; `None` fits the values.
        epochs: List of integers, the epochs that the values are of; 1, 2, 3 and
            so on if `None`.
    """
    figure = Figure(figsize=(8, 5), dpi=DPI, layout="constrained")
    axes = figure.add_subplot()
    for name, label in labels.items():
        values = history[name]
        places = epochs or range(1, len(values) + 1)
        marker = "o" if len(values) < 20 else None
        axes.plot(places, values, label=label, marker=marker)
    if reference:
        axes.axhline(reference[0], color="gray", linestyle="--", linewidth=1, label=reference[1])
    axes.set(title=title, xlabel="epoch", ylabel=y_label)
    axes.set_ylim(*limits)
    axes.xaxis.get_major_locator().set_params(integer=True, min_n_ticks=1)
    axes.grid(alpha=0.3)
    axes.legend()
    save_figure(figure, to_file)


def plot_model(model, to_file):
    """Draws a diagram of a network, with shapes and what is trainable.

    As `keras.utils.plot_model`, but laid out and drawn by pygraphviz, whose
    wheels carry Graphviz, so that no system package is needed; and a
    `Composite` is shown as it trains, its discriminator frozen.

    Args:
        model: A built Keras model.
        to_file: Path of the PNG file to write.
    """
    import pygraphviz

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


def save_figure(figure, to_file):
    """Writes a Matplotlib figure as a PNG file, whole."""
    content = io.BytesIO()
    figure.savefig(content, format="png")
    write_bytes(to_file, content.getvalue())


class OptionalPicture:
    """A context that keeps a picture that cannot be drawn from ending what draws it.

    The first time, one line says so. A picture that was drawn, but cannot be
    written, does end it.

    Args:
        name: String, what to call the picture.

    Attributes:
        due: Boolean, whether a hundred times as long as it last took to draw has
            passed since that began; true before the first time.
    """

    def __init__(self, name):
        self.name = name
        self.told = False
        self.next_time = -math.inf

    @property
    def due(self):
        return time.monotonic() >= self.next_time

    def __enter__(self):
        self.start = time.monotonic()
        return self

    def __exit__(self, kind, error, traceback):
        self.next_time = self.start + 100 * (time.monotonic() - self.start)
        if not isinstance(error, Exception) or isinstance(error, DiskError):
            return False
        if not self.told:
            say(f"{self.name} could not be drawn, and is left out: {one_line(error)}")
            self.told = True
        return True
