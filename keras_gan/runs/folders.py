"""The folders of a run: made, held for it alone, and emptied without loss."""

import contextlib
import itertools
import json
import os
import pathlib
import time

import filelock

from keras_gan.errors import UserError
from keras_gan.files import CHECKPOINTS_NAME, CONFIG_NAME, TIME_FORMAT

LOCK_NAME = ".keras_gan.lock"
MARKS_OF_A_RUN = (LOCK_NAME, "generator*.keras", "real_samples.png", "generated_plot_e*.png")


@contextlib.contextmanager
def held(*folders, resumed=()):
    """Holds folders for one run, and for no other at the same time.

    What an earlier run left in them is moved aside, to a folder beside it that
    is named after the time at which that run started. Hidden files, such as a
    `.gitkeep`, stay.

    Args:
        *folders: Paths of folders, made where they are missing. Where one holds
            the settings of the earlier run, these tell when it started; else
            the oldest file does.
        resumed: Paths of those folders whose earlier run goes on. What is in
            them stays.

    Yields:
        A list of `(folder, moved_to)`, one for each folder that was emptied.

    Raises:
        UserError: If another run holds a folder; if a folder cannot be made,
            written to or emptied, or holds files that are not a run's. Then
            nothing has been changed.
    """
    # Real paths, sorted: an outer folder comes before one inside it.
    folders = sorted({pathlib.Path(folder).resolve() for folder in folders})
    resumed = {pathlib.Path(folder).resolve() for folder in resumed}
    with contextlib.ExitStack() as locks, contextlib.ExitStack() as undo:
        try:
            for folder in folders:
                _check_usable(folder, folder in resumed)
            for folder in folders:
                _make(folder, undo)
                _lock(folder, locks, undo)
            moves = _move_aside([folder for folder in folders if folder not in resumed], undo)
            for folder in folders:
                if not folder.exists():  # it was inside another, and moved away with it
                    _make(folder, undo)
                    _lock(folder, locks, undo)
        except OSError as error:
            raise UserError(f"{error.filename}: {error.strerror}; choose another folder") from error
        undo.pop_all()
        yield moves


def _make(folder, undo):
    for path in reversed((folder, *folder.parents)):
        if not path.exists():
            path.mkdir()
            undo.callback(_remove_if_empty, path)


def _remove_if_empty(folder):
    with contextlib.suppress(OSError):
        folder.rmdir()


def _unlink(path):
    with contextlib.suppress(OSError):
        path.unlink()


def _lock(folder, locks, undo):
    path = folder / LOCK_NAME
    is_new = not path.exists()
    try:
        locks.enter_context(filelock.FileLock(path).acquire(timeout=0))
    except filelock.Timeout as error:
        raise UserError(
            f"{folder}: another run is writing there; wait for it, or choose another folder"
        ) from error
    if is_new:
        undo.callback(_unlink, path)


def _move_aside(folders, undo):
    starts = _recorded_starts(folders)
    moves = []
    # Checkpoints first: should this be cut short, nobody resumes the earlier run by mistake.
    for folder in sorted(folders, key=lambda folder: not (folder / CHECKPOINTS_NAME).exists()):
        if not folder.exists() or not _visible(folder):
            continue
        moved_to = _unused_name(folder, starts.get(folder) or _oldest_time(folder))
        _make(moved_to, undo)
        for entry in sorted(_visible(folder), key=lambda entry: entry.name != CHECKPOINTS_NAME):
            os.rename(entry, moved_to / entry.name)
            undo.callback(os.rename, moved_to / entry.name, entry)
        moves.append((folder, moved_to))
    return sorted(moves)


def _check_usable(folder, resumed):
    existing = next(path for path in (folder, *folder.parents) if path.exists())
    if not existing.is_dir():
        raise UserError(f"{folder}: cannot be a folder, since {existing} is a file")
    if not os.access(existing, os.W_OK | os.X_OK):
        raise UserError(f"{folder}: no permission to write in {existing}")
    if resumed or not _visible(folder):
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
