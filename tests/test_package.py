"""What the package offers to `from keras_gan import ...`, and its settings."""

import pathlib
import subprocess
import sys

import numpy as np
import pytest
from conftest import ROOT

import keras_gan
from keras_gan import Config, UserError


def test_every_name_is_a_class_or_a_function():
    script = (
        f"import sys; sys.path.insert(0, {str(ROOT)!r})\n"
        f"from keras_gan import {', '.join(keras_gan.__all__)}\n"
        f"assert all(map(callable, [{', '.join(keras_gan.__all__)}]))"
    )
    ended = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert ended.returncode == 0, ended.stderr


def test_an_unknown_name_is_told():
    with pytest.raises(AttributeError, match="pancake"):
        _ = keras_gan.pancake


def test_settings_of_neighbouring_types_become_the_right_ones():
    config = Config(epochs=np.int64(3), beta_1=0, plots_dir=pathlib.Path("here"))
    assert (config.epochs, config.beta_1, config.plots_dir) == (3, 0.0, "here")
    assert [type(v) for v in (config.epochs, config.beta_1, config.plots_dir)] == [int, float, str]


@pytest.mark.parametrize(
    "settings",
    [
        {"epochs": 5.0},
        {"epochs": True},
        {"epochs": None},
        {"learning_rate": "0.1"},
        {"learning_rate": float("nan")},
        {"beta_1": None},
        {"plots_dir": None},
        {"data": 7},
        {"dataset": None},
    ],
)
def test_settings_of_a_wrong_type_are_refused(settings):
    with pytest.raises(UserError, match=next(iter(settings))):
        Config(**settings)
