"""Files that are written whole or not at all, and the names of those that a run leaves."""

import contextlib
import errno
import os
import pathlib
import shutil

from keras_gan.errors import DiskError, UserError

TIME_FORMAT = "%Y-%m-%dT%H:%M:%S"
CONFIG_NAME = "config.json"
CHECKPOINTS_NAME = "checkpoints"
HISTORY_NAME = "history.csv"
SAMPLES_NAME = "samples"
REAL_METRICS_NAME = "real_metrics.json"


@contextlib.contextmanager
def disk_errors(path):
    """Turns an `OSError` into a `DiskError` that names `path`."""
    try:
        yield
    except DiskError:
        raise
    except OSError as error:
        raise DiskError(f"{path}: {error.strerror or error}") from error


@contextlib.contextmanager
def place_errors(path):
    """Turns an `OSError`, as of a name that is too long, into a `UserError` about a place."""
    try:
        yield
    except OSError as error:
        raise UserError(f"{path}: cannot be written there ({error.strerror})") from error


@contextlib.contextmanager
def write_whole(path):
    """Yields a temporary path beside `path`, and renames it when it is complete.

    A reader of `path` sees the old file or the new one, never a part of either,
    even after a power failure. If the block raises, the old file stays as it was.

    Raises:
        DiskError: If the file cannot be written.
    """
    path = pathlib.Path(path)
    temporary = path.with_name(f".{path.stem}.tmp{path.suffix}")
    try:
        with disk_errors(path):
            yield temporary
            with open(temporary, "rb+") as file:
                os.fsync(file.fileno())
            os.replace(temporary, path)
            _sync_folder(path.parent)
    finally:
        with contextlib.suppress(OSError):
            temporary.unlink(missing_ok=True)


@contextlib.contextmanager
def write_folder_whole(path):
    """Yields a new temporary folder beside `path`, and renames it when it is complete.

    If the block raises, nothing is left of it. What a killed process has left is removed
    by the next one.

    Args:
        path: Path of a folder that does not exist, or is empty.

    Raises:
        DiskError: If the folder cannot be written.
    """
    path = pathlib.Path(path)
    temporary = path.with_name(f".{path.name}.tmp")
    try:
        with disk_errors(path):
            shutil.rmtree(temporary, ignore_errors=True)
            temporary.mkdir()
            yield temporary
            if path.is_dir():
                path.rmdir()
            os.replace(temporary, path)
            _sync_folder(path.parent)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def _sync_folder(folder):
    """Puts a new name on the disk, where the system can do that (not on Windows)."""
    with contextlib.suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def write_bytes(path, *parts):
    """Writes a file whole, from bytes in one or more parts."""
    with write_whole(path) as temporary, open(temporary, "wb") as file:
        file.writelines(parts)


def write_text(path, text):
    """Writes a text file whole."""
    write_bytes(path, text.encode("utf-8"))


def append_line(path, line):
    """Appends a line to a text file, in one piece.

    Raises:
        DiskError: If the file cannot be written.
    """
    content = (line + "\n").encode("utf-8")
    with disk_errors(path):
        descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o666)
        try:
            written = os.write(descriptor, content)
            if written < len(content):
                os.ftruncate(descriptor, os.fstat(descriptor).st_size - written)
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        finally:
            os.close(descriptor)


def ensure_folder(folder):
    """Makes a folder if it is missing, and returns its path.

    Raises:
        DiskError: If it cannot be made.
    """
    folder = pathlib.Path(folder)
    with disk_errors(folder):
        folder.mkdir(parents=True, exist_ok=True)
    return folder


def check_can_be_written(file):
    """Raises a `UserError` if a file cannot be made, or written, where it is named."""
    file = pathlib.Path(file).absolute()
    if file.is_file():
        writable = os.access(file, os.W_OK)
    else:
        writable = file.parent.is_dir() and os.access(file.parent, os.W_OK | os.X_OK)
    if file.is_dir() or not writable:
        raise UserError(f"{file}: cannot be written there; name a file in a folder that exists")
