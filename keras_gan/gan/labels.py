"""Labels, which a conditional network takes beside its images or its latents."""

import numpy as np


def with_labels(inputs, labels):
    """What a network takes: the inputs alone, or a list of the inputs and their labels."""
    return inputs if labels is None else [inputs, labels]


def without_labels(inputs):
    """The inverse of `with_labels`: a tuple of the inputs, and of their labels or `None`."""
    return tuple(inputs) if isinstance(inputs, (list, tuple)) else (inputs, None)


def in_proportion(labels: np.ndarray, n: int, rng: np.random.Generator) -> np.ndarray:
    """Some of the labels, each as frequent among them as among all, or as near as can be.

    Args:
        labels: Integer array of shape `(m,)`.
        n: Integer, at most `m`, how many to take.
        rng: A `numpy.random.Generator`.

    Returns:
        An array of shape `(n,)`.

    Example:

    >>> in_proportion(np.array([7, 1, 7, 1, 7, 7]), 3, np.random.default_rng(0))
    array([7, 1, 7])
    """
    start = rng.integers(len(labels))
    rows = start + np.arange(n) * len(labels) // n
    return np.sort(labels)[rows % len(labels)]


def is_conditional(network) -> bool:
    """Whether a network takes labels."""
    return len(network.inputs) == 2
