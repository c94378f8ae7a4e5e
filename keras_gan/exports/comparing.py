"""Whether an exported generator draws what Keras draws."""

import dataclasses
from collections.abc import Callable

import keras
import numpy as np

from keras_gan.console import one_line
from keras_gan.errors import UserError
from keras_gan.evaluation.samples import drawn_bytes
from keras_gan.gan.labels import is_conditional, with_labels
from keras_gan.gan.latents import draw_latents
from keras_gan.networks.loading import in_float32

# The size of a batch may change the last digits, in Keras, too.
BATCHES = [100] * 3 + [7] * 100
# What rounding may change. Of a generator that was trained for long, Keras' own images change
# by a tenth of this with the size of a batch. A grey level of 255 is forty times as wide.
LIMIT = 1e-4


@dataclasses.dataclass(frozen=True)
class Reference:
    """What Keras draws, to compare with.

    Attributes:
        inputs: Dict of arrays: `latent`, of shape `(n, latent_dim)`, and, for a
            conditional generator, `label`, `int32` of shape `(n,)`.
        images: `float32` array of shape `(n, 28, 28, 1)`.
        batches: List of integers, the sizes of the batches that they were drawn in.
    """

    inputs: dict[str, np.ndarray]
    images: np.ndarray
    batches: list[int]


def named(generator: keras.Model) -> keras.Model:
    """A generator as other programs are to see it.

    Args:
        generator: A Keras model from latents, or a list of latents and labels, to images.

    Returns:
        A model that calculates in float32, whatever the generator was built with: others
        export without a word, and cannot be loaded. It takes a dict of `latent` and,
        if the generator is conditional, `label`, and gives a dict of `image`. So the
        names are the same in all formats.

    Example:

    >>> named(generator).predict({"latent": latents})["image"]
    """
    latent = keras.Input(generator.inputs[0].shape[1:], name="latent")
    inputs, label = {"latent": latent}, None
    if is_conditional(generator):
        label = keras.Input((), dtype="int32", name="label")
        inputs["label"] = label
    network = in_float32(generator)
    network.name = "network"  # its own may be that of an input
    return keras.Model(inputs, {"image": network(with_labels(latent, label))}, name="generator")


def reference(
    generator: keras.Model,
    latent_distribution: str,
    classes: int | None = None,
    batches: list[int] | None = None,
) -> Reference:
    """Draws images with Keras.

    Args:
        generator: A Keras model from latents, or a list of latents and labels, to images.
        latent_distribution: String, as in `draw_latents`.
        classes: Integer, how many classes a conditional generator draws; the labels are
            all of them in turn.
        batches: List of integers, the sizes of the batches to draw; `BATCHES`, of 1,000
            images in all, if `None`.

    Returns:
        A `Reference`.

    Raises:
        UserError: If the generator cannot draw, or its values are not from 0 to 1.
    """
    batches = batches or BATCHES
    count = sum(batches)
    rng = np.random.default_rng(0)
    latent_dim = generator.inputs[0].shape[1]
    inputs = {"latent": draw_latents(rng, count, latent_dim, latent_distribution)}
    if classes is not None:
        inputs["label"] = np.arange(count, dtype="int32") % classes
    layers = generator._flatten_layers()
    if any(layer.compute_dtype != "float32" for layer in layers):  # it rounds more coarsely
        generator = in_float32(generator)
    images = []
    try:
        with keras.device("cpu:0"):  # a GPU may round more coarsely, as with TensorFloat-32
            for part in _parts(batches):
                labels = inputs["label"][part] if classes is not None else None
                given = with_labels(inputs["latent"][part], labels)
                images.append(keras.ops.convert_to_numpy(generator(given, training=False)))
    except Exception as error:  # a model from elsewhere can raise any type
        raise UserError(f"the generator cannot draw images ({one_line(error)})") from error
    images = np.concatenate(images)
    drawn_bytes(images)
    return Reference(inputs, images, batches)


def checked_difference(
    expected: Reference,
    draw: Callable[[dict[str, np.ndarray]], np.ndarray],
    what: str,
    batch: int | None = None,
) -> float:
    """Compares images of another program with those of Keras.

    Args:
        expected: A `Reference`.
        draw: Function from a dict of inputs to images.
        what: String, what to call the program.
        batch: Integer, the size that batches must have; `None` for those of the
            reference.

    Returns:
        The largest difference of a value.

    Raises:
        UserError: If it is more than `LIMIT`.
    """
    differences = []
    sizes = expected.batches if batch is None else [batch] * (len(expected.images) // batch)
    for part in _parts(sizes):
        images = expected.images[part]
        drawn = draw({name: values[part] for name, values in expected.inputs.items()})
        same = drawn.shape == images.shape
        differences.append(np.abs(drawn - images).max() if same else np.inf)
    difference = float(np.max(differences))
    if not difference <= LIMIT:  # so for NaN, too
        raise UserError(
            f"{what} draws other images than Keras: a value differs by {difference:.2g}, and "
            f"{LIMIT:.2g} is allowed; nothing is kept"
        )
    return difference


def _parts(sizes):
    ends = np.cumsum(sizes)
    return map(slice, ends - sizes, ends)
