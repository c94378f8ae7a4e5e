"""Images as pictures: a PNG for each, or one grid of them."""

import hashlib
import io
import math
import pathlib
import re

import numpy as np
from PIL import Image

from keras_gan.data import to_bytes
from keras_gan.generation.outputs import CARD_NAME
from keras_gan.generation.stream import Stream
from keras_gan.pictures.grids import GAP_SHADE, mosaic

ZOOM = 2


def png_bytes(image: np.ndarray) -> bytes:
    """Encodes an image as PNG.

    Args:
        image: `uint8` array of shape `(height, width)`.
    """
    content = io.BytesIO()
    Image.fromarray(image).save(content, format="PNG")
    return content.getvalue()


def write_folder(stream: Stream, folder: pathlib.Path) -> str:
    """Writes a PNG for each image; where there are labels, in a sub-folder for each class.

    Args:
        stream: A `Stream`.
        folder: Path of an empty folder.

    Returns:
        String, the SHA-256 of what `sha256sum` prints of the files in their order.
    """
    names = folder_names(stream.class_names) if stream.labelled else None
    for label in stream.labels or ():
        (folder / names[label]).mkdir()
    listing = hashlib.sha256()
    for number, image, label in stream.numbered():
        content = png_bytes(image)
        place = stream.name_of(number)
        if names:
            place = f"{names[label]}/{place}"
        with open(folder / place, "wb") as file:
            file.write(content)
        listing.update(f"{hashlib.sha256(content).hexdigest()}  ./{place}\n".encode())
    return listing.hexdigest()


def folder_names(class_names: tuple[str, ...]) -> list[str]:
    """Names of classes as names that a folder may have on any system, all different."""
    names = [re.sub(r"[^\w .()+-]", "_", name).strip(" .") or "_" for name in class_names]
    taken = {name.casefold() for name in names}
    if len(taken) < len(names) or CARD_NAME.casefold() in taken:
        names = [f"{label} {name}" for label, name in enumerate(names)]
    return names


def write_grid(stream: Stream, path) -> None:
    """Writes one picture of all images: a row for each class, or a square without classes.

    Args:
        stream: A `Stream`.
        path: Path of the PNG.
    """
    images = np.concatenate([images for images, _ in stream.batches])
    rows = len(stream.labels) if stream.labelled else 1
    columns = math.ceil(len(images) / rows)
    if rows > 1:
        full = np.full((columns * rows, *images.shape[1:]), round(255 * GAP_SHADE), "uint8")
        full[: len(images)] = images
        images = full.reshape(columns, rows, *images.shape[1:]).swapaxes(0, 1)
        images = images.reshape(full.shape)
    else:
        columns = math.ceil(math.sqrt(columns))
    grid = Image.fromarray(to_bytes(mosaic(images, columns)))
    size = tuple(ZOOM * side for side in grid.size)
    grid.resize(size, Image.Resampling.NEAREST).save(path, format="PNG")
