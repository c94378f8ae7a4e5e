"""What is asked for: how many images, of which classes, from which latents."""

import dataclasses
import shlex

from keras_gan.errors import UserError
from keras_gan.generation.digits import check_digits
from keras_gan.kinds import Choice, Float, Integer
from keras_gan.settings import LATENT_DISTRIBUTIONS, MAX_SEED, flag

DEFAULT_COUNT = 1000
KINDS = {
    "count": Integer(1, 100_000_000),
    "seed": Integer(0, MAX_SEED),
    "truncation": Float("from 0.01 to 100", lambda width: 0.01 <= width <= 100, "T"),
    "latent_distribution": Choice(LATENT_DISTRIBUTIONS),
}


@dataclasses.dataclass(frozen=True)
class Request:
    """What is asked for, checked when it is made.

    Attributes:
        count: Integer, how many images; `None` for a film.
        digits: String as `chosen_classes` takes it, or `None`.
        seed: Integer, decides every latent.
        truncation: As in `draw_latents`.
        latent_distribution: As in `draw_latents`.

    Raises:
        UserError: If a value is out of its range.
    """

    count: int | None
    digits: str | None
    seed: int
    truncation: float | None
    latent_distribution: str

    def __post_init__(self):
        for name, kind in KINDS.items():
            value = getattr(self, name)
            if value is None and name in ("count", "truncation"):
                continue
            try:
                kind.checked(value)
            except ValueError as error:
                raise UserError(f"{name} must be {kind.expected}, but is {value!r}") from error
        if self.latent_distribution == "uniform" and (self.truncation or 0) > 1:
            raise UserError(
                f"truncation must be at most 1 for uniform latents, which end there, "
                f"but is {self.truncation!r}"
            )
        if self.digits is not None:
            check_digits(self.digits)

    def command(self, path, output) -> str:
        """The command line that draws the same images again."""
        words = ["python", "main.py", "generate", str(path)]
        for name in ("count", "digits", "seed", "truncation", "latent_distribution"):
            value = getattr(self, name)
            if value is not None:
                words += [flag(name), str(value)]
        return shlex.join([*words, "--output", str(output)])
