"""Pixels and labels: checked, and scaled between bytes and floats."""

import numpy as np

from keras_gan.errors import UserError

IMAGE_SHAPE = (28, 28, 1)
# Resampling can overshoot white, 1.0, by a little.
FLOAT_WHITE = 1.001


def to_unit_range(images: np.ndarray) -> np.ndarray:
    """Scales images to the range that the networks work with.

    Args:
        images: `uint8` array of any shape, from 0 to 255; or an array of floats
            that are already from 0 to 1.

    Returns:
        A `float32` array of the same shape, from 0 (black) to 1 (white).
    """
    if images.dtype == np.uint8:
        return np.divide(images, 255, dtype="float32")
    return images.astype("float32")


def to_bytes(images: np.ndarray) -> np.ndarray:
    """Scales images from the range of the networks back to bytes.

    Args:
        images: Array of floats of any shape, from 0 (black) to 1 (white). Values
            outside this range become black or white.

    Returns:
        A `uint8` array of the same shape, from 0 to 255.
    """
    return np.clip(np.rint(np.asarray(images, "float32") * 255), 0, 255).astype("uint8")


def checked_images(images: np.ndarray, source: str) -> np.ndarray:
    """Checks images, and brings them to the form that a `Dataset` holds.

    Args:
        images: Array of shape `(n, 28, 28)` or `(n, 28, 28, 1)`. Its values are
            whole numbers from 0 to 255, booleans, or floats from 0 to 1 or from
            0 to 255. If none is above 1, 1 is white.
        source: String, where the images came from, for the message of an error.

    Returns:
        A `uint8` array of shape `(n, 28, 28, 1)`, from 0 to 255.

    Raises:
        UserError: If the shape, the dtype or a value is not as above.
    """
    if images.ndim not in (3, 4) or images.shape[1:] not in (IMAGE_SHAPE[:2], IMAGE_SHAPE):
        raise UserError(
            f"{source}: expected images of shape (n, 28, 28) or (n, 28, 28, 1), "
            f"found {images.shape}"
        )
    if len(images) == 0:
        raise UserError(f"{source}: there is no image in it")
    if images.dtype.kind not in "buif":
        raise UserError(f"{source}: expected images of numbers, found dtype {images.dtype}")
    low, high = images.min(), images.max()
    if not (np.isfinite(low) and np.isfinite(high)):
        raise UserError(f"{source}: expected finite values, found NaN or infinity")
    if low < 0 or high > 255 or FLOAT_WHITE < high < 2:
        raise UserError(f"{source}: expected values from 0 to 255 (or 1), found {low} to {high}")
    if high <= FLOAT_WHITE:
        images = to_bytes(images)
    if images.dtype.kind == "f":
        images = np.rint(images)
    return images.astype("uint8", copy=False).reshape(-1, *IMAGE_SHAPE)


def checked_labels(labels: np.ndarray | None, n: int, source: str) -> np.ndarray | None:
    """Checks labels, and brings them to the form that a `Dataset` holds.

    Args:
        labels: Array of whole numbers of shape `(n,)` or `(n, 1)`, or `None`.
        n: Integer, the number of images.
        source: String, where the labels came from, for the message of an error.

    Returns:
        An `int64` array of shape `(n,)`, or `None` if there are no labels.

    Raises:
        UserError: If the shape or the dtype is not as above.
    """
    if labels is None:
        return None
    if labels.shape not in ((n,), (n, 1)) or labels.dtype.kind not in "ui":
        raise UserError(
            f"{source}: expected a whole number as the label of each of {n:,} images, "
            f"found shape {labels.shape} of dtype {labels.dtype}"
        )
    return labels.reshape(-1).astype("int64")
