"""One run, from its settings to its files."""

import contextlib
import dataclasses
import importlib
import json
import os
import pathlib
import platform
import signal
import time

import keras
import numpy as np

import keras_gan
from keras_gan import checkpoint, files, plots
from keras_gan.animation import check_video_can_be_made
from keras_gan.callbacks import (
    AveragedGenerator,
    Checkpoints,
    CurvePlots,
    FreedMemory,
    HistoryFile,
    LogFile,
    ModelFiles,
    ProgressReport,
    QualityMetrics,
    ReportPage,
    SampleFilm,
    SamplePlots,
    SamplesOnTensorBoard,
    WalkPlot,
)
from keras_gan.callbacks.board import check_tensorboard_can_be_written
from keras_gan.callbacks.log import log_line
from keras_gan.config import CHANGEABLE, PRESETS, Config, configure
from keras_gan.console import native_chatter_hidden, one_line, say, warnings_said
from keras_gan.data import embedded_digits, load_data
from keras_gan.errors import DiskError, Stopped, UserError
from keras_gan.evaluation.classifier import find_yardstick
from keras_gan.evaluation.evaluate import can_be_compared_with
from keras_gan.latents import draw_latents
from keras_gan.models import NETWORKS, build_composite
from keras_gan.models.loading import load_networks
from keras_gan.training import Position, state_variables, train

BACKENDS = ("tensorflow", "jax", "torch")
GRID = 100
# What a run may be resumed with, but perhaps not to the last digit of its figures.
SAME_DIGITS = ("versions", "device", "yardstick")


def run(config):
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
    """
    return _run(config, None)


def resume(**settings):
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
    """
    settings.setdefault("models_dir", Config.models_dir)
    folder = _checkpoints_dir(settings["models_dir"])
    newest, passed_over = checkpoint.load_newest(folder)
    for path, error in passed_over.items():
        say(f"Passed over {path}: it {one_line(error)}.")
    if newest:
        return _run(_settings_to_resume_with(newest, settings), newest)
    if passed_over:
        raise UserError(f"{folder}: no checkpoint is whole; start again without --resume")
    say(f"No checkpoint in {folder}: starting from the beginning.")
    return _run(configure(**settings), None)


def _checkpoints_dir(models_dir):
    return pathlib.Path(models_dir) / files.CHECKPOINTS_NAME


def _settings_to_resume_with(newest, given):
    begun_with = newest.about["settings"]
    if begun_with.keys() != {field.name for field in dataclasses.fields(Config)}:
        raise UserError(
            "the run was begun by another version of this program; start again without --resume"
        )
    # Wherever the run's folders have gone, and whatever the current folder is.
    places = {
        name: _place(given["models_dir"], path) for name, path in newest.about["places"].items()
    }
    source = {"data": newest.about["data_path"]} if "dataset" not in given else {"data": None}
    config = Config(**begun_with | places | source | given)
    for name, value in dataclasses.asdict(config).items():
        if name not in CHANGEABLE and value != begun_with[name]:
            raise UserError(
                f"{name} is {begun_with[name]} in the run to resume and cannot become {value}; "
                "leave it out, or start again without --resume"
            )
    position = newest.position
    if (config.epochs, 0) < (position.epoch, position.step):
        raise UserError(
            f"epochs cannot become {config.epochs}: the run to resume has already gone further, to "
            f"epoch {position.epoch}, step {position.step}"
        )
    return config


def _place(models_dir, path):
    """A place that was recorded as seen from the models' folder, as seen from here."""
    return _seen_from(os.curdir, os.path.join(models_dir, path))


def _seen_from(folder, path):
    try:
        return os.path.relpath(path, folder)
    except ValueError:  # on Windows, another drive
        return os.path.abspath(path)


def _load_images(config, newest):
    with warnings_said():
        dataset = load_data(config.dataset, config.data)
    if newest and newest.about["images_checksum"] != dataset.checksum:
        embedded = embedded_digits()
        if config.data is not None or newest.about["images_checksum"] != embedded.checksum:
            raise UserError(
                f"{dataset.source}: these are not the images of the run to resume "
                f"({newest.about['source']}); give the same --data or --dataset"
            )
        dataset = embedded  # the run began without a network
    if len(dataset.images) < config.batch_size:
        raise UserError(
            f"{dataset.source}: {len(dataset.images):,} images are less than one batch of "
            f"{config.batch_size:,}; choose a smaller --batch-size"
        )
    return dataset


def _checked_backend(newest):
    backend = keras.backend.backend()
    if backend not in BACKENDS:
        raise UserError(f"KERAS_BACKEND must be one of {', '.join(BACKENDS)}, but is {backend}")
    if newest and newest.about["backend"] != backend:
        raise UserError(
            f"the backend is {newest.about['backend']} in the run to resume and cannot become "
            f"{backend}; set KERAS_BACKEND={newest.about['backend']}"
        )
    return backend


def _run(config, newest):
    backend = _checked_backend(newest)
    if config.video:
        check_video_can_be_made()
    if config.tensorboard:
        check_tensorboard_can_be_written(pathlib.Path(config.tensorboard))
    dataset = _load_images(config, newest)
    note = say if not config.quiet else lambda line: None
    with native_chatter_hidden():
        device = _device(backend)
        config = settled(config)
        _repeat_exactly(config.seed, backend)
        composite = build_networks(config, newest and newest.about["architectures"])
        generator, discriminator = composite.generator, composite.discriminator
        config = dataclasses.replace(config, latent_dim=generator.input_shape[1])
        average = AveragedGenerator(generator, config.average)
        yardstick = find_yardstick(dataset) if can_be_compared_with(dataset) else None
    variables = [*state_variables(composite), *average.generator.variables]
    about = _about(config, dataset, yardstick, device, backend)
    about["architectures"] = _architectures(config, composite)
    plots_dir, models_dir = pathlib.Path(config.plots_dir), pathlib.Path(config.models_dir)
    if config.log:
        _check_log(pathlib.Path(config.log).resolve(), plots_dir.resolve(), models_dir.resolve())
    changed, resumed, position = [], [], Position(np.random.default_rng(config.seed))
    if newest:
        changed = [name for name in SAME_DIGITS if newest.about[name] != about[name]]
        about |= {name: newest.about[name] for name in ("started", *SAME_DIGITS)}
        resumed = [models_dir, _place(models_dir, newest.about["places"]["plots_dir"])]
        position = newest.position
        checkpoint.restore(variables, newest.arrays)
    with (
        files.claimed(plots_dir, models_dir, resumed=resumed) as moves,
        _still_newest(newest),
        _outcome_logged(config.log),
        _stops_resumable(),
    ):
        for folder, moved_to in moves:
            note(f"What an earlier run left in {folder} is now in {moved_to}.")
        note(f"Data: {len(dataset.images):,} images, {dataset.source}.")
        note(f"Device: {device}, {backend} through Keras {keras.__version__}.")
        note(
            f"Parameters: generator {generator.count_params():,}, "
            f"discriminator {discriminator.count_params():,}."
        )
        if newest:
            note(f"Resumed after epoch {position.epoch}, step {position.step}.")
            if changed:
                say(f"Since the run began, other {', '.join(changed)}: digits may differ.")
        files.write_text(models_dir / files.CONFIG_NAME, _settings(about))

        rng = np.random.default_rng([config.seed, 1])
        real_images = dataset.images[rng.permutation(len(dataset.images))[:GRID]]
        latents = draw_latents(rng, GRID, config.latent_dim, config.latent_distribution)
        _draw_beforehand(composite, real_images, plots_dir)
        if yardstick is None:
            note(
                "Quality is not measured while training: there are too few images, or no "
                "classifier of them. If they have labels, the command evaluate makes one; then "
                "train again."
            )
        checkpoints = Checkpoints(
            _checkpoints_dir(models_dir),
            about,
            position,
            variables,
            config.checkpoint_minutes,
        )
        with checkpoints, FreedMemory() as freed_memory, warnings_said():
            train(
                composite,
                dataset.images,
                epochs=config.epochs,
                batch_size=config.batch_size,
                callbacks=[
                    average,
                    *_watchers(config, dataset, yardstick, latents, average.generator),
                    checkpoints,
                    freed_memory,
                ],
                position=position,
                **config.step_settings,
            )
    print(f"Trained generator: {models_dir / 'generator.keras'}. Pictures: {plots_dir}.")
    return composite


def _draw_beforehand(composite, real_images, folder):
    with plots.OptionalPicture("real_samples.png"):
        plots.plot_images(real_images, folder / "real_samples.png", "Real images")
    networks = {
        "generator": composite.generator,
        "discriminator": composite.discriminator,
        "gan": composite,
    }
    for name, network in networks.items():
        with plots.OptionalPicture(f"{name}_plot.png"), native_chatter_hidden():
            plots.plot_model(network, folder / f"{name}_plot.png")


def _watchers(config, dataset, yardstick, latents, generator):
    """The callbacks that tell, measure, draw and save, in the order in which they depend."""
    plots_dir, models_dir = pathlib.Path(config.plots_dir), pathlib.Path(config.models_dir)
    if not config.quiet:
        yield ProgressReport()
    if yardstick:
        held_out = dataset.test_images is not None
        yield QualityMetrics(
            yardstick,
            dataset.test_images if held_out else dataset.images,
            plots_dir,
            models_dir,
            config.evaluate_every,
            seed=config.seed,
            generator=generator,
            latent_distribution=config.latent_distribution,
            other_real_images=dataset.images if held_out else None,
        )
    yield HistoryFile(models_dir / files.HISTORY_NAME)
    if config.log:
        yield LogFile(config.log)
    yield ModelFiles(models_dir, config.save_every, generator)
    yield SamplePlots(plots_dir, latents, config.plot_every, generator)
    yield SampleFilm(plots_dir, models_dir, latents, config.plot_every, generator, config.video)
    yield WalkPlot(plots_dir, latents, generator)
    if config.tensorboard:
        yield SamplesOnTensorBoard(config.tensorboard, latents, config.plot_every, generator)
    yield CurvePlots(plots_dir, config.loss)
    yield ReportPage(plots_dir, models_dir)


def _check_log(log, *folders):
    if log.parent not in folders or log.is_dir():
        files.check_can_be_written(log)
    if any(folder in log.parent.parents for folder in folders):
        raise UserError(f"{log}: cannot be in a folder inside one of the run's own; name another")


@contextlib.contextmanager
def _still_newest(newest):
    """Refuses to go on from what was the newest checkpoint before the folders were claimed."""
    if newest:
        now, _ = checkpoint.load_newest(newest.path.parent)
        same = now and (now.path, now.about["started"]) == (newest.path, newest.about["started"])
        if not same:
            raise UserError(f"{newest.path.parent}: another run was at work there; try again")
    yield


@contextlib.contextmanager
def _stops_resumable():
    try:
        yield
    except KeyboardInterrupt as error:
        raise Stopped(getattr(error, "signum", signal.SIGINT), resumable=True) from error


@contextlib.contextmanager
def _outcome_logged(path):
    if path is None:
        yield
        return
    log_line(path, "started")
    try:
        yield
    except BaseException as error:
        with contextlib.suppress(DiskError):
            log_line(path, f"ended: {one_line(error)}")
        raise
    log_line(path, "ended: finished")


def build_networks(config, architectures=None):
    """Builds and compiles the networks of a run.

    Args:
        config: A `Config`.
        architectures: What `_architectures` gave when the run began, or `None`.

    Returns:
        A compiled `Composite`.

    Raises:
        UserError: If a network comes from a file, and does not fit.
    """
    with _dtype_policy(config.mixed_precision):
        return _build_networks(settled(config), architectures)


def settled(config):
    """The same settings, with that decided which is left to the machine: `jit_compile`.

    XLA was measured to be faster on x86 processors with AVX2. Where there is AVX-512 as well,
    TensorFlow has faster kernels for convolutions as wide as those of the `tutorial` networks,
    and a user's may be as wide: see benchmarks/README.md. Elsewhere it was not tried.
    """
    if config.jit_compile is not None:
        return config
    backend = keras.backend.backend()
    on_cpu = backend == "tensorflow" and _device(backend) != "GPU"
    found = np.lib.introspect.opt_func_info("^exp$", "float32").get("exp", {}).values()
    best = " ".join(level["current"] for level in found)
    narrow = config.networks != "tutorial" and not (config.generator or config.discriminator)
    faster = ("AVX2", "X86_V3") + (("AVX512", "X86_V4") if narrow else ())
    jit_compile = on_cpu and any(name in best for name in faster)
    return dataclasses.replace(config, jit_compile=jit_compile)


@contextlib.contextmanager
def _dtype_policy(mixed):
    before = keras.config.dtype_policy()
    if mixed:
        gpu = _device(keras.backend.backend()) == "GPU"
        keras.config.set_dtype_policy("mixed_float16" if gpu else "mixed_bfloat16")
    try:
        yield
    finally:
        keras.config.set_dtype_policy(before)


def _build_networks(config, architectures):
    generator, discriminator = NETWORKS[config.networks](config.latent_dim, config.dropout)
    if architectures:
        generator, discriminator = map(keras.models.model_from_json, architectures)
    elif config.generator or config.discriminator:
        generator, discriminator = load_networks(
            config.generator, config.discriminator, generator, discriminator
        )
    not_given = PRESETS[config.preset].get("latent_dim", Config.latent_dim)
    if config.latent_dim not in (not_given, generator.input_shape[1]):
        raise UserError(
            f"latent_dim is {config.latent_dim}, but {config.generator} takes "
            f"{generator.input_shape[1]}; leave it out"
        )
    return build_composite(
        generator,
        discriminator,
        config.learning_rate,
        config.beta_1,
        config.penalty,
        config.loss,
        config.label_smoothing,
        config.optimizer,
        config.beta_2,
        config.jit_compile if keras.backend.backend() == "tensorflow" else "auto",
    )


def _architectures(config, composite):
    """The networks as text, where they came from files: these may change until a run resumes."""
    if config.generator or config.discriminator:
        return [composite.generator.to_json(), composite.discriminator.to_json()]
    return None


def _device(backend):
    if backend == "torch":
        import torch

        accelerated = torch.cuda.is_available()
    else:
        accelerated = any("cpu" not in name for name in keras.distribution.list_devices())
    return "GPU" if accelerated else f"CPU ({os.cpu_count()} cores)"


def _repeat_exactly(seed, backend):
    keras.utils.set_random_seed(seed)
    if backend == "tensorflow":
        import tensorflow as tf

        # On a CPU the operations that are used here repeat exactly as they are, and faster.
        if tf.config.list_physical_devices("GPU"):
            tf.config.experimental.enable_op_determinism()


def _about(config, dataset, yardstick, device, backend):
    """All that it takes to repeat a run, or to know that another is the same."""
    return {
        "settings": dataclasses.asdict(config) | {"quiet": False},
        "places": {
            name: _seen_from(config.models_dir, path)
            for name, path in (("plots_dir", config.plots_dir), ("log", config.log))
            if path is not None
        },
        "data_path": config.data and os.path.abspath(config.data),
        "started": time.strftime(files.TIME_FORMAT),
        "source": dataset.source,
        "images": len(dataset.images),
        "images_checksum": dataset.checksum,
        "backend": backend,
        "device": device,
        "yardstick": yardstick and yardstick.identity,
        "versions": {
            "keras_gan": keras_gan.__version__,
            "python": platform.python_version(),
            "keras": keras.__version__,
            backend: importlib.import_module(backend).__version__,
            "numpy": np.__version__,
        },
    }


def _settings(about):
    """The same as the text of a JSON file, the settings first."""
    for_resuming = ("settings", "places", "data_path", "architectures")
    rest = {name: value for name, value in about.items() if name not in for_resuming}
    return json.dumps(about["settings"] | rest, indent=2) + "\n"
