"""What nothing uses any more is freed while a run goes on, and everything is as before after it."""

import contextlib
import ctypes
import gc
import pathlib
import re
import weakref

import pytest

from keras_gan import FreedMemory


class Knot:
    """Garbage that only a search for cycles finds."""

    def __init__(self):
        self.self = self


@pytest.mark.parametrize(
    "free",
    [FreedMemory.before_training, lambda freed_memory: freed_memory.after_epoch(1, {})],
    ids=["beforehand", "after an epoch"],
)
def test_garbage_in_cycles_is_freed(free):
    gc.disable()
    try:
        with FreedMemory() as freed_memory:
            knot = weakref.ref(Knot())
            assert knot() is not None
            free(freed_memory)
            assert knot() is None
    finally:
        gc.enable()


def test_memory_is_freed_when_that_takes_half_a_percent_of_the_time(monkeypatch):
    now, freed_at = [0.0], []
    monkeypatch.setattr("time.monotonic", lambda: now[0])

    def free(self):
        freed_at.append(now[0])
        now[0] += 1  # as long as it takes

    monkeypatch.setattr(FreedMemory, "free", free)
    freed_memory = FreedMemory()
    for epoch, end in enumerate((0, 199, 200, 399, 500), 1):
        now[0] = end
        freed_memory.after_epoch(epoch, {})
    assert freed_at == [0, 200, 500]


def test_what_was_there_before_is_passed_over_until_the_end():
    with contextlib.suppress(ZeroDivisionError), FreedMemory():
        assert gc.get_freeze_count() > 1000
        raise ZeroDivisionError
    assert gc.get_freeze_count() == 0


def held():
    status = pathlib.Path("/proc/self/status").read_text()
    return int(re.search(r"RssAnon:\s+(\d+) kB", status)[1]) * 1024


@pytest.mark.skipif(
    not pathlib.Path("/proc/self/status").exists() or not hasattr(ctypes.CDLL(None), "malloc_trim"),
    reason="glibc alone keeps what is freed",
)
def test_freed_memory_goes_back_to_the_system():
    blocks = [b"x" * 50_000 for _ in range(4000)]
    last = blocks[-1]  # what lies below it, glibc keeps
    before = held()
    del blocks
    FreedMemory().after_epoch(1, {})
    assert held() < before - 100_000_000
    assert last
