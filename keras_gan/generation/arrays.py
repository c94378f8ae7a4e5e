"""Images as arrays in a file: Keras' `.npz` and MNIST's IDX, written as the images come."""

import contextlib
import gzip
import struct
import zipfile

import numpy as np

from keras_gan.errors import UserError
from keras_gan.generation.stream import Stream

# More would take longer than drawing, for a little less space.
LEVEL = 1
UNSIGNED_BYTE = 8
MAX_CLASSES = 256


def write_npz(stream: Stream, path) -> None:
    """Writes an `.npz` in the layout of Keras' `mnist.npz`.

    It holds `x_train`, `uint8` of shape `(n, 28, 28)`; where there are labels, `y_train`,
    `(n,)`; and where these have other names than their numbers, `class_names`.

    Args:
        stream: A `Stream`.
        path: Path of the file.
    """
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=LEVEL) as archive:
        all_labels = []
        with archive.open("x_train.npy", "w", force_zip64=True) as member:
            _write_header(member, "|u1", (stream.count, 28, 28))
            for images, labels in stream.batches:
                member.write(images.tobytes())
                if labels is not None:
                    small = len(stream.class_names) <= MAX_CLASSES
                    all_labels.append(labels.astype("uint8" if small else "int64"))
        if stream.labelled:
            _write_array(archive, "y_train", np.concatenate(all_labels))
            if stream.class_names != tuple(map(str, range(len(stream.class_names)))):
                _write_array(archive, "class_names", np.array(stream.class_names))


def _write_array(archive, name, array):
    with archive.open(f"{name}.npy", "w", force_zip64=True) as member:
        _write_header(member, np.lib.format.dtype_to_descr(array.dtype), array.shape)
        member.write(array.tobytes())


def _write_header(member, descr, shape):
    header = {"descr": descr, "fortran_order": False, "shape": shape}
    np.lib.format.write_array_header_1_0(member, header)


def write_idx(stream: Stream, path, labels_path=None) -> None:
    """Writes [IDX files](https://yann.lecun.com/exdb/mnist/), as MNIST has them.

    Args:
        stream: A `Stream`.
        path: Path of the file of images. If it ends in .gz, it is compressed; so is that
            of the labels.
        labels_path: Path of the file of labels, if there are any.

    Raises:
        UserError: If a label does not fit in a byte.
    """
    if stream.labelled and len(stream.class_names) > MAX_CLASSES:
        raise UserError(
            f"IDX has room for {MAX_CLASSES} classes, not {len(stream.class_names)}; "
            "name another format"
        )
    with _opened(path) as images_file:
        images_file.write(_idx_header(stream.count, 28, 28))
        all_labels = []
        for images, labels in stream.batches:
            images_file.write(images.tobytes())
            if labels is not None:
                all_labels.append(labels.astype("uint8").tobytes())
    if stream.labelled:
        with _opened(labels_path) as labels_file:
            labels_file.write(_idx_header(stream.count) + b"".join(all_labels))


@contextlib.contextmanager
def _opened(path):
    with open(path, "wb") as file:
        if path.suffix != ".gz":
            yield file
        else:  # without a name, which is a temporary one
            with gzip.GzipFile("", "wb", LEVEL, file, mtime=0) as packed:
                yield packed


def _idx_header(*shape):
    return bytes([0, 0, UNSIGNED_BYTE, len(shape)]) + struct.pack(f">{len(shape)}I", *shape)
