"""A score, with what real images score."""

import dataclasses


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
