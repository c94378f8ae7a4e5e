"""Where images go: a name tells the format, and must be free to write to."""

import dataclasses
import os
import pathlib
import re

from keras_gan.errors import UserError
from keras_gan.files import check_can_be_written, place_errors
from keras_gan.registry import Registry

FOLDER, GRID, NPZ, IDX, PARQUET, FILM = "folder", "grid", "npz", "idx", "parquet", "film"
BY_SUFFIX = {".png": GRID, ".npz": NPZ, ".parquet": PARQUET, ".gif": FILM, ".mp4": FILM}
IDX_NAME = re.compile(r"(?P<head>(.*-)?)images-idx3-ubyte(?P<gz>(\.gz)?)")
# Functions from a `Stream` and the paths to write. The labels of IDX have a file of their own.
WRITERS = Registry(
    {
        FOLDER: "keras_gan.generation.pictures:write_folder",
        GRID: "keras_gan.generation.pictures:write_grid",
        NPZ: "keras_gan.generation.arrays:write_npz",
        IDX: "keras_gan.generation.arrays:write_idx",
        PARQUET: "keras_gan.generation.parquet:write_parquet",
    }
)
MAX_IN_GRID = 1000
CARD_NAME = "README.md"
# Tells a card that may be overwritten from a file of the user's.
CARD_MARK = "<!-- written by keras_gan generate -->"
EXPECTED = (
    "expected the name of a folder (without a suffix), .png, .npz, .parquet, "
    "...-images-idx3-ubyte or ...-images-idx3-ubyte.gz"
)


@dataclasses.dataclass(frozen=True)
class Output:
    """A place to write to.

    Attributes:
        path: Path as the user gave it.
        kind: String, one of the formats.
    """

    path: pathlib.Path
    kind: str

    @property
    def labels_path(self) -> pathlib.Path | None:
        """Where the labels of an IDX file go; `None` for other formats."""
        if self.kind != IDX:
            return None
        return self.path.with_name(IDX_NAME.sub(r"\g<head>labels-idx1-ubyte\g<gz>", self.path.name))

    @property
    def card_path(self) -> pathlib.Path | None:
        """Where the data card goes; `None` for what is no data set."""
        if self.kind in (GRID, FILM):
            return None
        if self.kind == FOLDER:
            return self.path / CARD_NAME
        return self.path.with_name(f"{self.path.name}.{CARD_NAME}")

    def files(self, labelled: bool) -> list[pathlib.Path]:
        """The files to write, but the card; for a folder, its path."""
        return [self.path, self.labels_path] if self.labels_path and labelled else [self.path]


def output_at(path: str | os.PathLike, walk: bool = False) -> Output:
    """Tells the format from a name.

    Args:
        path: Path to write to.
        walk: Boolean, whether a film is asked for.

    Raises:
        UserError: If the name is that of no format.
    """
    name = os.fspath(path)
    path = pathlib.Path(path)
    kind = BY_SUFFIX.get(path.suffix.lower())
    if not name:
        raise UserError(f"output: the name is empty; {EXPECTED}")
    if walk and kind != FILM:
        raise UserError(f"{path}: a walk is a film; name it .gif or .mp4, or leave out --walk")
    if kind == FILM and not walk:
        raise UserError(f"{path}: a film shows a walk; add --walk, or name another format")
    if IDX_NAME.fullmatch(path.name):
        kind = IDX
    elif "-ubyte" in path.name:
        raise UserError(
            f"{path}: an IDX file of images ends in -images-idx3-ubyte, or that and .gz"
        )
    elif kind is None and (not path.suffix or path.is_dir() or name.endswith(os.sep)):
        kind = FOLDER
    if kind is None:
        raise UserError(f"{path}: {EXPECTED}")
    return Output(path, kind)


def check_output(output: Output, model: pathlib.Path, count: int | None) -> None:
    """Finds what would keep images from being written, before they are drawn.

    Args:
        output: An `Output`.
        model: Path of the generator, which must not be overwritten.
        count: Integer, how many images there will be.

    Raises:
        UserError: If a file or folder cannot be written, is the user's own, or needs
            a package that is not installed.
    """
    with place_errors(output.path):
        if output.kind == FOLDER:
            check_folder(output.path)
        else:
            _check_files(output, model)
    if output.kind == GRID and count > MAX_IN_GRID:
        raise UserError(
            f"{output.path}: a picture has room for {MAX_IN_GRID:,} images, not {count:,}; "
            "ask for fewer with --count, or name another format"
        )
    if output.kind == PARQUET:
        _check_parquet(output.path)
    if output.path.suffix.lower() == ".mp4":
        from keras_gan.pictures.animation import check_video_can_be_made

        check_video_can_be_made()


def check_no_stale_labels(output: Output) -> None:
    """Refuses to put images without labels beside labels of others, which would seem theirs."""
    if output.labels_path is not None and os.path.lexists(output.labels_path):
        raise UserError(
            f"{output.labels_path}: holds labels of other images, and these have none; "
            "remove it, or choose another name"
        )


def check_folder(path: pathlib.Path) -> None:
    """Raises a `UserError` unless a folder can be made there, or is there and empty."""
    if os.path.lexists(path) and not path.is_dir():
        raise UserError(f"{path}: is a file; name a new folder, or a file with a suffix")
    folder = path.resolve()
    if folder.is_dir() and any(folder.iterdir()):
        raise UserError(f"{path}: is not empty; name a new folder, or an empty one")
    if folder.is_dir() and folder.samefile(os.curdir):
        raise UserError(f"{path}: is the folder that you are in; name a new one in it")
    if not folder.parent.is_dir() or not os.access(folder.parent, os.W_OK | os.X_OK):
        raise UserError(f"{path}: cannot be made there; name a folder in one that exists")


def check_file(file: pathlib.Path, model: pathlib.Path) -> None:
    """Raises a `UserError` unless a file can be written there, and is not the generator."""
    check_can_be_written(file)
    if not os.path.lexists(file):
        return
    if not file.is_file():
        raise UserError(f"{file}: is not a plain file; choose another name")
    if file.samefile(model):
        raise UserError(f"{file}: is the generator itself; choose another name")


def _check_files(output, model):
    card = output.card_path
    ours = card is not None and card.is_file() and CARD_MARK in _text(card)
    for file in [*output.files(labelled=True), *([card] if card else [])]:
        check_file(file, model)
        if os.path.lexists(file) and card is not None and not ours:
            raise UserError(
                f"{file}: is there, and not known to be of this program; rename it, or choose "
                "another output"
            )


def _text(path):
    return path.read_text(encoding="utf-8", errors="replace")


def _check_parquet(path):
    try:
        import pyarrow.parquet  # noqa: F401
    except ImportError as error:
        raise UserError(
            f"{path}: Parquet needs the package pyarrow; install it with: pip install pyarrow"
        ) from error
