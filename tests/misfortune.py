"""Misfortunes that a program can suffer while it writes a file or takes a step.

A misfortune is a pair, `(kind, pattern)`. The kind says what happens when a file whose
name matches the pattern is written:

- `half`: the process is killed when half of the temporary file is written.
- `before`, `after`: it is killed just before, or after, that file gets its name.
- `SIGINT`, `SIGTERM`: it gets that signal, once; with a 2 at the end, twice.

Where the pattern is a number, it gets the signal at the end of that call of `GanStep`.
"""

import fnmatch
import os
import pathlib
import signal
import time

from keras_gan.gan.step import GanStep


def await_misfortune(kind, pattern):
    """Makes this process suffer a misfortune when its moment comes."""
    if pattern.isdigit():
        _at_call(kind, int(pattern))
    else:
        _at_file(kind, pattern)


def _at_file(kind, pattern):
    replace = os.replace

    def replace_or_suffer(source, target):
        if not fnmatch.fnmatch(pathlib.Path(target).name, pattern):
            return replace(source, target)
        if kind == "half":
            os.truncate(source, os.path.getsize(source) // 2)
        if kind in ("half", "before"):
            os.kill(os.getpid(), signal.SIGKILL)
        replace(source, target)
        if kind == "after":
            os.kill(os.getpid(), signal.SIGKILL)
        os.replace = replace
        _send(kind)

    os.replace = replace_or_suffer


def _at_call(kind, number):
    take, calls = GanStep.take, iter(range(1, number + 1))

    def take_or_suffer(*arguments):
        logs = take(*arguments)
        if next(calls, None) == number:
            _send(kind)
        return logs

    GanStep.take = take_or_suffer


def _send(kind):
    os.kill(os.getpid(), signal.Signals[kind.rstrip("2")])
    if kind.endswith("2"):
        time.sleep(0.4)  # a person's second key press
        os.kill(os.getpid(), signal.Signals[kind.rstrip("2")])
