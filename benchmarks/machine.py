"""What the benchmarks share: the machine, the peers, timing, tables.

Import it before `keras_gan`, which it finds where it is not installed.
"""

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

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

import keras
import numpy as np

# The scripts in a folder of peers, and the recipes that each trains.
PEERS = {
    "peers_keras.py": ("tutorial", "kerasgan", "kerasio"),
    "peers_torch.py": ("mlp256", "mlp32"),
}


def describe():
    """One line: the processor, the device, and versions."""
    from keras_gan.devices import describe_device

    processor = platform.processor() or platform.machine()
    if os.path.exists("/proc/cpuinfo"):
        with open("/proc/cpuinfo") as file:
            found = re.search(r"model name\s*: (.*)", file.read())
        processor = found[1] if found else processor
    backend = keras.backend.backend()
    version = __import__(backend).__version__
    return (
        f"{processor}, {describe_device()}; Python {platform.python_version()}, "
        f"Keras {keras.__version__}, {backend} {version}, NumPy {np.__version__}"
    )


def build(config):
    """The networks of a run on MNIST, with an auxiliary classifier that has learned nothing."""
    from keras_gan.networks.clustered import build_classifier
    from keras_gan.presets import AUTO
    from keras_gan.runs.building import build_networks
    from keras_gan.runs.preparing import CLUSTERS

    classes = CLUSTERS if config.clusters == AUTO else config.clusters
    classifier = build_classifier(classes) if config.auxiliary_weight else None
    return build_networks(config, 10 if config.conditional else classes, classifier=classifier)


def add_peer_options(parser):
    parser.add_argument("--peers", metavar="FOLDER", help="folder of other projects' recipes")
    parser.add_argument(
        "--torch-python", metavar="FILE", default=sys.executable, help="a Python with PyTorch"
    )


def run_peers(arguments, seconds, out, *more, only=None, **environment):
    """Trains other projects' recipes, the peers, if their folder was named.

    Args:
        arguments: Parsed arguments, with those of `add_peer_options`.
        seconds: Integer, how long to train each.
        out: Path of the folder for the files that they write.
        *more: Strings, more arguments for their scripts.
        only: String, the one peer to train; all of them if `None`.
        **environment: Strings, environment variables for their scripts.

    Yields:
        Pairs of a peer's name and what it printed.
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
    """Runs the program, and ends this process if that fails.

    It writes to a temporary folder, unless the arguments name others.

    Args:
        arguments: List of strings, options of `main.py`.
        train: Function to call in place of `keras_gan.train`, with the same arguments.
    """
    from keras_gan.cli import main

    with tempfile.TemporaryDirectory() as folder, mock.patch("keras_gan.runs.job.train", train):
        places = ["--plots-dir", f"{folder}/plots", "--models-dir", f"{folder}/models"]
        if main([*places, *arguments, "--quiet"]) != 0:
            sys.exit(1)


def medians_of_rounds(tasks, rounds):
    """Times tasks in turns, so that a busy machine slows all of them alike.

    Args:
        tasks: Dict that maps names to pairs: a function, and how many calls of it
            make one timing.
        rounds: Integer, how often to time each.

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
