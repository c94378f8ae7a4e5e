"""Data sets of 28x28 grey images: where they come from, checked and scaled."""

from keras_gan.data.dataset import Dataset
from keras_gan.data.pixels import IMAGE_SHAPE, to_bytes, to_unit_range
from keras_gan.data.sources import embedded_digits, load_data

__all__ = [
    "IMAGE_SHAPE",
    "Dataset",
    "embedded_digits",
    "load_data",
    "to_bytes",
    "to_unit_range",
]
