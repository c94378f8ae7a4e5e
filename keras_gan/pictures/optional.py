"""Pictures that a training can do without."""

import math
import time

from keras_gan.console import one_line, say
from keras_gan.errors import DiskError

# Drawing a picture again and again may take this share of the time.
SHARE = 0.005


class OptionalPicture:
    """A context for drawing a picture, whose errors do not end the training.

    The first error is reported in one line, later ones are not. A `DiskError` is
    raised as usual: the picture was drawn then, but could not be written.

    Args:
        name: String, what to call the picture.

    Attributes:
        due: Boolean, whether to draw the picture again. True at first; after that,
            when drawing it would take at most half a percent of the time.

    Example:

    >>> picture = OptionalPicture("loss_plot.png")
    >>> if picture.due:
    ...     with picture:
    ...         plot_curves(history, "loss_plot.png", labels, "Loss", "nats")
    """

    def __init__(self, name: str):
        self.name = name
        self.reported = False
        self.next_time = -math.inf

    @property
    def due(self) -> bool:
        return time.monotonic() >= self.next_time

    def __enter__(self):
        self.start = time.monotonic()
        return self

    def __exit__(self, kind, error, traceback):
        self.next_time = self.start + (time.monotonic() - self.start) / SHARE
        if not isinstance(error, Exception) or isinstance(error, DiskError):
            return False
        if not self.reported:
            say(f"{self.name} could not be made, and is left out: {one_line(error)}")
            self.reported = True
        return True
