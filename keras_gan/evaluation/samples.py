"""The images to evaluate: drawn from a generator, or read from a file."""

import pathlib
from typing import TYPE_CHECKING

import numpy as np

from keras_gan.console import one_line, say
from keras_gan.data import Dataset, load_data, to_bytes
from keras_gan.errors import UserError
from keras_gan.evaluation.batches import predict
from keras_gan.gan.labels import is_conditional, with_labels
from keras_gan.gan.latents import draw_latents
from keras_gan.settings import MAX_SEED

if TYPE_CHECKING:
    import keras

MIN_SAMPLES = 100
MAX_SAMPLES = 100_000
# What rounding, in half precision too, may add to a value from 0 to 1.
ROUNDING = 1e-3


def draw_samples(
    generator: "keras.Model",
    n: int,
    seed: int = 0,
    latent_distribution: str = "normal",
    labels: int | np.ndarray | None = None,
) -> np.ndarray:
    """Draws images from a generator.

    Args:
        generator: A Keras model from `(batch, latent_dim)` to images
            `(batch, 28, 28, 1)` from 0 to 1. A conditional one takes a list of
            latents and labels, `(batch,)`.
        n: Integer, the number of images.
        seed: Integer, fixes the latent vectors.
        latent_distribution: `"normal"` or `"uniform"`, as in `draw_latents`: what the
            generator was trained with.
        labels: Integer, the class to draw, or array of `n` of them, for a conditional
            generator.

    Returns:
        `uint8` array of shape `(n, 28, 28, 1)`, from 0 to 255.

    Raises:
        UserError: If the generator cannot draw, or its values are not from 0 to 1; if
            it needs labels, and there are none, or the other way round.

    Example:

    >>> generator = keras.saving.load_model("models/generator.keras")
    >>> samples = draw_samples(generator, 1000, seed=7)
    >>> sevens = draw_samples(conditional_generator, 1000, labels=7)
    """
    if is_conditional(generator) != (labels is not None):
        needs = "takes no labels" if labels is not None else "is conditional: it needs labels"
        raise UserError(f"the generator {needs}")
    if labels is not None:
        from keras_gan.networks.conditional import checked_classes  # imports Keras

        labels = np.broadcast_to(checked_classes(labels, generator), (n,))
    rng = np.random.default_rng(seed)
    latents = draw_latents(rng, n, generator.inputs[0].shape[1], latent_distribution)
    try:
        images = predict(generator, with_labels(latents, labels))
    except Exception as error:  # a model from elsewhere can raise any type
        raise UserError(f"the generator cannot draw images ({one_line(error)})") from error
    return drawn_bytes(images)


def drawn_bytes(images: np.ndarray) -> np.ndarray:
    """What a generator has drawn, as bytes.

    Raises:
        UserError: If its values are not from 0 to 1.
    """
    if not (images.min() >= -ROUNDING and images.max() <= 1 + ROUNDING):
        raise UserError(
            f"expected a generator of values from 0 to 1, found {images.min():g} to "
            f"{images.max():g}; end it with a sigmoid"
        )
    return to_bytes(images)


def check_numbers(samples: int, seed: int) -> None:
    """Raises a `UserError` if so many samples cannot be measured, or a seed is none."""
    if not MIN_SAMPLES <= samples <= MAX_SAMPLES:
        raise UserError(f"samples must be from {MIN_SAMPLES} to {MAX_SAMPLES}, but is {samples}")
    if not 0 <= seed <= MAX_SEED:
        raise UserError(f"seed must be from 0 to {MAX_SEED}, but is {seed}")


def load_source(path: pathlib.Path) -> "keras.Model | Dataset":
    """Loads what samples come from: a generator, or images from an `.npz`.

    Args:
        path: Path of a `.keras` generator, or of an `.npz` with an array `x` of
            images (and `y` of labels) as `load_data` takes them.

    Returns:
        A Keras model or a `Dataset`.

    Raises:
        UserError: If the file is neither, or has fewer than 100 images.
    """
    if path.suffix not in (".keras", ".npz"):
        raise UserError(f"{path}: expected a file .keras or .npz")
    if path.suffix == ".keras":
        from keras_gan.networks.loading import load_generator  # imports Keras

        return load_generator(path)
    images = load_data(data=path)
    if len(images.images) < MIN_SAMPLES:
        raise UserError(
            f"{path}: expected at least {MIN_SAMPLES} images, found {len(images.images)}"
        )
    return images


def samples_from(
    source: "keras.Model | Dataset",
    n: int,
    dataset: Dataset,
    seed: int = 0,
    latent_distribution: str = "normal",
) -> tuple[np.ndarray, np.ndarray | None]:
    """Draws or chooses samples, with their labels where these are known.

    Args:
        source: What `load_source` gives.
        n: Integer, the number of images. If a `Dataset` has more, that many are taken
            at random; if it has fewer, all of them.
        dataset: The `Dataset` that they will be compared with. A conditional generator
            draws its classes, each as often as it has them.
        seed: Integer, fixes the latent vectors and the random choice.
        latent_distribution: As in `draw_samples`.

    Returns:
        `uint8` array of shape `(n, 28, 28, 1)`, from 0 to 255; and the class of each
        image in `dataset.classes`, an integer array of shape `(n,)`, or `None`.

    Raises:
        UserError: If a generator draws other classes than the data set has.
    """
    if not isinstance(source, Dataset):
        labels = _labels_to_draw(source, n, dataset, seed)
        return draw_samples(source, n, seed, latent_distribution, labels), labels
    # At random, because they may be sorted by class.
    rows = np.random.default_rng(seed).permutation(len(source.images))[:n]
    rows = rows if n < len(source.images) else slice(None)
    labels = _classes_in(dataset, source)
    return source.images[rows], None if labels is None else labels[rows]


def _classes_in(dataset, samples):
    """The class in one data set of each image in another, by its name if it has one."""
    if samples.labels is None or dataset.labels is None:
        return None
    labels = dataset.class_indices_of(samples.labels)
    if samples.class_names is not None:
        places = {name: place for place, name in enumerate(dataset.classes)}
        places = np.array([places.get(name, -1) for name in samples.classes])
        labels = places[samples.class_indices]
    if (labels < 0).any():
        say(
            f"{samples.source}: has labels of classes that {dataset.source} has not; labels are "
            "left out."
        )
        return None
    return labels


def _labels_to_draw(generator, n, dataset, seed):
    if not is_conditional(generator):
        return None
    from keras_gan.networks.conditional import classes_of

    classes = classes_of(generator)
    found = 0 if dataset.labels is None else len(dataset.classes)
    if found == 0 or classes not in (None, found):
        raise UserError(
            f"{dataset.source}: has {found} classes, and the generator draws "
            f"{classes or 'others'}; give the images that it was trained on with --data"
        )
    return np.random.default_rng([seed, 1]).choice(dataset.class_indices, n)
