"""How much memory a long run takes, and whether it grows.

    python benchmarks/memory.py [OPTIONS OF main.py]

Runs the program (100 epochs if no options are given) and reads, at the end of
each epoch, the memory that the process holds. On Linux.
"""

import os
import pathlib
import re
import sys

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

import keras
from machine import describe, print_table, run_program

from keras_gan import train


def megabytes(field):
    status = pathlib.Path("/proc/self/status").read_text()
    return int(re.search(rf"{field}:\s+(\d+) kB", status)[1]) / 1024


if __name__ == "__main__":
    held = []
    look = keras.callbacks.LambdaCallback(on_epoch_end=lambda *_: held.append(megabytes("VmRSS")))

    def watched_train(*networks_and_images, callbacks, **options):
        train(*networks_and_images, callbacks=[*callbacks, look], **options)

    run_program(sys.argv[1:] or ["--epochs", "100"], watched_train)
    print(describe() + "\n")
    marks = [mark for mark in (1, 5, 10, 20, 50, 100, 200, 500) if mark <= len(held)]
    print_table(["after epoch", "MB held"], [[mark, f"{held[mark - 1]:.0f}"] for mark in marks])
    if len(held) >= 5:
        print(f"Growth from epoch 5 to epoch {len(held)}: {held[-1] - held[4]:.0f} MB.")
    print(f"Peak: {megabytes('VmHWM'):.0f} MB.")
