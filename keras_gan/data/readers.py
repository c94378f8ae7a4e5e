"""The user's own images: read from an `.npz`, an IDX file, or a folder of image files."""

import dataclasses
import gzip
import itertools
import math
import pathlib
import re
import stat
import struct

import numpy as np

from keras_gan.console import one_line
from keras_gan.data.dataset import Dataset, checked_dataset
from keras_gan.data.pixels import IMAGE_SHAPE
from keras_gan.errors import UserError
from keras_gan.kinds import are_names

IMAGE_SUFFIXES = (".png", ".jpg", ".jpeg", ".bmp", ".gif", ".tif", ".tiff", ".webp")
ZIP_MAGIC = b"PK"
GZIP_MAGIC = b"\x1f\x8b"
IDX_MAGIC = b"\0\0"
IDX_UNSIGNED_BYTE = 8
SPECIAL_FILES = (
    (stat.S_ISFIFO, "a named pipe"),
    (stat.S_ISSOCK, "a socket"),
    (stat.S_ISCHR, "a device"),
    (stat.S_ISBLK, "a device"),
)


def read_path(path: pathlib.Path) -> Dataset:
    """Reads a data set from a path.

    Args:
        path: Path of an `.npz`, an IDX file or a folder, as `load_data` describes
            them. The first bytes of a file tell its kind, not its name.

    Returns:
        A `Dataset`.

    Raises:
        UserError: If there is nothing at the path, or nothing that can be read.
    """
    try:
        if not path.exists():
            raise UserError(f"{path}: no such file or folder")
        if path.is_dir():
            return _read_folder(path)
        _check_is_file(path)
        with open(path, "rb") as file:
            magic = file.read(2)
        if magic == ZIP_MAGIC:
            return _read_npz(path)
        if magic in (GZIP_MAGIC, IDX_MAGIC):
            return _read_idx(path)
    except UserError:
        raise
    except Exception as error:  # a broken file makes readers raise errors of many types
        raise UserError(f"{path}: cannot be read ({one_line(error)})") from error
    raise UserError(f"{path}: expected an .npz, an IDX file (gzipped or not) or a folder of images")


def _check_is_file(path):
    """Refuses what may have no end, or never begin: reading it could hang."""
    mode = path.stat().st_mode
    for is_kind, kind in SPECIAL_FILES:
        if is_kind(mode):
            raise UserError(f"{path}: is {kind}; expected a file, so copy the images into one")


def _read_npz(path):
    with np.load(path, allow_pickle=False) as arrays:
        for names in (("x_train", "y_train", "x_test", "y_test"), ("x", "y")):
            if names[0] in arrays:
                images, labels, *test = (arrays.get(name) for name in names)
                dataset = checked_dataset(images, labels, str(path), *test)
                return _with_names(dataset, arrays.get("class_names"))
        found = ", ".join(arrays) or "none"
    raise UserError(f"{path}: expected an array x_train or x, found the arrays: {found}")


def _with_names(dataset, names):
    """The data set with the names of its classes, if an array has them, one for each label."""
    if names is None or dataset.labels is None:
        return dataset
    lowest, highest = dataset.label_values[[0, -1]]
    if names.ndim != 1 or names.dtype.kind != "U" or lowest < 0 or highest >= len(names):
        raise UserError(
            f"{dataset.source}: expected class_names to be a string for each label from 0 on, "
            f"found labels from {lowest} to {highest}, and names of shape {names.shape} and dtype "
            f"{names.dtype}"
        )
    names = tuple(map(str, names))
    if not are_names(names):
        raise UserError(f"{dataset.source}: expected class_names to differ, and none to be empty")
    return dataclasses.replace(dataset, class_names=names)


def _read_idx(path):
    images, labels = _read_idx_pair(path)
    test_path = path.with_name(path.name.replace("train-", "t10k-"))
    test = _read_idx_pair(test_path) if test_path != path and test_path.exists() else ()
    return checked_dataset(images, labels, str(path), *test)


def _read_idx_pair(path):
    """Reads images and, if the file of their labels lies in the same folder, the labels."""
    labels_path = path.with_name(re.sub(r"images([-.])idx3", r"labels\1idx1", path.name))
    has_labels = labels_path != path and labels_path.exists()
    labels = _read_idx_array(labels_path, dimensions=1) if has_labels else None
    return _read_idx_array(path, dimensions=3), labels


def _read_idx_array(path, dimensions):
    """Reads unsigned bytes in [IDX format](https://yann.lecun.com/exdb/mnist/)."""
    _check_is_file(path)
    with open(path, "rb") as file:
        opener = gzip.open if file.read(2) == GZIP_MAGIC else open
    with opener(path, "rb") as file:
        header = file.read(4 + 4 * dimensions)
        if header[:4] != IDX_MAGIC + bytes([IDX_UNSIGNED_BYTE, dimensions]):
            raise UserError(
                f"{path}: expected an IDX file of unsigned bytes in {dimensions} dimensions, "
                f"found the first bytes {header[:4].hex(' ') or '(none)'}"
            )
        shape = struct.unpack(f">{dimensions}I", header[4:])
        size = math.prod(shape)
        values = file.read(size + 1)
    if len(values) != size:
        found = "more" if len(values) > size else f"{len(values):,}"
        raise UserError(f"{path}: expected {size:,} bytes for the shape {shape}, found {found}")
    return np.frombuffer(values, "uint8").reshape(shape)


def _read_folder(path):
    folders = sorted(folder for folder in path.iterdir() if not folder.name.startswith("."))
    classes = [folder for folder in folders if _image_files(folder)]
    unsorted = _image_files(path)
    if classes and unsorted:
        raise UserError(f"{path}: found images both in the folder and in sub-folders of it")
    if not classes and not unsorted:
        raise UserError(f"{path}: no images there ({', '.join(IMAGE_SUFFIXES)})")
    if unsorted:
        return checked_dataset(_read_images(unsorted), None, str(path))
    files = [_image_files(folder) for folder in classes]
    labels = np.repeat(np.arange(len(classes)), [len(names) for names in files])
    dataset = checked_dataset(_read_images(itertools.chain(*files)), labels, str(path))
    return dataclasses.replace(dataset, class_names=tuple(folder.name for folder in classes))


def _image_files(folder):
    if not folder.is_dir():
        return []
    return sorted(
        file
        for file in folder.iterdir()
        if file.suffix.lower() in IMAGE_SUFFIXES and not file.name.startswith(".")
    )


def _read_images(files):
    from PIL import Image

    images = []
    for file in files:
        try:
            _check_is_file(file)
            with Image.open(file) as image:
                if image.size != IMAGE_SHAPE[:2]:
                    raise UserError(
                        f"{file}: expected 28x28 pixels, found {image.size[0]}x{image.size[1]}"
                    )
                if image.mode.startswith(("I", "F")):
                    raise UserError(f"{file}: expected 8 bits a pixel, found mode {image.mode}")
                images.append(np.asarray(image.convert("L")))
        except UserError:
            raise
        except Exception as error:
            raise UserError(f"{file}: cannot be read ({one_line(error)})") from error
    return np.stack(images)
