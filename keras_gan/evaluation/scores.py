"""A score, with what real images score; and the name of what digits are scored with."""

import dataclasses

# The yardstick of digits, which comes with the package.
DIGITS_NAME = "mnist-1"


@dataclasses.dataclass(frozen=True)
class Score:
    """One score.

    Attributes:
        value: Float.
        reference: Float, what real images score.
        meaning: String, what the score says, in a few words.
    """

    value: float
    reference: float
    meaning: str
