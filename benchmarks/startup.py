"""Seconds from the command to the first training step, and to `--help`.

    python benchmarks/startup.py [OPTIONS OF main.py]

Each as a process of its own, three times. The first step is the first checkpoint
within an epoch, which the program is told to write after every step.
"""

import pathlib
import signal
import statistics
import subprocess
import sys
import tempfile
import time

from machine import describe, print_table

MAIN = str(pathlib.Path(__file__).resolve().parents[1] / "main.py")
ROUNDS = 3


def seconds_to_help():
    start = time.perf_counter()
    subprocess.run([sys.executable, MAIN, "--help"], check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - start


def seconds_to_first_step(arguments):
    with tempfile.TemporaryDirectory() as folder:
        models = pathlib.Path(folder) / "models"
        places = ["--plots-dir", f"{folder}/plots", "--models-dir", str(models)]
        start = time.perf_counter()
        with subprocess.Popen(
            [sys.executable, MAIN, *arguments, *places, "--checkpoint-minutes", "1e-6", "--quiet"],
            stderr=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
        ) as process:
            while not any(models.glob("checkpoints/epoch_000000_step_00000[1-9].ckpt")):
                if process.poll() is not None:
                    sys.exit("main.py has ended before its first step")
                time.sleep(0.01)
            seconds = time.perf_counter() - start
            process.send_signal(signal.SIGTERM)
    return seconds


if __name__ == "__main__":
    print(describe() + "\n")
    rows = []
    for name, measure in (
        ("--help", seconds_to_help),
        ("the first training step", lambda: seconds_to_first_step(sys.argv[1:])),
    ):
        seconds = [measure() for _ in range(ROUNDS)]
        rows.append([name, f"{statistics.median(seconds):.2f}", f"{min(seconds):.2f}"])
    print_table(["from the command to", "median, s", "least, s"], rows)
