"""The verdict on a generator, kept beside it for its cards and for the page of its run."""

import dataclasses
import hashlib
import json
import os
import pathlib

from keras_gan.files import write_text

AUDIT_NAME = "audit.json"


@dataclasses.dataclass(frozen=True)
class Record:
    """What a card may say of an audit.

    Attributes:
        verdict: String, a line.
        samples: Integer, how many samples were looked at.
        held_out: Integer, how many held-out images these were compared with.
    """

    verdict: str
    samples: int
    held_out: int

    @property
    def text(self) -> str:
        """The verdict, and what it rests on."""
        return (
            f"{self.verdict} This was measured on {self.samples:,} of its samples, with "
            f"{self.held_out:,} images that it was not trained on."
        )


def write_record(generator: str | os.PathLike, content: dict) -> pathlib.Path:
    """Keeps the result of an audit in `audit.json` beside a generator.

    Args:
        generator: Path of the `.keras` file.
        content: Dict that JSON can hold, with `verdict`, `samples` and `held_out` as in
            `Record`.

    Returns:
        The path of the file, which has such a result for each generator in the folder.
    """
    generator = pathlib.Path(generator)
    path = generator.with_name(AUDIT_NAME)
    records = _read(path) | {generator.name: {"sha256": _sha256(generator), **content}}
    write_text(path, json.dumps(records, indent=2) + "\n")
    return path


def read_record(generator: str | os.PathLike) -> Record | None:
    """Reads what an audit has said of a generator.

    Args:
        generator: Path of the `.keras` file.

    Returns:
        A `Record`, or `None` if there is none of this very file: a generator that was
        trained further has not been audited.
    """
    generator = pathlib.Path(generator)
    found = _read(generator.with_name(AUDIT_NAME)).get(generator.name)
    if not isinstance(found, dict):
        return None
    verdict, *counts = (found.get(field.name) for field in dataclasses.fields(Record))
    sound = isinstance(verdict, str) and verdict.isprintable() and all(map(_is_count, counts))
    if not sound or not generator.is_file() or found.get("sha256") != _sha256(generator):
        return None
    return Record(verdict, *counts)


def _is_count(value):
    return isinstance(value, int) and not isinstance(value, bool) and value > 0


def _read(path):
    try:
        records = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return {}
    return records if isinstance(records, dict) else {}


def _sha256(path):
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
