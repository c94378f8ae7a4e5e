"""Measuring generated images: from a file to scores, a table and a picture."""

import dataclasses
import json
import zipfile

import keras
import numpy as np

from keras_gan.config import MAX_SEED, UserError
from keras_gan.console import one_line
from keras_gan.data import IMAGE_SHAPE, load_data, to_bytes
from keras_gan.evaluation import metrics

MIN_SAMPLES = 100
MAX_SAMPLES = 100_000
NEAR_COPY_QUANTILE = 0.01
FLOOR_DRAWS = 4
UNSAFE_LAYERS = {"Lambda", "TorchModuleWrapper", "JaxLayer", "FlaxLayer", "TFSMLayer"}


@dataclasses.dataclass(frozen=True)
class Score:
    """One figure of merit.

    Attributes:
        value: Float.
        reference: Float, what real images get.
        meaning: String, what it says, in a few words.
    """

    value: float
    reference: float
    meaning: str


@dataclasses.dataclass(frozen=True)
class Copies:
    """How near samples come to training images.

    Attributes:
        distances: Array `(n,)`, each sample's distance to its nearest training
            image; black to white in one pixel is 1.
        indices: Array `(n,)`, which training image that is.
    """

    distances: np.ndarray
    indices: np.ndarray


@dataclasses.dataclass(frozen=True)
class Result:
    """What `evaluate` found.

    Attributes:
        scores: Dict of `Score`s by their names.
        class_shares: List of floats, the share of the samples that looks like
            each class, or `None` where there is no yardstick.
        classes: Array `(n,)`, the class that each sample looks like, or `None`.
        copies: `Copies`, for each sample.
    """

    scores: dict[str, Score]
    class_shares: list[float] | None
    classes: np.ndarray | None
    copies: Copies


def load_generator(path):
    """Loads a generator without running any code that its file may carry.

    Args:
        path: Path of a `.keras` file.

    Returns:
        A Keras model from `(batch, latent_dim)` to `(batch, 28, 28, 1)`.

    Raises:
        UserError: If the file is not such a model, or needs code of its own.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            _check_built_in(json.loads(archive.read("config.json")), path)
        model = keras.saving.load_model(path, compile=False, safe_mode=True)
        inputs, outputs = model.input_shape, model.output_shape
    except UserError:
        raise
    except Exception as error:  # Keras raises of many kinds over a broken file
        raise UserError(
            f"{path}: is no Keras model that can be read ({one_line(error)})"
        ) from error
    if not isinstance(inputs, tuple) or len(inputs) != 2 or outputs != (None, *IMAGE_SHAPE):
        raise UserError(
            f"{path}: expected a generator from (None, latent_dim) to (None, 28, 28, 1), "
            f"found a model from {inputs} to {outputs}"
        )
    return model


def _check_built_in(config, path):
    """Raises `UserError` if a part of a model's config is not of Keras itself."""
    if isinstance(config, list):
        for part in config:
            _check_built_in(part, path)
    elif isinstance(config, dict):
        name, module = config.get("class_name"), config.get("module")
        foreign = module is not None and str(module).split(".")[0] not in ("keras", "builtins")
        if foreign or config.get("registered_name") or name in UNSAFE_LAYERS or name == "function":
            raise UserError(f"{path}: needs code of its own ({module}.{name}), which is not run")
        for key, part in config.items():
            if key != "compile_config":
                _check_built_in(part, path)


def draw_samples(generator, n, seed=0):
    """Draws images from a generator.

    Args:
        generator: A Keras model from `(batch, latent_dim)` to images.
        n: Integer, the number of images.
        seed: Integer, fixes the latent points, drawn from a standard normal.

    Returns:
        `uint8` array `(n, 28, 28, 1)`.

    Raises:
        UserError: If the generator gives values that are not from 0 to 1.
    """
    rng = np.random.default_rng(seed)
    latents = rng.standard_normal((n, generator.input_shape[1]), dtype="float32")
    images = generator.predict(latents, batch_size=500, verbose=0)
    if not (images.min() >= -1e-3 and images.max() <= 1 + 1e-3):
        raise UserError(
            f"expected a generator of values from 0 to 1, found {images.min():g} to "
            f"{images.max():g}; scale its images to 0 to 255 and give them as an .npz"
        )
    return to_bytes(images)


def load_samples(path, n, seed=0):
    """Images to measure: drawn from a generator, or read from an `.npz`.

    Args:
        path: Path of a `.keras` generator, or of an `.npz` with an array `x` of
            images as `load_data` takes them.
        n: Integer, the number of images; at most as many as an `.npz` holds.
        seed: Integer, fixes the latent points.

    Returns:
        `uint8` array `(n, 28, 28, 1)`.

    Raises:
        UserError: If the file is none of these, or holds too few images.
    """
    if not MIN_SAMPLES <= n <= MAX_SAMPLES:
        raise UserError(f"samples must be from {MIN_SAMPLES} to {MAX_SAMPLES}, but is {n}")
    if not 0 <= seed <= MAX_SEED:
        raise UserError(f"seed must be from 0 to {MAX_SEED}, but is {seed}")
    if path.suffix != ".npz":
        return draw_samples(load_generator(path), n, seed)
    images = load_data(data=path).images
    if len(images) < MIN_SAMPLES:
        raise UserError(f"{path}: expected at least {MIN_SAMPLES} images, found {len(images)}")
    return images[:n]


def evaluate(samples, dataset, yardstick, seed=0):
    """Measures samples against real images.

    The real side is the data set's held-out images, or all its images where
    none are held out. Beside each score stands its floor: what as many real
    training images get (some of one half of the images against the other half,
    where none are held out). The floor of the FID is the mean of up to four
    draws, since one alone scatters by some percent.

    Args:
        samples: `uint8` array `(n, 28, 28, 1)`.
        dataset: A `Dataset`.
        yardstick: A `Yardstick`, or `None` for a data set without labels, of
            which only copying is measured.
        seed: Integer, fixes every random choice.

    Returns:
        A `Result`.
    """
    scores, class_shares, classes = {}, None, None
    if yardstick is not None:
        real, floor_real, draws = _real_sides(dataset, yardstick, len(samples), seed)
        fake = yardstick.measure(samples)
        class_shares = metrics.class_shares(fake.probabilities).tolist()
        classes = fake.probabilities.argmax(axis=1)
        scores = _scores(real, fake, floor_real, draws)
    copies, copying = _copying(samples, dataset)
    return Result(scores | copying, class_shares, classes, copies)


def _real_sides(dataset, yardstick, n, seed):
    """Measurements of the real side, of that of the floor, and of what is drawn for the floor."""
    order = np.random.default_rng(seed).permutation(len(dataset.images))
    if dataset.test_images is not None:
        real = yardstick.measure(dataset.test_images)
        floor_real = real
    else:
        real = yardstick.measure(dataset.images)
        order, rest = np.array_split(order, 2)
        floor_real = real[rest]
    n = min(n, len(order))
    starts = range(0, len(order) - n + 1, n)[:FLOOR_DRAWS]
    drawn = yardstick.measure(dataset.images[order[: len(starts) * n]])
    return real, floor_real, [drawn[start : start + n] for start in starts]


def _scores(real, fake, floor_real, draws):
    floor = draws[0]
    kid, kid_error = metrics.kernel_distance(real.features, fake.features)
    floor_kid, floor_kid_error = metrics.kernel_distance(floor_real.features, floor.features)
    near = metrics.neighbourhood(real.features, fake.features)
    floor_near = metrics.neighbourhood(floor_real.features, floor.features)
    shares, floor_shares = (metrics.class_shares(side.probabilities) for side in (fake, floor))
    rarest = int(shares.argmin())
    return {
        "FID": Score(
            metrics.frechet_distance(real.features, fake.features),
            float(
                np.mean([metrics.frechet_distance(floor_real.features, d.features) for d in draws])
            ),
            "distance of the features' Gaussians; lower is better",
        ),
        "KID": Score(kid, floor_kid, "distance that no sample size biases; lower is better"),
        "KID standard error": Score(kid_error, floor_kid_error, "how far chance moves the KID"),
        "precision": Score(near.precision, floor_near.precision, "share that could be real"),
        "recall": Score(near.recall, floor_near.recall, "share of the real that could be drawn"),
        "density": Score(near.density, floor_near.density, "how closely real ones surround"),
        "coverage": Score(near.coverage, floor_near.coverage, "share of the real that is near one"),
        "classifier score": Score(
            metrics.classifier_score(fake.probabilities),
            metrics.classifier_score(floor.probabilities),
            f"clear and of every class; at most {len(shares)}",
        ),
        "confident share": Score(
            metrics.confident_share(fake.probabilities),
            metrics.confident_share(floor.probabilities),
            "share that the classifier is 95% sure of",
        ),
        "rarest class": Score(
            float(shares[rarest]), float(floor_shares.min()), f"share of class {rarest}"
        ),
    }


def _copying(samples, dataset):
    """Distances to the nearest training images, beside those of held-out images."""
    distances, indices = metrics.nearest(samples, dataset.images)
    if dataset.test_images is None:
        held_out = metrics.nearest_other(dataset.images)
    else:
        held_out, _ = metrics.nearest(dataset.test_images, dataset.images)
    near = np.quantile(held_out, NEAR_COPY_QUANTILE)
    return Copies(distances, indices), {
        "nearest image": Score(
            float(np.median(distances)), float(np.median(held_out)), "median distance, in pixels"
        ),
        "near-copies": Score(
            float((distances < near).mean()),
            float((held_out < near).mean()),
            f"share nearer than {near:.2f}; fewer is better",
        ),
    }
