"""How much memory a long run takes, and whether it grows.

    python benchmarks/memory.py [OPTIONS OF main.py]

Runs the program (100 epochs if no options are given), and reads at the end of
each epoch how much memory the process holds. On Linux.
"""

import pathlib
import re
import sys

from machine import describe, print_table, run_program

from keras_gan import GanCallback, train

MARKS = (1, 5, 10, 20, 50, 100, 200, 500)


def megabytes(field):
    """A field of what Linux says of this process."""
    status = pathlib.Path("/proc/self/status").read_text()
    return int(re.search(rf"{field}:\s+(\d+) kB", status)[1]) / 1024


class HeldMemory(GanCallback):
    """Reads after each epoch how much memory the process holds."""

    def before_training(self):
        self.held = []

    def after_epoch(self, epoch, logs):
        self.held.append(megabytes("VmRSS"))


def main(arguments):
    memory = HeldMemory()

    def watched_train(composite, images, callbacks, **options):
        train(composite, images, callbacks=[*callbacks, memory], **options)

    run_program(arguments, watched_train)
    held = memory.held
    print(describe() + "\n")
    print_table(
        ["after epoch", "MB held"],
        [[mark, f"{held[mark - 1]:.0f}"] for mark in MARKS if mark <= len(held)],
    )
    if len(held) > 5:
        print(f"Growth from epoch 5 to epoch {len(held)}: {held[-1] - held[4]:.0f} MB.")
    print(f"Peak: {megabytes('VmHWM'):.0f} MB.")


if __name__ == "__main__":
    main(sys.argv[1:] or ["--epochs", "100"])
