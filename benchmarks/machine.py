"""What the benchmarks share: the machine, the peers, timing, tables."""

import os
import pathlib
import platform
import re
import statistics
import subprocess
import sys
import tempfile
import time
from unittest import mock

import keras
import numpy as np

# Scripts in a folder of peers, and the recipes that each trains.
PEERS = {
    "peers_keras.py": ("tutorial", "kerasgan", "kerasio"),
    "peers_torch.py": ("mlp256", "mlp32"),
}


def describe():
    """One line: processor, cores, device, and versions."""
    processor = platform.processor() or platform.machine()
    if os.path.exists("/proc/cpuinfo"):
        with open("/proc/cpuinfo") as file:
            found = re.search(r"model name\s*: (.*)", file.read())
        processor = found[1] if found else processor
    backend = keras.backend.backend()
    version = __import__(backend).__version__
    return (
        f"{processor}, {os.cpu_count()} cores; Python {platform.python_version()}, "
        f"Keras {keras.__version__}, {backend} {version}, NumPy {np.__version__}"
    )


def add_peer_options(parser):
    parser.add_argument("--peers", metavar="FOLDER", help="folder of other projects' recipes")
    parser.add_argument(
        "--torch-python", metavar="FILE", default=sys.executable, help="a Python with PyTorch"
    )


def run_peers(arguments, seconds, out, *more, only=None, **environment):
    """Trains each peer, if their folder was named.

    Args:
        arguments: What the options of `add_peer_options` were given.
        seconds: Integer, how long to train each.
        out: Path of the folder for what they leave.
        *more: Strings, more arguments for their scripts.
        only: String, the one peer to train; all of them if `None`.
        **environment: Strings, environment variables for them.

    Yields:
        Each peer's name, and what it printed.
    """
    if arguments.peers is None:
        return
    for script, peers in PEERS.items():
        python = arguments.torch_python if "torch" in script else sys.executable
        for peer in peers:
            if only not in (None, peer):
                continue
            command = [python, pathlib.Path(arguments.peers) / script, peer, str(seconds), str(out)]
            done = subprocess.run(
                [*command, *more],
                env={**os.environ, **environment},
                stdout=subprocess.PIPE,
                text=True,
                check=True,
            )
            yield peer, done.stdout


def run_program(arguments, train):
    """Runs the program, in a folder of its own if none is named; ends this process if that fails.

    Args:
        arguments: List of strings, options of `main.py`.
        train: Function that takes the place of `keras_gan.train`.
    """
    from keras_gan.cli import main

    with tempfile.TemporaryDirectory() as folder, mock.patch("keras_gan.job.train", train):
        places = ["--plots-dir", f"{folder}/plots", "--models-dir", f"{folder}/models"]
        if main([*places, *arguments, "--quiet"]) != 0:
            sys.exit(1)


def medians_of_rounds(tasks, rounds):
    """Times tasks side by side.

    Args:
        tasks: Dict that maps names to pairs: a function, and how many calls of it
            make one timing.
        rounds: Integer, how often to time each, one after the other, so that
            whatever else the machine does meanwhile falls on all of them.

    Returns:
        A dict that maps each name to the seconds of one call, the median of the
        rounds.
    """
    seconds = {name: [] for name in tasks}
    for task, _ in tasks.values():
        task()
        task()
    for _ in range(rounds):
        for name, (task, repeats) in tasks.items():
            start = time.perf_counter()
            for _ in range(repeats):
                task()
            seconds[name].append((time.perf_counter() - start) / repeats)
    return {name: statistics.median(values) for name, values in seconds.items()}


def print_table(columns, rows):
    """Prints a table in Markdown, ready for a README."""
    print("| " + " | ".join(columns) + " |")
    print("|" + "---|" * len(columns))
    for row in rows:
        print("| " + " | ".join(map(str, row)) + " |")
    print(flush=True)
