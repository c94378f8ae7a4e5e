"""From a generator to a file of another format, which gets its name if it draws the same."""

import contextlib
import dataclasses
import errno
import logging
import os
import pathlib
import textwrap
import warnings

import keras

from keras_gan.console import native_chatter_hidden, one_line
from keras_gan.errors import UserError
from keras_gan.exports.comparing import checked_difference, named, reference
from keras_gan.exports.targets import Target
from keras_gan.files import write_folder_whole, write_whole


@dataclasses.dataclass(frozen=True)
class Exported:
    """What has been written.

    Attributes:
        size: Integer, in bytes.
        difference: Float, how far a value of an image is from Keras' at most.
        batch: Integer, the size that batches must have; `None` if any.
    """

    size: int
    difference: float
    batch: int | None


def export(generator: keras.Model, target: Target, about: dict) -> Exported:
    """Writes a generator in another format, and compares it with Keras in its own runtime.

    The file gets its name when it has drawn 1,000 images as Keras does.

    Args:
        generator: A Keras model from latents, or a list of latents and labels, to images.
        target: A `Target`.
        about: What `describe` gives of the generator.

    Returns:
        An `Exported`.

    Raises:
        UserError: If the generator cannot be exported, or draws other images then.
        DiskError: If the file cannot be written.
    """
    path, kind = target.path, target.format
    whole = write_whole(path) if kind.SUFFIX else write_folder_whole(path.resolve())
    with whole as temporary:
        with _one_line_of_chatter(f"{path}: cannot be exported as {kind.LABEL}"):
            labels = about.get("classes")
            expected = reference(generator, about["latent_distribution"], labels and len(labels))
            kind.write(named(generator), temporary, about)
            draw, batch = kind.load(temporary)
            what = f"{path}: the exported generator"
            difference = checked_difference(expected, draw, what, batch)
        return Exported(_size(temporary), difference, batch)


@contextlib.contextmanager
def _one_line_of_chatter(what):
    """Hides what converters and runtimes say, and makes one line of what they raise."""
    for name in ("tf2onnx", "absl", "tensorflow"):
        logging.getLogger(name).setLevel(logging.ERROR)
    failure = None
    with native_chatter_hidden(), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            yield
        except Exception as error:  # converters raise of many kinds
            failure = error
    if os.strerror(errno.ENOSPC) in str(failure):  # TensorFlow has errors of its own for it
        failure = OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    if isinstance(failure, (UserError, OSError)):
        raise failure
    if failure is not None:
        reason = textwrap.shorten(one_line(failure), 300)
        backend = keras.backend.backend()
        advice = "" if backend == "tensorflow" else "; set KERAS_BACKEND=tensorflow"
        raise UserError(f"{what} on the backend {backend} ({reason}){advice}") from failure


def _size(path: pathlib.Path) -> int:
    files = path.rglob("*") if path.is_dir() else [path]
    return sum(file.stat().st_size for file in files if file.is_file())
