"""Several devices and several processes learn what one device learns."""

import os
import pathlib
import signal
import socket
import subprocess
import sys
import time

import numpy as np
import pytest
from conftest import ROOT

pytestmark = pytest.mark.slow
HERE = pathlib.Path(__file__).parent
LONGEST = 240  # seconds that a test waits for a process


@pytest.fixture(scope="module", autouse=True)
def quick_compiling():
    """The processes take few steps: see `conftest.py`."""
    with pytest.MonkeyPatch.context() as monkeypatch:
        monkeypatch.setenv("JAX_DISABLE_MOST_OPTIMIZATIONS", "1")
        yield


def spread(backend, folder, *processes):
    """What 1, 2 and 4 devices learn, and each device's share of the work.

    Each process trains on one number of devices after the other.
    """
    learned, shares = {}, {}
    for numbers in processes:
        outcome = subprocess.run(
            [sys.executable, HERE / "spread.py", backend, folder, *map(str, numbers)],
            capture_output=True,
            text=True,
            timeout=LONGEST,
        )
        assert outcome.returncode == 0, outcome.stderr
        for devices, share in zip(numbers, outcome.stdout.split(), strict=True):
            learned[devices] = weights(folder / f"{devices}.npz")
            shares[devices] = float(share)
    return learned, shares


def weights(path):
    with np.load(path) as file:
        return [file[name] for name in file.files]


def distance(some, others):
    return max(np.abs(a - b).max() for a, b in zip(some, others, strict=True))


def test_on_jax_devices_share_the_work_and_learn_the_same(tmp_path):
    pytest.importorskip("jax")
    learned, operations = spread("jax", tmp_path, (4, 2, 1))
    for devices in (2, 4):
        assert distance(learned[devices], learned[1]) < 1e-5
        assert operations[devices] == pytest.approx(operations[1] / devices, rel=0.1)


def test_on_tensorflow_devices_share_the_work_and_learn_the_same(tmp_path):
    # TensorFlow cannot have four replicas and then two in one process.
    learned, images = spread("tensorflow", tmp_path, (4, 1), (2,))
    assert images == {1: 64, 2: 32, 4: 16}
    for devices in (2, 4):
        assert distance(learned[devices], learned[1]) < 1e-5


class Processes:
    """The program in several processes, which share a folder."""

    def __init__(self, folder):
        self.folder = folder
        self.running = []

    def start(self, count, *arguments, different=()):
        """Starts them; the last one with more arguments, where there are some."""
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            address = f"127.0.0.1:{free.getsockname()[1]}"
        several = ["--coordinator", address, "--processes", count] if count > 1 else []
        environment = os.environ | {"KERAS_BACKEND": "jax", "JAX_PLATFORMS": "cpu"}
        environment.pop("XLA_FLAGS", None)
        self.running = []
        for number in range(count):
            words = [*several, *(["--process-id", number] if several else []), *arguments]
            words += different if number == count - 1 else ()
            with open(self.folder / f"stderr{number}", "w") as stderr:
                process = subprocess.Popen(
                    [sys.executable, ROOT / "main.py", "--data", "digits.npz", *map(str, words)],
                    cwd=self.folder,
                    env=environment,
                    stdout=subprocess.DEVNULL,
                    stderr=stderr,
                )
            self.running.append(process)

    def said(self, number):
        return (self.folder / f"stderr{number}").read_text()

    def ended(self, timeout=LONGEST):
        """Their exit statuses, once all have ended."""
        deadline = time.monotonic() + timeout
        return [process.wait(deadline - time.monotonic()) for process in self.running]

    def wait_for_an_epoch(self):
        deadline = time.monotonic() + LONGEST
        while "\nEpoch " not in self.said(0):
            assert time.monotonic() < deadline, self.said(0)
            assert [process.poll() for process in self.running] == [None] * len(self.running)
            time.sleep(0.1)

    def kill_all(self):
        for process in self.running:
            process.kill()
            process.wait()


@pytest.fixture
def processes(digits, tmp_path):
    pytest.importorskip("jax")
    np.savez(tmp_path / "digits.npz", x=digits[0][..., 0])
    processes = Processes(tmp_path)
    yield processes
    processes.kill_all()


SHORT_RUN = [
    "--optimizer",
    "sgd",
    "--learning-rate",
    "0.005",
    "--batch-size",
    "48",
    "--epochs",
    "3",
]
LONG_RUN = ["--networks", "mlp", "--batch-size", "48", "--epochs", "1000"]


def trained(folder):
    import keras

    return keras.saving.load_model(folder / "models" / "generator.keras").get_weights()


def test_processes_learn_together_what_one_learns(processes, tmp_path):
    learned = []
    for count in (1, 3):
        processes.start(count, *SHORT_RUN)
        assert processes.ended() == [0] * count, processes.said(count - 1)
        learned.append(trained(tmp_path))
    assert distance(*learned) < 1e-5


def test_a_killed_process_ends_the_others_and_any_number_goes_on(processes):
    processes.start(2, *LONG_RUN)
    for killed, go_on in ((1, 2), (0, 1)):
        processes.wait_for_an_epoch()
        processes.running[killed].kill()
        assert processes.ended(timeout=60)[1 - killed] == 1
        last = processes.said(1 - killed).splitlines()[-1]
        assert last.startswith("main.py: error: stopped: another process")
        assert "--resume" in last
        processes.start(go_on, "--resume")
    processes.wait_for_an_epoch()
    processes.running[0].send_signal(signal.SIGTERM)
    assert processes.ended() == [128 + signal.SIGTERM]
    assert "Resumed after epoch" in processes.said(0)


def test_processes_stop_together_and_start_alike(processes):
    processes.start(2, *LONG_RUN)
    processes.wait_for_an_epoch()
    processes.running[1].send_signal(signal.SIGTERM)
    assert processes.ended() == [128 + signal.SIGTERM] * 2
    assert "go on with" in processes.said(0)
    processes.start(2, *LONG_RUN, different=["--seed", 1])
    assert processes.ended() == [2, 2]
    for number in (0, 1):
        assert "the same settings" in processes.said(number).splitlines()[-1]
