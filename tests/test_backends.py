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
    "tests/test_conditional.py",
    "tests/test_losses.py",
    "tests/test_step.py",
    "tests/test_training.py",
]
OPTIONS = ["-q", "-n", "0", "-m", "every_backend", "-p", "no:cacheprovider"]

# It, too, is to compile sooner rather than better: see `conftest.py`.
JAX = {"KERAS_BACKEND": "jax", "JAX_PLATFORMS": "cpu", "JAX_DISABLE_MOST_OPTIMIZATIONS": "1"}


@pytest.mark.slow
@pytest.mark.skipif(importlib.util.find_spec("jax") is None, reason="JAX is not installed")
def test_steps_and_trainings_on_jax():
    outcome = subprocess.run(
        [sys.executable, "-m", "pytest", *OPTIONS, *BACKEND_NEUTRAL],
        cwd=ROOT,
        env={**os.environ, **JAX},
        capture_output=True,
        text=True,
    )
    assert outcome.returncode == 0, outcome.stdout
    assert " passed" in outcome.stdout
