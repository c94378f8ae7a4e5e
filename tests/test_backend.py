"""How Keras is started, and the code that XLA compiles kept for the next run."""

import os
import sys

import pytest

from keras_gan import backend

FLAG = backend.CACHE_FLAG


@pytest.fixture
def start(tmp_path, monkeypatch):
    """Starts Keras with a home of its own, as if TensorFlow had not been imported yet."""
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("TF_XLA_FLAGS", "")
    monkeypatch.delenv("KERAS_BACKEND", raising=False)

    def start():
        with monkeypatch.context() as context:
            context.delitem(sys.modules, "tensorflow", raising=False)
            monkeypatch.setenv("TF_XLA_FLAGS", "")
            backend.start_keras()
        return os.environ["TF_XLA_FLAGS"].removeprefix(FLAG)

    return start


def test_whole_programs_are_kept_and_damaged_ones_thrown_away(start, tmp_path):
    folder = tmp_path / start()
    for name in ("whole", "damaged", "half"):
        (folder / f"{name}.pb").write_bytes(name.encode())
    (folder / "half.pb").rename(folder / "half")
    backend.keep_checksums()
    (folder / "half").rename(folder / "half.pb")  # its process was killed
    (folder / "damaged.pb").write_bytes(b"other bytes")
    assert start() == str(folder)
    assert sorted(path.name for path in folder.iterdir()) == ["whole.pb", "whole.sha256"]


def test_a_damaged_checksum_ends_nothing(start, tmp_path):
    folder = tmp_path / start()
    (folder / "a.pb").write_bytes(b"a")
    (folder / "a.sha256").write_bytes(b"\xff\xfe")
    start()
    assert list(folder.iterdir()) == []


@pytest.mark.parametrize(
    "misfortune",
    ["no list of instructions", "no package of that name", "a file for a home", "a blank in it"],
)
def test_without_a_place_for_it_nothing_is_kept_and_nothing_fails(
    misfortune, start, tmp_path, monkeypatch
):
    if misfortune == "no list of instructions":
        (tmp_path / "cpuinfo").write_text("processor: 0\n")
        monkeypatch.setattr(backend, "CPUINFO", tmp_path / "cpuinfo")
    elif misfortune == "no package of that name":
        monkeypatch.setattr(backend.importlib.metadata, "version", {}.__getitem__)
    elif misfortune == "a file for a home":
        (tmp_path / "home").touch()
    else:
        monkeypatch.setenv("KERAS_HOME", str(tmp_path / "a home"))
    assert start() == ""


def test_other_backends_keep_nothing_of_tensorflow(start, monkeypatch):
    monkeypatch.setenv("KERAS_BACKEND", "jax")
    monkeypatch.setitem(sys.modules, "keras", sys.modules["keras"])  # imported already
    assert start() == ""
