"""One run, from its settings to its files."""

import dataclasses
import pathlib

import keras
import numpy as np

from keras_gan import files
from keras_gan.backend import keep_checksums
from keras_gan.callbacks.average import AveragedGenerator
from keras_gan.callbacks.checkpoints import Checkpoints
from keras_gan.callbacks.log import outcome_logged
from keras_gan.callbacks.memory import FreedMemory
from keras_gan.console import native_chatter_hidden, say, warnings_said
from keras_gan.data import Dataset, load_data
from keras_gan.devices import checked_backend, describe_device, repeat_exactly
from keras_gan.errors import UserError
from keras_gan.evaluation.classifier import Yardstick, find_yardstick
from keras_gan.evaluation.evaluate import can_be_compared_with
from keras_gan.gan.composite import Composite
from keras_gan.gan.labels import with_labels
from keras_gan.gan.latents import draw_latents
from keras_gan.registry import CALLBACKS
from keras_gan.runs import folders, resuming
from keras_gan.runs.building import architectures_of, build_networks
from keras_gan.runs.provenance import SAME_DIGITS, describe_run, place, settings_text
from keras_gan.settings import Config, configure
from keras_gan.training import checkpoint
from keras_gan.training.loop import train
from keras_gan.training.state import Position, state_variables
from keras_gan.training.stopping import StopRequest, resumable

COLUMNS = 10
ROWS = 10
# A grid of more classes would not fit on a screen.
MAX_ROWS = 26


@dataclasses.dataclass
class Run:
    """What the callbacks of a run are made from.

    Attributes:
        config: A `Config`, the settings.
        dataset: A `Dataset`.
        composite: The compiled `Composite`.
        average: The `AveragedGenerator`, whose `generator` is drawn, measured and saved.
        yardstick: A `Yardstick`, or `None` where quality is not measured.
        latents: Array `(n, latent_dim)`, which all pictures are drawn from. In a
            conditional run a list of that and their labels `(n,)`, ten of each class.
        position: A `Position`, where the training stands.
        about: Dict, where the run came from: see `describe_run`.
    """

    config: Config
    dataset: Dataset
    composite: Composite
    average: AveragedGenerator
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
    def generator(self) -> keras.Model:
        """The averaged generator."""
        return self.average.generator

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
        made = (callback.for_run(self) for callback in CALLBACKS.values())
        return [callback for callback in made if callback is not None]


def run(config: Config) -> Composite:
    """Trains a GAN and leaves pictures, models, history and settings on disk.

    Args:
        config: A `Config`.

    Returns:
        The trained `Composite`.

    Raises:
        UserError: If the data or the folders are not what they should be. Then
            nothing on disk has been changed.
        DiskError: If a file cannot be written.
        DivergenceError: If a loss or a weight is no longer finite.
        Stopped: If the process was told to stop.

    Example:

    >>> composite = run(configure("hinge", epochs=20, plots_dir="hinge"))
    """
    return _run(config, None)


def resume(**settings) -> Composite:
    """Goes on with a run from its newest checkpoint, as if it had never stopped.

    Where there is no checkpoint, the run starts from the beginning.

    Args:
        **settings: Those of `Config`. `models_dir` tells where the checkpoints
            are; all others are by default those of the run. Only those that
            leave the mathematics of a step as it is may differ from these.

    Returns:
        The trained `Composite`.

    Raises:
        UserError: Also if a setting differs that must not, or if there are
            checkpoints but none is whole.
        DiskError, DivergenceError, Stopped: As `run`.

    Example:

    >>> composite = resume(epochs=200)
    """
    settings.setdefault("models_dir", Config.models_dir)
    newest = resuming.find_checkpoint(settings["models_dir"])
    if newest is None:
        return _run(configure(**settings), None)
    return _run(resuming.settings_to_resume_with(newest, settings), newest)


def _run(config, newest):
    prepared = _prepare(config, newest)
    config, about = prepared.config, prepared.about
    changed, resumed = [], []
    if newest:
        changed = [name for name in SAME_DIGITS if newest.about[name] != about[name]]
        about |= {name: newest.about[name] for name in ("started", *SAME_DIGITS)}
        resumed = [
            prepared.models_dir,
            place(config.models_dir, newest.about["places"]["plots_dir"]),
        ]
        checkpoint.restore(prepared.variables, newest.arrays)
    with folders.held(prepared.plots_dir, prepared.models_dir, resumed=resumed) as moves:
        if newest:
            resuming.check_still_newest(newest)
        with outcome_logged(config.log), resumable(), warnings_said():
            _tell(prepared, moves, newest, changed)
            files.write_text(prepared.models_dir / files.CONFIG_NAME, settings_text(about))
            _train(prepared)
    generator = prepared.models_dir / "generator.keras"
    print(f"Trained generator: {generator}. Pictures: {prepared.plots_dir}.")
    return prepared.composite


def _train(prepared):
    config = prepared.config
    with StopRequest() as stop, FreedMemory() as freed_memory:
        checkpoints = Checkpoints(
            resuming.checkpoints_dir(prepared.models_dir),
            prepared.about,
            prepared.position,
            prepared.variables,
            config.checkpoint_minutes,
            stop,
        )
        train(
            prepared.composite,
            prepared.dataset.images,
            prepared.dataset.class_indices if config.conditional else None,
            epochs=config.epochs,
            batch_size=config.batch_size,
            # A checkpoint must not be ahead of the files that the others write.
            callbacks=[KeptCompiledCode(), *prepared.callbacks(), checkpoints, freed_memory],
            discriminator_steps=config.discriminator_steps,
            fresh_latents=config.fresh_latents,
            latent_distribution=config.latent_distribution,
            position=prepared.position,
        )


class KeptCompiledCode(keras.callbacks.Callback):
    """Makes what XLA has compiled for the first step available to the next run."""

    kept = False

    def on_train_batch_end(self, batch, logs=None):
        if not self.kept:
            keep_checksums()
            self.kept = True


def _prepare(config, newest):
    """Everything that may be wrong is found out here, before a file is changed."""
    backend = checked_backend()
    if newest:
        resuming.check_backend(newest, backend)
    for callback in CALLBACKS.values():
        callback.check(config)
    dataset = _load_images(config, newest)
    classes = len(dataset.classes) if config.conditional else None
    with native_chatter_hidden():
        device = describe_device()
        repeat_exactly(config.seed)
        composite = build_networks(config, classes, newest and newest.about["architectures"])
        config = dataclasses.replace(
            config,
            latent_dim=composite.inputs[0].shape[1],
            jit_compile=composite.jit_compile,
        )
        average = AveragedGenerator(composite.generator, config.average)
        yardstick = find_yardstick(dataset) if can_be_compared_with(dataset) else None
    architectures = architectures_of(config, composite)
    about = describe_run(config, dataset, yardstick, device, backend, architectures)
    latents = _latents_to_draw(config, classes)
    position = newest.position if newest else Position(np.random.default_rng(config.seed))
    return Run(config, dataset, composite, average, yardstick, latents, position, about)


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
    needed = config.batch_size * config.discriminator_steps
    if len(dataset.images) < needed:
        raise UserError(
            f"{dataset.source}: {len(dataset.images):,} images are less than the {needed:,} of one "
            "step (--batch-size times --discriminator-steps); choose a smaller --batch-size"
        )
    return dataset


def _tell(run, moves, newest, changed):
    if not run.config.quiet:
        for folder, moved_to in moves:
            say(f"What an earlier run left in {folder} is now in {moved_to}.")
        say(f"Data: {len(run.dataset.images):,} images, {run.dataset.source}.")
        backend = run.about["backend"]
        say(f"Device: {run.about['device']}, {backend} through Keras {keras.__version__}.")
        say(
            f"Parameters: generator {run.composite.generator.count_params():,}, "
            f"discriminator {run.composite.discriminator.count_params():,}."
        )
        if newest:
            say(f"Resumed after epoch {run.position.epoch}, step {run.position.step}.")
        if run.yardstick is None:
            say(
                "Quality is not measured while training: there are too few images, or no "
                "classifier of them. If they have labels, the command evaluate makes one; then "
                "train again."
            )
    if changed:
        say(f"Since the run began, other {', '.join(changed)}: digits may differ.")
