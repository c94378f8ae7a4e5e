"""One run, from its settings to its files."""

import contextlib

import keras

from keras_gan import files, processes
from keras_gan.backend import keep_checksums
from keras_gan.callbacks.checkpoints import Checkpoints
from keras_gan.callbacks.decay import epochs_at_full_rate
from keras_gan.callbacks.log import outcome_logged
from keras_gan.callbacks.memory import FreedMemory
from keras_gan.callbacks.together import StopTogether
from keras_gan.console import say, warnings_said
from keras_gan.errors import Stopped
from keras_gan.gan.composite import Composite
from keras_gan.runs import folders, resuming
from keras_gan.runs.preparing import prepare, what_all_share
from keras_gan.runs.provenance import SAME_DIGITS, place, settings_text
from keras_gan.settings import Config, configure
from keras_gan.training import checkpoint
from keras_gan.training.loop import train
from keras_gan.training.stopping import StopRequest, resumable

# Several in a call take a tenth less time than one by one; a first run begins seconds later.
STEPS_PER_EXECUTION = 6


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
    config = resuming.settings_to_resume_with(newest, settings)
    return _run(config, resuming.to_go_on_from(newest, config))


def _run(config, newest):
    with processes.all_or_none():
        prepared = prepare(config, newest)
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
    processes.agree(what_all_share(prepared, newest))
    with contextlib.ExitStack() as until_the_end:
        writes = processes.is_first()
        with processes.all_or_none():
            if writes:
                places = (prepared.plots_dir, prepared.models_dir)
                moves = until_the_end.enter_context(folders.held(*places, resumed=resumed))
                if newest:
                    resuming.check_still_newest(newest)
        with outcome_logged(config.log if writes else None), resumable(), warnings_said():
            if writes:
                _tell(prepared, moves, newest, changed)
                files.write_text(prepared.models_dir / files.CONFIG_NAME, settings_text(about))
            _train(prepared)
    if writes:
        generator = prepared.models_dir / "generator.keras"
        print(f"Trained generator: {generator}. Pictures: {prepared.plots_dir}.")
    return prepared.composite


def _train(prepared):
    config = prepared.config
    writes, alone = processes.is_first(), processes.count() == 1
    with StopRequest(alone) as stop, FreedMemory() as freed_memory:
        callbacks = [KeptCompiledCode(), *prepared.callbacks()]
        if not alone:
            callbacks.append(StopTogether(stop, saves=writes))
        if writes:  # a checkpoint must not be ahead of the files that the others write
            checkpoints = Checkpoints(
                resuming.checkpoints_dir(prepared.models_dir),
                prepared.about,
                prepared.position,
                prepared.variables,
                config.checkpoint_minutes,
                epochs_at_full_rate(config.epochs, config.learning_rate_decay),
                stop,
            )
            callbacks.append(checkpoints)
        try:
            with processes.others_present():
                train(
                    prepared.composite,
                    prepared.dataset.images,
                    prepared.labels,
                    epochs=config.epochs,
                    batch_size=config.batch_size,
                    callbacks=[*callbacks, freed_memory],
                    discriminator_steps=config.discriminator_steps,
                    reals_per_fake=config.reals_per_fake,
                    fresh_latents=config.fresh_latents,
                    latent_distribution=config.latent_distribution,
                    steps_per_execution=STEPS_PER_EXECUTION,
                    position=prepared.position,
                )
        except Stopped:
            if stop.signum is not None:  # all of them stop
                processes.leave()
            raise
    processes.leave()


class KeptCompiledCode(keras.callbacks.Callback):
    """Makes what XLA has compiled for the first step available to the next run."""

    kept = False

    def on_train_batch_end(self, batch, logs=None):
        if not self.kept:
            keep_checksums()
            self.kept = True


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
