"""The tests that must hold on every backend, once more in a process of another backend."""

import importlib.util
import os
import subprocess
import sys

import pytest
from conftest import ROOT

BACKEND_NEUTRAL = [
    "tests/test_average.py",
    "tests/test_composite.py",
    "tests/test_duel.py",
    "tests/test_losses.py",
    "tests/test_training.py",
]


@pytest.mark.skipif(importlib.util.find_spec("jax") is None, reason="JAX is not installed")
def test_composite_and_loop_on_jax():
    outcome = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *BACKEND_NEUTRAL],
        cwd=ROOT,
        env={**os.environ, "KERAS_BACKEND": "jax", "JAX_PLATFORMS": "cpu"},
        capture_output=True,
        text=True,
    )
    assert outcome.returncode == 0, outcome.stdout
    assert " passed" in outcome.stdout
