"""What share of a run's time goes into all that watches the training.

    python benchmarks/watching_cost.py [OPTIONS OF main.py]

Runs the program three times, with the options given (10 epochs, if none are),
and times each callback: pictures, film and report, metrics, checkpoints, and so on.
"""

import os
import pathlib
import statistics
import sys
import time

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

from machine import describe, print_table, run_program

from keras_gan import train

ROUNDS = 3


def timed(method, name, spent):
    """A method that adds what it takes to `spent`, under that name."""

    def timing(*arguments, **options):
        start = time.perf_counter()
        method(*arguments, **options)
        spent[name] = spent.get(name, 0.0) + time.perf_counter() - start

    return timing


def run(arguments):
    """The seconds of one run's training, and what each callback took of them."""
    spent = {}

    def clocked(*networks_and_images, callbacks, **options):
        for callback in callbacks:
            for hook in [name for name in dir(callback) if name.startswith("on_")]:
                method = getattr(callback, hook)
                setattr(callback, hook, timed(method, type(callback).__name__, spent))
        start = time.perf_counter()
        train(*networks_and_images, callbacks=callbacks, **options)
        spent["all of the training"] = time.perf_counter() - start

    run_program(arguments, clocked)
    return spent


if __name__ == "__main__":
    rounds = [run(sys.argv[1:] or ["--epochs", "10"]) for _ in range(ROUNDS)]
    print(describe() + "\n")
    total = [spent.pop("all of the training") for spent in rounds]
    together = {"together": [sum(spent.values()) for spent in rounds]}
    each = {name: [spent[name] for spent in rounds] for name in rounds[0]}
    print_table(
        ["callback", "seconds, median", "share of the time, median"],
        [
            [
                name,
                f"{statistics.median(seconds):.2f}",
                f"{statistics.median(s / t for s, t in zip(seconds, total, strict=True)):.2%}",
            ]
            for name, seconds in (each | together).items()
        ],
    )
    print(f"Training: {statistics.median(total):.1f} seconds, median of {ROUNDS} runs.")
