"""Output folders: made, emptied without loss, and filled with files that are whole."""

import contextlib
import itertools
import json
import os
import pathlib
import time

from keras_gan.config import UserError

TIME_FORMAT = "%Y-%m-%dT%H:%M:%S"
CONFIG_NAME = "config.json"
MARKS_OF_A_RUN = ("generator*.keras", "real_samples.png", "generated_plot_e*.png")


@contextlib.contextmanager
def write_whole(path):
    """Yields a temporary path beside `path`, and renames it when it is complete.

    A reader of `path` sees the old file or the new one, never a part of either.
    If the block raises, the old file stays as it was.
    """
    path = pathlib.Path(path)
    temporary = path.with_name(f".{path.stem}.tmp{path.suffix}")
    try:
        yield temporary
        with open(temporary, "rb+") as file:
            os.fsync(file.fileno())
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)


def write_text(path, text):
    """Writes a text file whole."""
    with write_whole(path) as temporary:
        temporary.write_text(text, encoding="utf-8")


def prepare_folders(*folders):
    """Makes folders that hold nothing of an earlier run.

    What an earlier run left is moved aside: its folder is renamed after the
    time at which that run started. Hidden files, such as a `.gitkeep`, stay.

    Args:
        *folders: Paths of folders. Where one holds the settings of the earlier
            run, these tell when it started; else the oldest file does.

    Returns:
        A list of `(folder, moved_to)`, one for each folder that was moved.

    Raises:
        UserError: If a folder cannot be made, written to or moved aside, or
            holds files that are not a run's. Then nothing has been changed.
    """
    with contextlib.ExitStack() as undo:
        try:
            # Real paths, sorted: an outer folder comes before one inside it.
            folders = sorted({pathlib.Path(folder).resolve() for folder in folders})
            for folder in folders:
                _check_usable(folder)
            starts = _recorded_starts(folders)
            moves = []
            for folder in folders:
                if _visible(folder):
                    moved_to = _unused_name(folder, starts.get(folder) or _oldest_time(folder))
                    os.rename(folder, moved_to)
                    undo.callback(os.rename, moved_to, folder)
                    moves.append((folder, moved_to))
                for path in reversed((folder, *folder.parents)):
                    if not path.exists():
                        path.mkdir()
                        undo.callback(path.rmdir)
            for folder, moved_to in moves:
                for entry in moved_to.iterdir():
                    if entry.name.startswith("."):
                        os.rename(entry, folder / entry.name)
                        undo.callback(os.rename, folder / entry.name, entry)
        except OSError as error:
            raise UserError(f"{error.filename}: {error.strerror}; choose another folder") from error
        undo.pop_all()
    return moves


def _check_usable(folder):
    existing = next(path for path in (folder, *folder.parents) if path.exists())
    if not existing.is_dir():
        raise UserError(f"{folder}: cannot be a folder, since {existing} is a file")
    if not os.access(existing, os.W_OK | os.X_OK):
        raise UserError(f"{folder}: no permission to write in {existing}")
    if not _visible(folder):
        return
    if pathlib.Path.cwd().is_relative_to(folder):
        raise UserError(f"{folder}: is the current folder, and not empty; choose another folder")
    if not _read_settings(folder) and not any(next(folder.glob(m), None) for m in MARKS_OF_A_RUN):
        raise UserError(
            f"{folder}: holds files that no run of this program left; choose another folder"
        )


def _visible(folder):
    if not folder.exists():
        return []
    return [entry for entry in folder.iterdir() if not entry.name.startswith(".")]


def _read_settings(folder):
    """The settings of the run that left a folder; empty if there are none in it."""
    try:
        settings = json.loads((folder / CONFIG_NAME).read_text(encoding="utf-8"))
        time.strptime(settings["started"], TIME_FORMAT)
        return {name: settings[name] for name in ("started", "plots_dir", "models_dir")}
    except (OSError, ValueError, KeyError, TypeError):
        return {}


def _recorded_starts(folders):
    starts = {}
    for settings in filter(None, map(_read_settings, folders)):
        for name in ("plots_dir", "models_dir"):
            starts[pathlib.Path(settings[name]).resolve()] = settings["started"]
    return starts


def _oldest_time(folder):
    oldest = min(path.stat().st_mtime for path in _visible(folder))
    return time.strftime(TIME_FORMAT, time.localtime(oldest))


def _unused_name(folder, start):
    name = f"{folder.name}-{start.replace(':', '-')}"
    names = itertools.chain([name], (f"{name}-{n}" for n in itertools.count(2)))
    return next(path for path in map(folder.with_name, names) if not path.exists())
