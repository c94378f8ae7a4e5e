"""How much of a run's time its callbacks take.

    python benchmarks/watching_cost.py [OPTIONS OF main.py]

Runs the program three times (10 epochs if no options are given), and times each
callback: pictures, film and report, metrics, checkpoints, and so on.
"""

import statistics
import sys
import time

from machine import describe, print_table, run_program

from keras_gan import train

ROUNDS = 3


def timed(method, name, spent):
    """The same method, which also adds the seconds that it takes to `spent[name]`."""

    def timing(*arguments, **options):
        start = time.perf_counter()
        method(*arguments, **options)
        spent[name] = spent.get(name, 0.0) + time.perf_counter() - start

    return timing


def run(arguments):
    """Runs the program once.

    Args:
        arguments: List of strings, options of `main.py`.

    Returns:
        The seconds that the training takes, and a dict of those that each callback
        takes of them.
    """
    spent, seconds = {}, 0.0

    def timed_train(*arguments, callbacks, **options):
        nonlocal seconds
        for callback in callbacks:
            for hook in dir(callback):
                if hook.startswith(("on_train_", "on_epoch_")):
                    method = getattr(callback, hook)
                    setattr(callback, hook, timed(method, type(callback).__name__, spent))
        start = time.perf_counter()
        train(*arguments, callbacks=callbacks, **options)
        seconds = time.perf_counter() - start

    run_program(arguments, timed_train)
    return seconds, spent


def main(arguments):
    rounds = [run(arguments) for _ in range(ROUNDS)]
    print(describe() + "\n")
    totals = [seconds for seconds, _ in rounds]
    taken = {name: [spent[name] for _, spent in rounds] for name in rounds[0][1]}
    taken["together"] = [sum(spent.values()) for _, spent in rounds]
    rows = []
    for name, seconds in taken.items():
        share = statistics.median(s / total for s, total in zip(seconds, totals, strict=True))
        rows.append([name, f"{statistics.median(seconds):.2f}", f"{share:.2%}"])
    print_table(["callback", "seconds, median", "share of the time, median"], rows)
    print(f"Training: {statistics.median(totals):.1f} seconds, median of {ROUNDS} runs.")


if __name__ == "__main__":
    main(sys.argv[1:] or ["--epochs", "10"])
