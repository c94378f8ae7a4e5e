"""Which classes to draw: the words of `--digits`."""

import re
from collections.abc import Sequence

from keras_gan.errors import UserError

EVEN = "even"
RANGE = re.compile(r"([0-9]{1,9})\s*-\s*([0-9]{1,9})")
MAX_NAMES = 12


def check_digits(digits: str) -> None:
    """Finds the mistakes that can be found before the classes are known.

    Args:
        digits: As in `chosen_classes`.

    Raises:
        UserError: If an item is missing, or a range runs backwards.
    """
    for item in digits.split(","):
        if not item.strip():
            raise UserError(f"digits: {digits!r} has an empty item; write them as 7, 0-4 or 1,3,5")
        span = RANGE.fullmatch(item.strip())
        if span and int(span[1]) > int(span[2]):
            raise UserError(f"digits: {item.strip()} runs backwards; write {span[2]}-{span[1]}")


def chosen_classes(digits: str, names: Sequence[str]) -> list[int]:
    """The labels of the classes that are asked for, each once, in the order asked for.

    Args:
        digits: String: `"even"` for all of them; or names of classes, numbers and
            ranges such as `0-4`, between commas. Case does not matter. Where the names
            are words, numbers are labels.
        names: List of strings, the name of each label from 0 up.

    Returns:
        A list of integers from 0 up to, not including, `len(names)`.

    Raises:
        UserError: If a class is unknown.

    Example:

    >>> chosen_classes("0-2,7", "0 1 2 3 4 5 6 7 8 9".split())
    [0, 1, 2, 7]
    """
    check_digits(digits)
    whole = digits.strip().casefold()
    if whole == EVEN:
        return list(range(len(names)))
    known = {name.casefold() for name in names}
    items = [whole] if whole in known else [item.strip().casefold() for item in digits.split(",")]
    return list(dict.fromkeys(label for item in items for label in _labels_of(item, names)))


def label_and_name(label: int, name: str) -> str:
    """A label and what it means; once, where it is its own name."""
    return name if name == str(label) else f"{label} is {name}"


def _labels_of(item, names):
    folded = [name.casefold() for name in names]
    if item in folded:
        return [folded.index(item)]
    all_numbers = all(re.fullmatch("[0-9]{1,9}", name) for name in names)
    numbers = [int(name) for name in names] if all_numbers else list(range(len(names)))
    span = RANGE.fullmatch(item) or RANGE.fullmatch(f"{item}-{item}")
    if span is None or not {int(span[1]), int(span[2])} <= set(numbers):
        raise UserError(f"digits: there is no class {item!r}; there are {_listed(names)}")
    return [label for label, number in enumerate(numbers) if int(span[1]) <= number <= int(span[2])]


def _listed(names):
    return ", ".join(names if len(names) <= MAX_NAMES else [*names[: MAX_NAMES - 1], "..."])
