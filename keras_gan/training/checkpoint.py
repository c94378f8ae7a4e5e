"""The whole state of a run in one file, from which it goes on as if it had never stopped."""

import dataclasses
import hashlib
import io
import json
import pathlib

import numpy as np

from keras_gan.errors import UserError
from keras_gan.files import disk_errors, write_bytes
from keras_gan.training.state import Position, finite_arrays

KEPT = 2
HEADER = b"keras_gan checkpoint 1\n"
CHECKSUM_LENGTH = 65


@dataclasses.dataclass(frozen=True)
class Checkpoint:
    """What a checkpoint file holds.

    Attributes:
        path: The path of the file.
        about: Dict, whatever describes the run: settings, versions, data.
        position: A `Position`.
        arrays: List of arrays, the values of the run's variables.
        checksum: String, of the file.
        newest: The path of the newest checkpoint beside it, if it is another.
    """

    path: pathlib.Path
    about: dict
    position: Position
    arrays: list[np.ndarray]
    checksum: str
    newest: pathlib.Path | None = None


def save_checkpoint(folder, about, position, variables, lasting=None):
    """Writes a checkpoint, whole, and deletes all others but the one before it.

    Args:
        folder: Path of the folder for checkpoints, made if it is missing.
        about: Dict that JSON can hold.
        position: A `Position`.
        variables: List of Keras variables.
        lasting: Integer, an epoch whose checkpoint is not deleted either, or `None`.

    Returns:
        The path of the file.

    Raises:
        DiskError: If the file cannot be written.
        DivergenceError: If a variable is not finite. Then nothing is written,
            and the earlier checkpoints stay.
    """
    arrays = finite_arrays(variables, position)
    state = vars(position) | {"rng": position.rng.bit_generator.state}
    content = io.BytesIO()
    text = json.dumps({"about": about, "position": state}).encode()
    np.savez(content, np.frombuffer(text, "uint8"), *arrays)
    content = content.getbuffer()
    checksum = hashlib.sha256(content).hexdigest().encode()

    folder = pathlib.Path(folder)
    path = folder / _name(position.epoch, position.step)
    with disk_errors(path):
        folder.mkdir(exist_ok=True)
        write_bytes(path, HEADER, checksum, b"\n", content)
        _remove_others(folder, path, lasting)
    return path


def _name(epoch, step):
    return f"epoch_{epoch:06}_step_{step:06}.ckpt"


def _remove_others(folder, path, lasting):
    # One from a later step is of no use any more: it was passed over, or this is another run.
    before = [other for other in _newest_first(folder) if other.name < path.name]
    kept = {path, *before[: KEPT - 1]}
    if lasting is not None:
        kept.update(other for other in before if other.name == _name(lasting, 0))
    useless = set(_newest_first(folder)) - kept
    left_by_a_kill = set(folder.glob(".epoch_*"))
    for other in useless | left_by_a_kill:
        other.unlink(missing_ok=True)


def load_checkpoint(path):
    """Reads a checkpoint.

    Raises:
        ValueError: If the file is not a checkpoint, whole and unchanged.
    """
    content = pathlib.Path(path).read_bytes()
    start = len(HEADER) + CHECKSUM_LENGTH
    checksum = hashlib.sha256(content[start:]).hexdigest().encode()
    if content[:start] != HEADER + checksum + b"\n":
        raise ValueError("is damaged, or no checkpoint of this version")
    with np.load(io.BytesIO(content[start:])) as file:
        text, *arrays = (file[f"arr_{i}"] for i in range(len(file.files)))
    state = json.loads(text.tobytes())
    rng = np.random.default_rng()
    rng.bit_generator.state = state["position"]["rng"]
    position = Position(**state["position"] | {"rng": rng})
    return Checkpoint(path, state["about"], position, arrays, checksum.decode())


def load_newest(folder, latest=None):
    """Reads the newest checkpoint that is whole.

    Args:
        folder: Path of the folder for checkpoints; it may be missing.
        latest: Integer, the number of epochs after which a checkpoint is too new; or
            `None`.

    Returns:
        A `Checkpoint`, or `None` if none is whole; and a dict that maps the
        paths that were passed over to what is wrong with them.
    """
    passed_over = {}
    for path in _newest_first(pathlib.Path(folder)):
        if latest is not None and path.name > _name(latest, 0):
            continue
        try:
            return load_checkpoint(path), passed_over
        except (OSError, ValueError) as error:
            passed_over[path] = error
    return None, passed_over


def restore(variables, arrays):
    """Gives variables the values of a checkpoint.

    Raises:
        UserError: If they are others than those that were saved.
    """
    shapes = [tuple(variable.shape) for variable in variables]
    if shapes != [array.shape for array in arrays]:
        raise UserError(
            "the checkpoint holds the state of other networks, of another version of this program; "
            "start again without --resume"
        )
    for variable, array in zip(variables, arrays, strict=True):
        variable.assign(array)


def _newest_first(folder):
    return sorted(folder.glob("epoch_*_step_*.ckpt"), reverse=True)
