"""What the package offers to `from keras_gan import ...`, and its settings."""

import inspect
import pathlib

import numpy as np
import pytest

import keras_gan
from keras_gan import Config, UserError


@pytest.mark.parametrize("name", keras_gan.__all__)
def test_every_name_can_be_imported(name):
    assert name in dir(keras_gan)
    assert getattr(keras_gan, name) is not None


FUNCTIONS = [name for name in keras_gan.__all__ if name.islower()]


@pytest.mark.parametrize("name", FUNCTIONS)
def test_public_functions_have_types_and_an_example(name):
    function = getattr(keras_gan, name)
    assert "Example:" in function.__doc__
    parameters = inspect.signature(function).parameters.values()
    bare = {p.name for p in parameters if p.annotation is p.empty and p.kind is not p.VAR_KEYWORD}
    assert bare <= {"callbacks"}


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
