"""Kinds of settings: what a value may be, and how the command line reads it."""

import argparse
import dataclasses
import numbers
import os
from collections.abc import Callable, Collection, Sequence
from typing import Any

from keras_gan.errors import UserError


class Integer:
    """Integers from `low` to `high`, both included."""

    parse, metavar = int, "N"

    def __init__(self, low: int, high: int):
        self.low, self.high = low, high
        self.expected = f"a whole number from {low} to {high}"

    def checked(self, value: Any) -> int:
        """The value as a plain `int`.

        Raises:
            ValueError: If it is of another kind. So for all kinds.
        """
        integral = isinstance(value, numbers.Integral) and not isinstance(value, bool)
        if not integral or not self.low <= value <= self.high:
            raise ValueError
        return int(value)


class IntegerOr(Integer):
    """Integers from `low` to `high`, or a word."""

    def __init__(self, word: str, low: int, high: int):
        super().__init__(low, high)
        self.word = word
        self.expected += f', or "{word}"'

    def parse(self, text: str) -> int | str:
        return text if text == self.word else int(text)

    def checked(self, value: Any) -> int | str:
        return value if value == self.word else super().checked(value)


class Float:
    """Floats that pass a test, which `expected` says in words."""

    parse = float

    def __init__(self, expected: str, is_valid: Callable[[float], bool], metavar: str):
        self.expected, self.is_valid, self.metavar = f"a number {expected}", is_valid, metavar

    def checked(self, value: Any) -> float:
        real = isinstance(value, numbers.Real) and not isinstance(value, bool)
        if not real or not self.is_valid(value):
            raise ValueError
        return float(value)


class Fraction(Float):
    """Floats from 0 up to, not including, 1."""

    def __init__(self, metavar: str = "PART"):
        super().__init__("from 0 up to, not including, 1", lambda value: 0 <= value < 1, metavar)


class Choice:
    """Names out of a collection."""

    parse, metavar = str, None

    def __init__(self, names: Collection[str]):
        self.names = names

    @property
    def expected(self) -> str:
        return f"one of {', '.join(self.names)}"

    def checked(self, value: Any) -> str:
        if value not in tuple(self.names):
            raise ValueError
        return value


class Boolean:
    """Booleans."""

    expected = "true or false"

    def checked(self, value: Any) -> bool:
        if not isinstance(value, bool):
            raise ValueError
        return value


class FilePath:
    """Paths.

    Args:
        metavar: String, what the help calls the path.
        absolute: Boolean, whether to keep the path as an absolute one.
    """

    expected, parse = "a path", str

    def __init__(self, metavar: str, absolute: bool = False):
        self.metavar, self.absolute = metavar, absolute

    def checked(self, value: Any) -> str:
        if not isinstance(value, (str, os.PathLike)) or not os.fspath(value):
            raise ValueError
        path = os.fspath(value)
        return os.path.abspath(path) if self.absolute else path


class ExistingPath(FilePath):
    """Paths that the command line refuses at once if nothing is there."""

    @staticmethod
    def parse(path: str) -> str:
        if not os.path.exists(path):
            raise argparse.ArgumentTypeError(f"{path}: no such file or folder")
        return path


COUNT = Integer(1, 1_000_000)


def setting(default, kind, text, group, changeable=False, instead_of=None):
    """A field of `keras_gan.settings.Config`.

    Args:
        default: The value that holds where none is given. `None` means that the
            setting is optional, and leaves the choice to the program.
        kind: One of the classes above, what its values are.
        text: String, the help of its option.
        group: String, the heading that the help puts it under.
        changeable: Boolean, whether a resumed run may have another value. True
            for what decides where results go and how long the run takes, but
            not what a step does.
        instead_of: Name of a setting that cannot be given beside this one.
    """
    about = {"kind": kind, "help": text, "group": group}
    about |= {"changeable": changeable, "instead_of": instead_of}
    return dataclasses.field(default=default, metadata=about)


def check_settings(config) -> None:
    """Checks the fields of a dataclass that `setting` made, and gives each its plain type.

    Raises:
        UserError: If a value is of the wrong kind.
    """
    for field in dataclasses.fields(config):
        value, kind = getattr(config, field.name), field.metadata["kind"]
        if value is None and field.default is None:
            continue
        try:
            object.__setattr__(config, field.name, kind.checked(value))
        except ValueError as error:
            raise UserError(f"{field.name} must be {kind.expected}, but is {value!r}") from error


def are_names(names: Sequence[str]) -> bool:
    """Whether classes can have these names: all different, and none empty."""
    return len({name.casefold() for name in names}) == len(names) and all(map(str.strip, names))
