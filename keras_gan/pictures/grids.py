"""Images side by side, as an array or as one picture."""

import functools
import math
from collections.abc import Sequence

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from keras_gan.data import to_bytes

GAP = 2
GAP_SHADE = 0.35
TITLE_HEIGHT = 48
TITLE_SIZE = 20
SMALL_SIZE = 14
NAME_GAP = 10


def mosaic(images: np.ndarray, columns: int) -> np.ndarray:
    """Puts images side by side in one array, with grey lines between them.

    Args:
        images: Array of shape `(n, height, width, 1)`, `uint8` from 0 to 255 or
            floats from 0 to 1.
        columns: Integer, the number of images in a row.

    Returns:
        Array of floats from 0 (black) to 1 (white), with a row for each row of pixels.
    """
    if images.dtype == np.uint8:
        images = images / 255
    rows = math.ceil(len(images) / columns)
    pitch = images.shape[1] + GAP
    grid = np.full((rows * pitch - GAP, columns * pitch - GAP), GAP_SHADE)
    for index, image in enumerate(images):
        top, left = pitch * (index // columns), pitch * (index % columns)
        grid[top : top + image.shape[0], left : left + image.shape[1]] = image[..., 0]
    return grid


def titled_mosaic(
    images: np.ndarray,
    title: str,
    columns: int,
    zoom: int,
    margin: int = 0,
    row_names: Sequence[str] | None = None,
) -> Image.Image:
    """Draws images in a grid below a title.

    Pillow draws it, because a Matplotlib figure takes several times as long, and a
    training draws one each epoch.

    Args:
        images: Array of shape `(n, 28, 28, 1)`, `uint8` from 0 to 255 or floats from
            0 to 1.
        title: String.
        columns: Integer, the number of images in a row.
        zoom: Integer, the width and height of an image's pixel in the picture.
        margin: Integer, the white pixels left of, right of and below the grid.
        row_names: List of strings, drawn left of the rows, or `None`.

    Returns:
        A `PIL.Image.Image` in shades of grey. Its width is even.
    """
    grid = Image.fromarray(to_bytes(mosaic(np.asarray(images), columns)))
    width, height = (zoom * side for side in grid.size)
    font = _font(TITLE_SIZE if zoom > 2 else SMALL_SIZE)
    left = margin
    if row_names:
        widest = max(font.getlength(name) for name in row_names)
        left += 2 * math.ceil((widest + NAME_GAP) / 2)
    picture = Image.new("L", (left + width + margin, TITLE_HEIGHT + height + margin), 255)
    picture.paste(grid.resize((width, height), Image.Resampling.NEAREST), (left, TITLE_HEIGHT))
    draw = ImageDraw.Draw(picture)
    middle = picture.width / 2, TITLE_HEIGHT / 2
    draw.text(middle, title, fill=0, anchor="mm", font=_font(TITLE_SIZE))
    pitch = zoom * (images.shape[1] + GAP)
    for row, name in enumerate(row_names or ()):
        place = left - NAME_GAP, TITLE_HEIGHT + pitch * row + zoom * images.shape[1] / 2
        draw.text(place, name, fill=0, anchor="rm", font=font)
    return picture


@functools.cache
def _font(size):
    """Matplotlib's own font, so that grids look like its figures."""
    import matplotlib

    return ImageFont.truetype(matplotlib.get_data_path() + "/fonts/ttf/DejaVuSans.ttf", size)


def evenly(items: list, n: int) -> list:
    """Selects at most `n` items of a list, evenly spaced, the first and the last included."""
    chosen = np.unique(np.linspace(0, len(items) - 1, n).round().astype(int))
    return [items[index] for index in chosen if items]
