"""The result of an audit for programs, and as a picture."""

import dataclasses
import math
import os

import numpy as np

from keras_gan.auditing.audit import Audit
from keras_gan.files import write_whole
from keras_gan.pictures.grids import titled_mosaic

COLUMNS = 10
LINES = 2
ZOOM = 3
MARGIN = 12
TITLE = "The samples most like a copy, each above the two nearest training images"
# How many pairs of a sample and a training image are written for programs.
MAX_PAIRS = 1000


def as_json(result: Audit) -> dict:
    """The result as a dict that JSON can hold."""
    return {
        "verdict": result.verdict,
        "samples": result.samples,
        "held_out": result.held_out,
        "copies": {
            "found": result.copies.found,
            **dataclasses.asdict(result.copies),
            "sensitivity": result.sensitivity,
            "by_class": result.by_class,
        },
        "attacks": {
            name: {
                **dataclasses.asdict(attack),
                "real": None if real is None else dataclasses.asdict(real),
            }
            for name, (attack, real) in result.attacks.items()
        },
        "measures": {
            name: dict(zip(("value", "real"), map(_finite, values), strict=True))
            for name, values in result.measures.items()
        },
        "features": result.features,
    }


def pairs(result: Audit) -> list[dict]:
    """The samples that count as copies, those most like one first, each with its original."""
    likeness = result.likeness
    order = np.argsort(likeness.ratios, kind="stable")
    order = order[likeness.ratios[order] < result.copies.limit][:MAX_PAIRS]
    return [
        {
            "sample": int(sample),
            "training_image": int(likeness.nearest[sample]),
            "ratio": float(likeness.ratios[sample]),
        }
        for sample in order
    ]


def plot_pairs(
    result: Audit, samples: np.ndarray, train_images: np.ndarray, path: str | os.PathLike
) -> None:
    """Draws the samples that are most like a copy, each above the two nearest training images.

    Args:
        result: An `Audit`.
        samples: `uint8` array of shape `(n, 28, 28, 1)`, the samples it is about.
        train_images: `uint8` array of shape `(m, 28, 28, 1)`.
        path: Path of the PNG file to write.
    """
    likeness = result.likeness
    order = np.argsort(likeness.ratios, kind="stable")
    # First one sample for each training image, so that many copies of one do not fill it.
    _, first = np.unique(likeness.nearest[order], return_index=True)
    first = np.sort(first)
    order = np.concatenate([order[first], np.delete(order, first)])[: LINES * COLUMNS]
    rows, names = [], []
    for chosen in np.split(order, LINES):
        nearest, after = (train_images[each[chosen]] for each in (likeness.nearest, likeness.next))
        rows += [samples[chosen], nearest, after]
        names += ["sample", "nearest", "next"]
    picture = titled_mosaic(np.concatenate(rows), TITLE, COLUMNS, ZOOM, MARGIN, names)
    with write_whole(path) as temporary:
        picture.save(temporary, format="PNG")


def _finite(value):
    return value if math.isfinite(value) else None
