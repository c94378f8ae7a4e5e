"""Text that others chose, made safe to stand in Markdown."""

import re

SPECIAL = re.compile(r"[\\`*\[\]<>|~&$]|(?<!\w)_|_(?!\w)")


def plain(value: object) -> str:
    """A value as text that Markdown shows as it is, in a cell of a table, too."""
    return SPECIAL.sub(r"\\\g<0>", str(value))


def code(text: str) -> str:
    """One line of text as code within a sentence."""
    if "`" not in text:
        return f"`{text}`"
    fence = _fence(text, 1)
    return f"{fence} {text} {fence}"


def block(text: str, language: str) -> list[str]:
    """The lines of a block of code."""
    fence = _fence(text, 3)
    return [f"{fence}{language}", *text.splitlines(), fence]


def _fence(text, shortest):
    """More backticks than the text has in a row, which alone can end the code."""
    return "`" * max([shortest, *(len(run) + 1 for run in re.findall("`+", text))])
