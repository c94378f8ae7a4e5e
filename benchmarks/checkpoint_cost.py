"""What share of a run's time its checkpoints take.

    python benchmarks/checkpoint_cost.py [OPTIONS OF main.py]

Runs the program three times, with the options given (10 epochs, if none
are), and times what it does for its checkpoints.
"""

import os
import pathlib
import statistics
import sys
import tempfile
import time

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

from machine import describe, print_table

from keras_gan import job
from keras_gan.callbacks import checkpoints
from keras_gan.cli import main

ROUNDS = 3


def timed(function, spent):
    def timing(*arguments, **options):
        start = time.perf_counter()
        result = function(*arguments, **options)
        spent.append(time.perf_counter() - start)
        return result

    return timing


def shares(arguments):
    """Yields for each round the seconds of training, of checkpoints, their number and size."""
    save, train = checkpoints.save_checkpoint, job.train
    for _ in range(ROUNDS):
        saving, training = [], []
        checkpoints.save_checkpoint = timed(save, saving)
        job.train = timed(train, training)
        with tempfile.TemporaryDirectory() as folder:
            models = pathlib.Path(folder) / "models"
            places = ["--plots-dir", f"{folder}/plots", "--models-dir", str(models)]
            if main([*arguments, *places, "--quiet"]) != 0:
                sys.exit(1)
            size = max(path.stat().st_size for path in (models / "checkpoints").iterdir())
        yield sum(training), sum(saving), len(saving), size


if __name__ == "__main__":
    rounds = list(shares(sys.argv[1:] or ["--epochs", "10"]))
    print(describe() + "\n")
    print_table(
        ["training, s", "checkpoints, s", "how many", "MB each", "share of the time"],
        [
            [f"{total:.1f}", f"{saving:.2f}", count, f"{size / 1e6:.1f}", f"{saving / total:.2%}"]
            for total, saving, count, size in rounds
        ],
    )
    median = statistics.median(saving / total for total, saving, _, _ in rounds)
    print(f"Median share: {median:.2%}")
