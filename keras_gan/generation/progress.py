"""How far the drawing is, on the screen."""

import contextlib
import sys
from collections.abc import Iterable, Iterator

import keras
import numpy as np


def with_progress(
    batches: Iterable[tuple[np.ndarray, np.ndarray | None]], count: int
) -> Iterator[tuple[np.ndarray, np.ndarray | None]]:
    """Yields batches, and shows on stderr how many of `count` images there are.

    Only a terminal shows it: Keras' bar draws itself again and again.
    """
    if not sys.stderr.isatty():
        yield from batches
        return
    bar, done = keras.utils.Progbar(count, unit_name="image"), 0
    for images, labels in batches:
        yield images, labels
        done += len(images)
        # Keras draws on stdout, which is kept for results; a closed screen ends nothing.
        with contextlib.suppress(OSError), contextlib.redirect_stdout(sys.stderr):
            bar.update(done)
