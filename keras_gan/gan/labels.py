"""Labels, which a conditional network takes beside its images or its latents."""


def with_labels(inputs, labels):
    """What a network takes: the inputs alone, or a list of the inputs and their labels."""
    return inputs if labels is None else [inputs, labels]


def without_labels(inputs):
    """The inverse of `with_labels`: a tuple of the inputs, and of their labels or `None`."""
    return tuple(inputs) if isinstance(inputs, (list, tuple)) else (inputs, None)


def is_conditional(network) -> bool:
    """Whether a network takes labels."""
    return len(network.inputs) == 2
