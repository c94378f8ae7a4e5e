"""Starts Keras: quietly, and with the code that XLA compiles kept from run to run."""

import contextlib
import hashlib
import importlib.metadata
import logging
import os
import pathlib
import re
import sys
import tempfile

from keras_gan.console import native_chatter_hidden, one_line
from keras_gan.errors import UserError

CPUINFO = pathlib.Path("/proc/cpuinfo")
CACHE_FLAG = "--tf_xla_persistent_cache_directory="
KEPT_PROGRAMS = 40


def start_keras() -> None:
    """Imports Keras and its backend, if this has not been done yet.

    Raises:
        UserError: If the backend is unknown, or not installed.
    """
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    # On a GPU, take memory as it is needed: others use it, too.
    os.environ.setdefault("TF_FORCE_GPU_ALLOW_GROWTH", "true")
    os.environ.setdefault("XLA_PYTHON_CLIENT_PREALLOCATE", "false")
    logging.getLogger("tensorflow").setLevel(logging.ERROR)
    with contextlib.suppress(Exception):  # without a place to keep it, XLA compiles it again
        _keep_compiled_code()
    try:
        with native_chatter_hidden():
            importlib.import_module("keras")
    except (ImportError, ValueError) as error:  # Keras raises the latter for an unknown backend
        raise UserError(
            f"Keras cannot start ({one_line(error)}); "
            "install what it needs with: pip install -r requirements.txt"
        ) from error


def start_backend() -> None:
    """Starts Keras, and its backend on its device, whose start-up notes are hidden.

    Raises:
        UserError: As `start_keras` does.
    """
    start_keras()
    with native_chatter_hidden():
        importlib.import_module("keras").ops.zeros(1)


def cache_folder() -> pathlib.Path:
    """This package's folder in the cache folder of Keras."""
    return pathlib.Path(os.environ.get("KERAS_HOME", "~/.keras")).expanduser() / "keras_gan"


def _keep_compiled_code():
    """Tells TensorFlow where to keep what XLA compiles; it reads that when it is imported.

    TensorFlow's own key leaves out the processor, XLA's flags and versions, so the
    folder is named after them. It does not survive a damaged file, so each file has
    its checksum beside it, and one that does not agree is deleted.
    """
    flags = os.environ.get("TF_XLA_FLAGS", "")
    other_backend = os.environ.get("KERAS_BACKEND", "tensorflow") != "tensorflow"
    if other_backend or "tensorflow" in sys.modules or CACHE_FLAG in flags:
        return
    found = re.search(r"(?m)^(flags|Features)\s*: .*", CPUINFO.read_text())
    versions = [importlib.metadata.version(name) for name in ("tensorflow", "keras")]
    key = "\n".join([*versions, flags, os.environ.get("XLA_FLAGS", ""), found[0]])
    folder = cache_folder() / "xla" / hashlib.sha256(key.encode()).hexdigest()[:16]
    folder.mkdir(parents=True, exist_ok=True)
    if " " in str(folder):  # TensorFlow would cut the flag there
        return
    with tempfile.TemporaryFile(dir=folder) as probe:  # XLA fails where it cannot write
        probe.write(b"x")
    programs = sorted(folder.glob("*.pb"), key=lambda path: path.stat().st_mtime, reverse=True)
    for number, program in enumerate(programs):
        checksum = _checksum_file(program)
        whole = checksum.is_file() and checksum.read_bytes() == _checksum(program)
        if number >= KEPT_PROGRAMS or not whole:
            program.unlink(missing_ok=True)
            checksum.unlink(missing_ok=True)
    os.environ["TF_XLA_FLAGS"] = f"{flags} {CACHE_FLAG}{folder}".strip()


def keep_checksums() -> None:
    """Writes the checksums of what XLA has compiled since the process started."""
    flag = re.search(rf"{CACHE_FLAG}(\S+)", os.environ.get("TF_XLA_FLAGS", ""))
    for program in pathlib.Path(flag[1]).glob("*.pb") if flag else ():
        with contextlib.suppress(OSError):
            if not _checksum_file(program).exists():
                _checksum_file(program).write_bytes(_checksum(program))


def _checksum(path):
    return hashlib.sha256(path.read_bytes()).hexdigest().encode()


def _checksum_file(program):
    return program.with_suffix(".sha256")
