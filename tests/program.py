"""Runs the program as a user does, in a process of its own.

Starting Keras takes far longer than most of what the tests do with it. So the processes
are forked from one that has imported it and done nothing else; `cold=True` starts Python.
"""

import dataclasses
import multiprocessing
import os
import pathlib
import signal
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[1]
CAN_FORK = "forkserver" in multiprocessing.get_all_start_methods()


@dataclasses.dataclass
class Outcome:
    """How a process ended: its exit status (or minus the signal), and what it printed."""

    returncode: int
    stdout: str
    stderr: str


def run_main(*arguments, cwd, cold=False, misfortune=None, env=None):
    """Runs the program, and waits for it.

    Args:
        *arguments: Its arguments.
        cwd: Path of its current folder.
        cold: Boolean, whether to start a new Python; needed for another backend.
        misfortune: As in `misfortune.await_misfortune`, or `None`.
        env: Dict of environment variables to set, or `None`.
    """
    if cold or not CAN_FORK:
        assert misfortune is None
        return _cold(arguments, cwd, {**os.environ, **(env or {})})
    process, folder = start_main(*arguments, cwd=cwd, misfortune=misfortune, env=env)
    process.join()
    return outcome(process, folder)


def start_main(*arguments, cwd, misfortune=None, env=None):
    """Starts the program; gives its process, and the folder with what it prints."""
    folder = pathlib.Path(tempfile.mkdtemp())
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["warm"])
    os.environ["PYTHONPATH"] = str(pathlib.Path(__file__).parent)  # for the server to find it
    arguments = [str(argument) for argument in arguments]
    process = context.Process(
        target=_program, args=(arguments, str(cwd), folder, misfortune, env or {})
    )
    process.start()
    return process, folder


def outcome(process, folder):
    printed = [(folder / name).read_text() for name in ("stdout", "stderr")]
    return Outcome(process.exitcode, *printed)


def _cold(arguments, cwd, env):
    ended = subprocess.run(
        [sys.executable, ROOT / "main.py", *map(str, arguments)],
        cwd=cwd,
        env=env,
        capture_output=True,
        text=True,
    )
    return Outcome(ended.returncode, ended.stdout, ended.stderr)


def _program(arguments, cwd, folder, misfortune, env):
    os.chdir(cwd)
    for number, name in ((1, "stdout"), (2, "stderr")):
        file = os.open(folder / name, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        os.dup2(file, number)
    os.environ.update(env)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    sys.stdout, sys.stderr = (os.fdopen(number, "w", closefd=False) for number in (1, 2))
    sys.argv = ["main.py", *arguments]
    if misfortune:
        from misfortune import await_misfortune

        await_misfortune(*misfortune)
    from keras_gan.cli import main

    status = main()
    sys.stdout.flush()
    sys.exit(status)
