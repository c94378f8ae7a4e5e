"""Runs the program with a misfortune: `python misfortune.py KIND PATTERN ARGUMENTS`.

KIND says what happens when a file whose name matches PATTERN is written:

- `half`: the process is killed when half of the temporary file is written.
- `before`, `after`: it is killed just before, or after, that file gets its name.
- `SIGINT`, `SIGTERM`: it gets that signal, once; with a 2 at the end, twice.

Where PATTERN is a number, it gets the signal at the end of that training step, counting
from the two that only compile.
"""

import fnmatch
import os
import pathlib
import signal
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

kind, pattern, *arguments = sys.argv[1:]
signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background job ignores it
replace = os.replace


def kill():
    os.kill(os.getpid(), signal.SIGKILL)


def replace_or_suffer(source, target):
    if not fnmatch.fnmatch(pathlib.Path(target).name, pattern):
        return replace(source, target)
    if kind == "half":
        os.truncate(source, os.path.getsize(source) // 2)
        kill()
    if kind == "before":
        kill()
    replace(source, target)
    if kind == "after":
        kill()
    os.replace = replace
    send(kind)


def send(kind):
    os.kill(os.getpid(), signal.Signals[kind.rstrip("2")])
    if kind.endswith("2"):
        time.sleep(0.4)  # a person's second key press
        os.kill(os.getpid(), signal.Signals[kind.rstrip("2")])


os.replace = replace_or_suffer
sys.argv = ["main.py", *arguments]

if pattern.isdigit():
    import keras_gan.training

    train_step = keras_gan.training.train_step
    steps = 0

    def train_step_or_suffer(*arguments, **options):
        global steps
        logs = train_step(*arguments, **options)
        steps += 1
        if steps == int(pattern):
            send(kind)
        return logs

    keras_gan.training.train_step = train_step_or_suffer

from keras_gan.cli import main  # noqa: E402

sys.exit(main())
