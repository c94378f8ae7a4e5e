"""Work beside a training that must not take much of its time."""

import math
import time

# Doing it again and again may take this share of the time.
SHARE = 0.005


class Seldom:
    """A context for work that is done again only where that takes little time.

    Attributes:
        due: Boolean, whether to do it again. True at first; after that, when it would
            take at most half a percent of the time since it began last.

    Example:

    >>> drawing = Seldom()
    >>> if drawing.due:
    ...     with drawing:
    ...         plot_curves(history, "loss_plot.png", labels, "Loss", "nats")
    """

    def __init__(self):
        self.next_time = -math.inf

    @property
    def due(self) -> bool:
        return time.monotonic() >= self.next_time

    def __enter__(self):
        self.start = time.monotonic()
        return self

    def __exit__(self, *exception):
        self.next_time = self.start + (time.monotonic() - self.start) / SHARE
