"""Seconds from the command to the first training step, and to `--help`.

    python benchmarks/startup.py [OPTIONS OF main.py]

Five rounds, each with a new folder for what Keras keeps from run to run
(`KERAS_HOME`). In a round, one process after the other:

- `python -c "import keras"`, for comparison;
- `main.py --help`;
- the first training step of the first run, when that folder is empty;
- the first training step of the next run, when the code that XLA compiled for the
  first is in that folder.

Downloaded data are read from your own `KERAS_HOME`; without them, and without
`--data`, each run asks the network for them. The time of the first step ends when
its checkpoint is on disk: the program is told to write one after every step.
"""

import os
import pathlib
import signal
import statistics
import subprocess
import sys
import tempfile
import time

import keras
from machine import describe, print_table

from keras_gan.backend import cache_folder

MAIN = str(pathlib.Path(__file__).resolve().parents[1] / "main.py")
ROUNDS = 5
IMPORT = 'python -c "import keras"'


def seconds_to_end(arguments, environment):
    """How long Python takes with these arguments."""
    start = time.perf_counter()
    subprocess.run(
        [sys.executable, *arguments],
        env=environment,
        check=True,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    return time.perf_counter() - start


def seconds_to_first_step(arguments, environment):
    """How long the program takes to its first step; then it is told to stop."""
    with tempfile.TemporaryDirectory() as folder:
        models = pathlib.Path(folder) / "models"
        places = ["--plots-dir", f"{folder}/plots", "--models-dir", str(models)]
        start = time.perf_counter()
        with subprocess.Popen(
            [sys.executable, MAIN, *arguments, *places, "--checkpoint-minutes", "1e-6", "--quiet"],
            env=environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        ) as process:
            while not any(models.glob("checkpoints/epoch_*[1-9].ckpt")):
                if process.poll() is not None:
                    sys.exit(f"main.py has ended before its first step: {process.stderr.read()}")
                time.sleep(0.01)
            seconds = time.perf_counter() - start
            process.send_signal(signal.SIGTERM)
            process.communicate()  # when it has ended, all that it keeps is on disk
    return seconds


def measure(arguments):
    """One round: a dict that maps what was measured to seconds."""
    downloads = cache_folder().parent / "datasets"
    downloads.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as home:
        (pathlib.Path(home) / "datasets").symlink_to(downloads, target_is_directory=True)
        backend = keras.backend.backend()
        environment = {**os.environ, "KERAS_HOME": home, "KERAS_BACKEND": backend}
        return {
            IMPORT: seconds_to_end(["-c", "import keras"], environment),
            "--help": seconds_to_end([MAIN, "--help"], environment),
            "the first step, first run": seconds_to_first_step(arguments, environment),
            "the first step, next run": seconds_to_first_step(arguments, environment),
        }


def main(arguments):
    print(describe() + "\n")
    rounds = [measure(arguments) for _ in range(ROUNDS)]
    rows = []
    for name in rounds[0]:
        seconds = [taken[name] for taken in rounds]
        ratio = statistics.median(taken[name] / taken[IMPORT] for taken in rounds)
        rows.append([name, f"{statistics.median(seconds):.2f}", f"{min(seconds):.2f}"])
        rows[-1].append(f"{ratio:.2f}")
    print_table(["what", "median, s", "least, s", "times the import, median"], rows)
    print(f"{ROUNDS} rounds.")


if __name__ == "__main__":
    main(sys.argv[1:])
