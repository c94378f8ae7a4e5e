"""Which devices a run trains on, what is chosen for them, and what is refused."""

import contextlib
import pathlib
import subprocess
import sys

import keras
import numpy as np
import pytest

from keras_gan import UserError, build_composite, configure, devices, processes, spread, train
from keras_gan.cli import main
from keras_gan.console import keep_stdout_for_results
from keras_gan.errors import ProcessError
from keras_gan.gan.compiling import check_split
from keras_gan.networks.mlp import build
from keras_gan.training import loop

HERE = pathlib.Path(__file__).parent


@pytest.fixture
def two_gpus(monkeypatch):
    monkeypatch.setattr(devices, "names_here", lambda: ["gpu:0", "gpu:1"])


def test_all_devices_are_as_many_as_there_are(two_gpus):
    assert devices.checked_devices("all") == 2
    assert devices.checked_devices(1) == 1
    with pytest.raises(UserError, match=r"devices is 3, but there are 2 here \(gpu:0, gpu:1\)"):
        devices.checked_devices(3)


def test_devices_are_described(two_gpus, monkeypatch):
    assert devices.describe_device() == "GPU"
    assert devices.describe_device(2) == "2 GPUs"
    monkeypatch.setattr(devices, "names_here", lambda: ["cpu:0"])
    assert devices.describe_device().startswith("CPU (")
    assert devices.describe_device(4).startswith("4 devices on CPU (")


def test_pytorch_is_told_to_wait(monkeypatch):
    monkeypatch.setattr(devices, "names_here", lambda: ["cuda:0", "cuda:1"])
    monkeypatch.setattr(keras.backend, "backend", lambda: "torch")
    with pytest.raises(UserError, match=r"until its version 3\.16"):
        devices.checked_devices("all")
    assert devices.checked_devices(1) == 1


@pytest.mark.parametrize("value", [0, -1, 1.5, True, "some"])
def test_a_number_of_devices_is_a_whole_one_or_all(value):
    said = 'devices must be a whole number from 1 to 1000000, or "all"'
    with pytest.raises(UserError, match=said):
        configure(devices=value)
    assert configure(devices="all").devices == "all"


def test_more_devices_than_there_are_end_in_one_line(digits_file, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(devices, "names_here", lambda: ["cpu:0"])
    assert main(["--data", str(digits_file), "--devices", "3"]) == 2
    assert "devices is 3, but there are 1 here" in capsys.readouterr().err
    assert not list(tmp_path.iterdir())


@pytest.mark.on_tensorflow
def test_a_batch_is_divided_evenly():
    check_split(63, 1)
    check_split(64, 2)
    with pytest.raises(UserError, match="batch_size must be a multiple of 8 for 2 devices"):
        check_split(60, 2)
    check_split(48, 2, reals_per_fake=3)
    with pytest.raises(UserError, match="batch_size must be a multiple of 24 for 2 devices"):
        check_split(64, 2, reals_per_fake=3)


@pytest.mark.on_tensorflow
@pytest.mark.parametrize("count", [2, 3, 4])
def test_a_batch_of_the_default_can_be_divided(count):
    config = configure()
    check_split(config.batch_size, count, config.reals_per_fake)


def test_on_jax_a_batch_is_divided_evenly(monkeypatch):
    monkeypatch.setattr(keras.backend, "backend", lambda: "jax")
    check_split(60, 2)
    with pytest.raises(UserError, match="batch_size must be a multiple of 4 for 4 devices"):
        check_split(62, 4)


@pytest.mark.on_tensorflow
def test_several_gpus_do_not_share_losses_in_16_bits_on_tensorflow(two_gpus):
    devices.check_precision(mixed_precision=True, devices=1)
    devices.check_precision(mixed_precision=False, devices=2)
    with pytest.raises(UserError, match="mixed-precision"):
        devices.check_precision(mixed_precision=True, devices=2)


@pytest.mark.on_tensorflow
def test_keras_chooses_xla_on_a_gpu(monkeypatch):
    monkeypatch.setattr(devices, "names_here", lambda: ["gpu:0"])
    assert devices.chosen_jit_compile(None) == "auto"
    assert devices.chosen_jit_compile(True) is True
    assert devices.chosen_jit_compile(False) is False


@pytest.mark.on_tensorflow
def test_xla_is_not_for_several_devices_on_tensorflow(monkeypatch):
    monkeypatch.setattr(devices, "distribution", lambda: "several")
    assert devices.chosen_jit_compile(None) is False
    with pytest.raises(UserError, match="cannot compile a step with XLA"):
        devices.chosen_jit_compile(True)


def test_a_training_refuses_a_batch_that_devices_cannot_share(monkeypatch, digits):
    composite = build_composite(*build(3, 0.0))
    monkeypatch.setattr(loop, "replicas", lambda composite: 2)
    with pytest.raises(UserError, match="for 2 devices, but is 49"):
        train(composite, digits[0], batch_size=49, epochs=1)


def test_one_device_is_not_spread():
    with spread(1):
        assert devices.distribution() is None


@pytest.mark.on_tensorflow
@pytest.mark.slow
def test_recipes_train_with_what_is_chosen_for_a_gpu(digits, tmp_path):
    """16 bits, operations that repeat exactly, and no XLA with these."""
    np.savez(tmp_path / "few.npz", x=digits[0][::5, ..., 0])
    outcome = subprocess.run(
        [sys.executable, HERE / "as_on_gpu.py", "few.npz"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=240,
    )
    assert outcome.returncode == 0, outcome.stderr
    trained = [line for line in outcome.stdout.splitlines() if " " not in line]
    assert trained == ["default", "tutorial", "mlp-dropout", "wgan-gp", "dcgan"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--processes", "2"], "need --coordinator"),
        (["--coordinator", "somewhere:1234", "--processes", "2"], "needs --processes and"),
        (["--coordinator", "somewhere", "--processes", "2", "--process-id", "0"], "HOST:PORT"),
        (["--coordinator", "a:99999", "--processes", "2", "--process-id", "0"], "HOST:PORT"),
        (["--coordinator", "a:1234", "--processes", "2", "--process-id", "2"], "from 0 to 1"),
    ],
)
def test_mistakes_about_processes_end_in_one_line(
    arguments, said, digits_file, tmp_path, monkeypatch, capsys
):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(keras.backend, "backend", lambda: "jax")
    assert main(["--data", str(digits_file), *arguments]) == 2
    error = capsys.readouterr().err
    assert said in error
    assert error.count("\n") == 1
    assert not list(tmp_path.iterdir())


@pytest.mark.on_tensorflow
def test_several_processes_need_jax():
    with pytest.raises(UserError, match="KERAS_BACKEND=jax"):
        processes.join("127.0.0.1:1234", 2, 0)


def test_the_environment_tells_of_processes(monkeypatch):
    monkeypatch.setattr(keras.backend, "backend", lambda: "jax")
    monkeypatch.setenv("KERAS_DISTRIBUTION_JOB_ADDRESSES", "10.0.0.1:1234,10.0.0.2:1234")
    monkeypatch.setenv("KERAS_DISTRIBUTION_NUM_PROCESSES", "2")
    monkeypatch.setenv("KERAS_DISTRIBUTION_PROCESS_ID", "5")
    with pytest.raises(UserError, match="must be from 0 to 1"):
        processes.join()
    monkeypatch.setenv("KERAS_DISTRIBUTION_PROCESS_ID", "five")
    with pytest.raises(UserError, match="'five'"):
        processes.join()


def test_a_process_alone_agrees_with_itself():
    processes.join()
    assert processes.count() == 1
    assert processes.is_first()
    assert processes.largest(7) == 7
    processes.agree({"settings": "any"})
    with processes.all_or_none(), processes.others_present():
        pass
    processes.leave()


def test_an_error_of_another_process_ends_this_one(monkeypatch):
    """And an error of its own is told to the others, and raised."""
    told = []

    def largest(value):
        told.append(value)
        return 1

    monkeypatch.setattr(processes, "largest", largest)
    with pytest.raises(ProcessError), processes.all_or_none():
        pass
    with pytest.raises(UserError, match="mine"), processes.all_or_none():
        raise UserError("mine")
    assert told == [0, 1]


def test_processes_that_differ_are_told_in_what(monkeypatch):
    monkeypatch.setattr(processes, "_of_all", lambda value: np.array([value, value + 1]))
    with pytest.raises(UserError, match="the same images"):
        processes.agree({"images": "some"})


def test_results_alone_go_to_stdout(capfd, monkeypatch):
    """Not what libraries write, past Python."""
    import os

    stdout, saved = sys.stdout, os.dup(1)
    try:
        keep_stdout_for_results()
        print("a result")
        os.write(1, b"chatter\n")
    finally:
        with contextlib.suppress(OSError):
            sys.stdout.close()
        sys.stdout = stdout
        os.dup2(saved, 1)
        os.close(saved)
    said = capfd.readouterr()
    assert said.out == "a result\n"
    assert said.err == "chatter\n"
