"""The yardstick: a small classifier, whose features metrics are computed from."""

import contextlib
import dataclasses
import functools
import hashlib
import pathlib
import sys

import keras
import numpy as np
from keras import layers

from keras_gan.backend import cache_folder
from keras_gan.console import say
from keras_gan.data import Dataset, to_unit_range
from keras_gan.errors import UserError
from keras_gan.evaluation.batches import predict
from keras_gan.evaluation.scores import DIGITS_NAME
from keras_gan.files import write_whole

DIGITS_PATH = pathlib.Path(__file__).with_name("yardstick_mnist_1.keras")
DIGITS_SHA256 = "b3474e2a50e9fb55301dfc60116f929290c7fe6da6175d3ff6c44dc348c309b7"
DIGITS_AGREEMENT = 0.97
FEATURES_LAYER = "features"
BATCH_SIZE = 128
EPOCHS = 24


@dataclasses.dataclass(frozen=True)
class Measurements:
    """What a yardstick measures of images. Indexing selects images.

    Attributes:
        features: `float64` array of shape `(n, 64)`.
        probabilities: `float64` array of shape `(n, classes)`. Its rows sum to 1.
        labels: Integer array of shape `(n,)`, the class that each image has or should
            have, or `None`.
    """

    features: np.ndarray
    probabilities: np.ndarray
    labels: np.ndarray | None = None

    def __getitem__(self, rows) -> "Measurements":
        labels = None if self.labels is None else self.labels[rows]
        return Measurements(self.features[rows], self.probabilities[rows], labels)


@dataclasses.dataclass(frozen=True)
class Yardstick:
    """A classifier that samples are measured with.

    Attributes:
        name: String, the version of the classifier.
        sha256: String, the checksum of its file.
        model: A Keras model from images `(batch, 28, 28, 1)`, from 0 to 1, to
            features `(batch, 64)` and class probabilities `(batch, classes)`.
        label_values: Integer array of shape `(classes,)`, sorted: the label of each
            of its classes.

    Example:

    >>> yardstick = load_yardstick(dataset)
    >>> yardstick.measure(dataset.images[:100]).features.shape
    (100, 64)
    """

    name: str
    sha256: str
    model: keras.Model
    label_values: np.ndarray

    def columns(self, labels: np.ndarray) -> np.ndarray:
        """The class of its own, from 0 up, that each of some labels is."""
        return np.searchsorted(self.label_values, labels)

    @property
    def identity(self) -> dict[str, str]:
        """A dict of name and checksum. Results measured with another do not compare."""
        return {"name": self.name, "sha256": self.sha256}

    def measure(self, images: np.ndarray, labels: np.ndarray | None = None) -> Measurements:
        """Computes features and class probabilities of images.

        Args:
            images: `uint8` array of shape `(n, 28, 28, 1)`, from 0 to 255.
            labels: Their labels, to be kept beside, or `None`.

        Returns:
            `Measurements`.
        """
        features, probabilities = predict(self.model, to_unit_range(images))
        return Measurements(features.astype("float64"), probabilities.astype("float64"), labels)


def build_classifier(classes: int) -> keras.Model:
    """Builds the classifier of a yardstick.

    Args:
        classes: Integer, the number of classes.

    Returns:
        A Keras model from images `(batch, 28, 28, 1)`, from 0 to 1, to class
        probabilities `(batch, classes)`. Its last hidden layer, `"features"`,
        has 64 units.
    """
    inputs = keras.Input((28, 28, 1), name="image")
    x = inputs
    for filters, kernel_size, strides in ((24, 5, 2), (48, 3, 1), (64, 3, 2), (64, 3, 1)):
        x = layers.Conv2D(filters, kernel_size, strides, padding="same", use_bias=False)(x)
        x = layers.BatchNormalization(momentum=0.9)(x)
        x = layers.ReLU()(x)
    x = layers.MaxPooling2D(2, padding="same")(x)
    x = layers.Flatten()(x)
    x = layers.Dropout(0.3)(x)
    x = layers.Dense(64, use_bias=False)(x)
    x = layers.BatchNormalization(momentum=0.9)(
        x
    )  # without it, most features become 0 for every image
    x = layers.ReLU(name=FEATURES_LAYER)(x)
    outputs = layers.Dense(classes, activation="softmax", name="classes")(x)
    return keras.Model(inputs, outputs, name="yardstick")


def train_classifier(
    images: np.ndarray,
    labels: np.ndarray,
    epochs: int = EPOCHS,
    seed: int = 0,
) -> keras.Model:
    """Trains the classifier of a yardstick.

    Images are rotated, scaled and shifted a little at random. The learning rate decays
    along a cosine. Keras tells on stderr how it goes: a line for each epoch, or on a
    terminal a bar.

    Args:
        images: `uint8` array of shape `(n, 28, 28, 1)`, from 0 to 255.
        labels: Integer array of shape `(n,)`. Its sorted values are the classes.
        epochs: Integer, how many times to go through the images.
        seed: Integer, fixes all random numbers.

    Returns:
        The trained Keras model.
    """
    keras.utils.set_random_seed(seed)
    classes, labels = np.unique(labels, return_inverse=True)
    classifier = build_classifier(len(classes))
    augmentation = keras.Sequential(
        [
            keras.Input((28, 28, 1)),
            layers.RandomRotation(0.03, fill_mode="constant", seed=seed),
            layers.RandomZoom(0.1, fill_mode="constant", seed=seed),
            layers.RandomTranslation(0.08, 0.08, fill_mode="constant", seed=seed),
        ]
    )
    model = keras.Model(augmentation.inputs, classifier(augmentation.outputs[0]))
    steps = epochs * -(-len(images) // BATCH_SIZE)
    model.compile(
        keras.optimizers.Adam(keras.optimizers.schedules.CosineDecay(2e-3, steps)),
        "sparse_categorical_crossentropy",
        metrics=["accuracy"],
    )
    verbose = 1 if sys.stderr.isatty() else 2
    with contextlib.redirect_stdout(sys.stderr):
        model.fit(to_unit_range(images), labels, BATCH_SIZE, epochs, verbose=verbose)
    return classifier


def find_yardstick(dataset: Dataset) -> Yardstick | None:
    """Finds the yardstick of a data set, without training one.

    Args:
        dataset: A `Dataset`.

    Returns:
        A `Yardstick`: for digits, the one that comes with the package; for
        other labelled images, the one that `load_yardstick` has trained before.
        `None` if there is none.

    Raises:
        UserError: If the yardstick that comes with the package is damaged.
    """
    if dataset.labels is None:
        return None
    digits = digits_yardstick()
    if _agrees(digits, dataset):
        return digits
    name, path = _cached(dataset)
    try:
        return _load(name, path, dataset.label_values) if path.exists() else None
    except Exception:  # it is damaged, so it is trained again
        return None


def digits_yardstick() -> Yardstick:
    """Loads the yardstick of digits, which comes with the package.

    Raises:
        UserError: If its file is damaged.
    """
    if hashlib.sha256(DIGITS_PATH.read_bytes()).hexdigest() != DIGITS_SHA256:
        raise UserError(f"{DIGITS_PATH}: is damaged; install keras_gan again")
    return _load_digits()


def load_yardstick(dataset: Dataset) -> Yardstick | None:
    """Loads the yardstick of a data set, and trains it if there is none yet.

    Digits have one that comes with the package. For other images a classifier is
    trained, which is kept in Keras' cache folder under the checksum of the data.

    Args:
        dataset: A `Dataset`.

    Returns:
        A `Yardstick`, or `None` if the data set has no labels.

    Raises:
        UserError: If the yardstick that comes with the package is damaged.

    Example:

    >>> dataset = load_data("mnist")
    >>> result = evaluate(samples, dataset, load_yardstick(dataset))
    """
    yardstick = find_yardstick(dataset)
    if yardstick is not None or dataset.labels is None:
        return yardstick
    name, path = _cached(dataset)
    path.parent.mkdir(parents=True, exist_ok=True)
    say(f"Training a classifier to measure with, once for this data set: {path}")
    classifier = train_classifier(dataset.images, dataset.labels, EPOCHS)
    with write_whole(path) as temporary:
        classifier.save(temporary)
    return _load(name, path, dataset.label_values)


def _cached(dataset):
    """Name and path of the yardstick that is trained for a data set."""
    data = dataset.images.tobytes() + dataset.labels.tobytes()
    name = f"data-{hashlib.sha256(data).hexdigest()[:16]}"
    return name, cache_folder() / f"yardstick_{name}.keras"


@functools.cache
def _load_digits():
    return _load(DIGITS_NAME, DIGITS_PATH, np.arange(10))


def _load(name, path, label_values):
    classifier = keras.saving.load_model(path, compile=False)
    features = classifier.get_layer(FEATURES_LAYER).output
    model = keras.Model(classifier.input, [features, classifier.output])
    sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
    return Yardstick(name, sha256, model, label_values)


def _agrees(digits, dataset):
    """Whether the labels of a data set are the digits that its images show."""
    if dataset.labels.min() < 0 or dataset.labels.max() > 9:
        return False
    some = np.random.default_rng(0).permutation(len(dataset.images))[:1000]
    probabilities = digits.measure(dataset.images[some]).probabilities
    return np.mean(probabilities.argmax(axis=1) == dataset.labels[some]) >= DIGITS_AGREEMENT
