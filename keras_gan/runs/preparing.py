"""What a run is made from, all of it known before a file is changed."""

import dataclasses
import hashlib
import json
import pathlib

import keras
import numpy as np

from keras_gan import devices, processes
from keras_gan.callbacks.average import AveragedGenerator
from keras_gan.console import native_chatter_hidden, say, warnings_said
from keras_gan.data import Dataset, load_data
from keras_gan.data.clusters import cluster_images
from keras_gan.errors import UserError
from keras_gan.evaluation.classifier import Yardstick, find_yardstick
from keras_gan.evaluation.evaluate import can_be_compared_with
from keras_gan.gan.compiling import check_split
from keras_gan.gan.composite import Composite
from keras_gan.gan.labels import is_conditional, with_labels
from keras_gan.gan.latents import draw_latents
from keras_gan.networks.clustered import classifier_of, label_from_latent
from keras_gan.presets import AUTO
from keras_gan.registry import CALLBACKS
from keras_gan.runs import resuming
from keras_gan.runs.building import architectures_of, build_networks
from keras_gan.runs.provenance import describe_run
from keras_gan.settings import Config, fixed_names
from keras_gan.training.checkpoint import Checkpoint
from keras_gan.training.state import Position, state_variables

COLUMNS = 10
ROWS = 10
# A grid of more classes would not fit on a screen.
MAX_ROWS = 26
IMAGES_OF_A_CLUSTER = 10  # at least
# Where the number of clusters is left to the program.
CLUSTERS = 10
ENOUGH_IMAGES = 2500


@dataclasses.dataclass
class Run:
    """What the callbacks of a run are made from.

    Attributes:
        config: A `Config`, the settings.
        dataset: A `Dataset`.
        composite: The compiled `Composite`.
        labels: Integer array `(n,)`, the classes or clusters of the images, or `None`.
        average: The `AveragedGenerator` of the composite's generator.
        generator: The averaged generator, as it is drawn, measured and saved. In a run
            with clusters, it takes latents alone.
        yardstick: A `Yardstick`, or `None` where quality is not measured.
        latents: Array `(n, latent_dim)`, which all pictures are drawn from. In a
            conditional run a list of that and their labels `(n,)`, ten of each class.
        position: A `Position`, where the training stands.
        about: Dict, where the run came from: see `describe_run`.
    """

    config: Config
    dataset: Dataset
    composite: Composite
    labels: np.ndarray | None
    average: AveragedGenerator
    generator: keras.Model
    yardstick: Yardstick | None
    latents: np.ndarray | list[np.ndarray]
    position: Position
    about: dict

    @property
    def plots_dir(self) -> pathlib.Path:
        return pathlib.Path(self.config.plots_dir)

    @property
    def models_dir(self) -> pathlib.Path:
        return pathlib.Path(self.config.models_dir)

    @property
    def row_names(self) -> list[str] | None:
        """What to call the rows of a grid of samples: in a conditional run, the classes."""
        if not self.config.conditional:
            return None
        return [self.dataset.classes[label] for label in self.latents[1][::COLUMNS]]

    @property
    def variables(self) -> list:
        """All variables that the run's state is made of."""
        return [*state_variables(self.composite), *self.generator.variables]

    def callbacks(self) -> list:
        """Those of `keras_gan.registry.CALLBACKS` that the settings ask for."""
        first = processes.is_first()
        classes = (each for each in CALLBACKS.values() if first or each.in_every_process)
        made = (callback.for_run(self) for callback in classes)
        return [callback for callback in made if callback is not None]


def prepare(config: Config, newest: Checkpoint | None) -> Run:
    """Makes a run from its settings, or from these and the checkpoint that it goes on from.

    Raises:
        UserError: If anything is wrong. No file has been changed.
    """
    backend = devices.checked_backend()
    if newest:
        resuming.check_backend(newest, backend)
    for callback in CALLBACKS.values():
        callback.check(config)
    dataset = _load_images(config, newest)
    labels, classes = _labels_to_train_on(config, dataset)
    with native_chatter_hidden():
        devices.repeat_exactly(config.seed, config.deterministic)
        count = processes.count() * devices.checked_devices(config.devices)
        check_split(config.batch_size, count, config.reals_per_fake)
        devices.check_precision(config.mixed_precision, count)
        device = devices.describe_device(count)
        clustered = classes and not config.conditional
        counts = np.bincount(labels, minlength=classes) if clustered else None
        classifier = None
        if clustered and config.auxiliary_weight:
            classifier = classifier_of(dataset.images, labels, classes)
        with devices.spread(config.devices):
            architectures = newest and newest.about["architectures"]
            composite = build_networks(config, classes, architectures, counts, classifier)
        told = is_conditional(composite)
        config = dataclasses.replace(
            config,
            latent_dim=composite.inputs[0].shape[1] + (1 if clustered and told else 0),
            jit_compile=composite.jit_compile if backend == "tensorflow" else config.jit_compile,
        )
        average = AveragedGenerator(composite.generator, config.average)
        generator = average.generator
        if clustered and told:
            generator = label_from_latent(generator, counts, config.latent_distribution)
        yardstick = find_yardstick(dataset) if can_be_compared_with(dataset) else None
    architectures = architectures_of(config, composite)
    about = describe_run(config, dataset, yardstick, device, backend, architectures)
    latents = _latents_to_draw(config, classes if config.conditional else None)
    position = newest.position if newest else Position(np.random.default_rng(config.seed))
    return Run(
        config,
        dataset,
        composite,
        labels,
        average,
        generator,
        yardstick,
        latents,
        position,
        about,
    )


def _labels_to_train_on(config, dataset):
    """The class or the cluster of each image, and how many there are; or twice `None`."""
    if config.conditional:
        return dataset.class_indices, len(dataset.classes)
    clusters = config.clusters
    if clusters == AUTO:
        clusters = CLUSTERS if len(dataset.images) >= ENOUGH_IMAGES else 0
    if not clusters:
        return None, None
    if not config.quiet and processes.is_first():
        say(f"Sorting the images into {clusters} clusters.")
    return cluster_images(dataset.images, clusters, config.seed), clusters


def what_all_share(run: Run, newest: Checkpoint | None) -> dict[str, str]:
    """What would have the processes of a run train different networks, if it differed."""
    config, dataset, labels, guided = run.config, run.dataset, run.labels, run.composite.guided
    return {
        "settings": json.dumps([getattr(config, name) for name in fixed_names()]),
        "epochs": str(config.epochs),
        "devices": str(config.devices),
        "images": f"{dataset.checksum} {dataset.labels_checksum}",
        "clusters": str(labels is not None and hashlib.sha256(labels).hexdigest()),
        "classifier": str(guided and guided.auxiliary.checksum()),
        "checkpoint": str(newest and (newest.path.name, newest.checksum)),
    }


def _latents_to_draw(config, classes):
    rng = np.random.default_rng([config.seed, 1])
    rows = min(classes, MAX_ROWS) if classes else ROWS
    latents = draw_latents(rng, rows * COLUMNS, config.latent_dim, config.latent_distribution)
    labels = np.repeat(np.arange(rows, dtype="int32"), COLUMNS) if classes else None
    return with_labels(latents, labels)


def _load_images(config, newest):
    with warnings_said():
        dataset = load_data(config.dataset, config.data)
    if newest:
        dataset = resuming.same_images(newest, dataset, config.data)
    if config.conditional and (dataset.labels is None or len(dataset.classes) < 2):
        found = "no labels" if dataset.labels is None else "one class alone"
        raise UserError(
            f"{dataset.source}: found {found}; --conditional needs labels of at least two classes: "
            "give labelled images, or leave out --conditional"
        )
    if config.clusters != AUTO and config.clusters > len(dataset.images) // IMAGES_OF_A_CLUSTER:
        raise UserError(
            f"{dataset.source}: {len(dataset.images):,} images are too few for {config.clusters} "
            f"clusters, with at least {IMAGES_OF_A_CLUSTER} images each; choose fewer --clusters"
        )
    needed = config.batch_size * config.discriminator_steps
    if len(dataset.images) < needed:
        raise UserError(
            f"{dataset.source}: {len(dataset.images):,} images are less than the {needed:,} of one "
            "step (--batch-size times --discriminator-steps); choose a smaller --batch-size"
        )
    return dataset
