"""One run, from its settings to its files."""

import dataclasses
import importlib
import json
import os
import pathlib
import platform
import time

import keras
import numpy as np

import keras_gan
from keras_gan import files, plots
from keras_gan.callbacks import (
    CurvePlots,
    HistoryFile,
    ModelFiles,
    ProgressReport,
    QualityMetrics,
    SamplePlots,
)
from keras_gan.config import UserError
from keras_gan.console import native_chatter_hidden, say, warnings_said
from keras_gan.data import load_data
from keras_gan.evaluation.classifier import find_yardstick
from keras_gan.evaluation.evaluate import can_be_compared_with
from keras_gan.models import build_composite, build_discriminator, build_generator
from keras_gan.training import train

BACKENDS = ("tensorflow", "jax", "torch")
GRID = 100


def run(config):
    """Trains a GAN and leaves pictures, models, history and settings on disk.

    Args:
        config: A `Config`.

    Returns:
        The trained `Composite`.

    Raises:
        UserError: If the data or the folders are not what they should be. Then
            nothing on disk has been changed.
    """
    started = time.strftime(files.TIME_FORMAT)
    backend = keras.backend.backend()
    if backend not in BACKENDS:
        raise UserError(f"KERAS_BACKEND must be one of {', '.join(BACKENDS)}, but is {backend}")
    with warnings_said():
        dataset = load_data(config.dataset, config.data)
    if len(dataset.images) < config.batch_size:
        raise UserError(
            f"{dataset.source}: {len(dataset.images):,} images are less than one batch of "
            f"{config.batch_size:,}; choose a smaller --batch-size"
        )

    with native_chatter_hidden():
        device = _device(backend)
        _repeat_exactly(config.seed, backend)
        generator, discriminator = build_generator(config.latent_dim), build_discriminator()
        composite = build_composite(generator, discriminator, config.learning_rate, config.beta_1)
        yardstick = find_yardstick(dataset) if can_be_compared_with(dataset) else None

    for folder, moved_to in files.prepare_folders(config.plots_dir, config.models_dir):
        say(f"What an earlier run left in {folder} is now in {moved_to}.")
    plots_dir, models_dir = pathlib.Path(config.plots_dir), pathlib.Path(config.models_dir)
    say(f"Data: {len(dataset.images):,} images, {dataset.source}.")
    say(f"Device: {device}, {backend} through Keras {keras.__version__}.")
    say(
        f"Parameters: generator {generator.count_params():,}, "
        f"discriminator {discriminator.count_params():,}."
    )
    files.write_text(
        models_dir / files.CONFIG_NAME,
        _settings(config, dataset, yardstick, device, backend, started) + "\n",
    )

    rng = np.random.default_rng([config.seed, 1])
    real_images = dataset.images[rng.permutation(len(dataset.images))[:GRID]]
    plots.plot_images(real_images, plots_dir / "real_samples.png", "Real images")
    with native_chatter_hidden():
        plots.plot_model(generator, plots_dir / "generator_plot.png")
        plots.plot_model(discriminator, plots_dir / "discriminator_plot.png")
        plots.plot_model(composite, plots_dir / "gan_plot.png")

    quality = []
    if yardstick is None:
        say(
            "Quality is not measured while training: there are too few images, or no classifier "
            "of them. If they have labels, the command evaluate makes one; then train again."
        )
    else:
        real = dataset.images if dataset.test_images is None else dataset.test_images
        every = config.evaluate_every
        quality = [QualityMetrics(yardstick, real, plots_dir, models_dir, every, seed=config.seed)]
    latents = rng.standard_normal((GRID, config.latent_dim), dtype="float32")
    train(
        composite,
        dataset.images,
        epochs=config.epochs,
        batch_size=config.batch_size,
        seed=config.seed,
        callbacks=[
            ProgressReport(),
            *quality,
            HistoryFile(models_dir / "history.csv"),
            SamplePlots(plots_dir, latents, config.plot_every),
            CurvePlots(plots_dir),
            ModelFiles(models_dir, config.save_every),
        ],
    )
    print(f"Trained generator: {models_dir / 'generator.keras'}. Pictures: {plots_dir}.")
    return composite


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

        tf.config.experimental.enable_op_determinism()


def _settings(config, dataset, yardstick, device, backend, started):
    return json.dumps(
        {
            **dataclasses.asdict(config),
            "started": started,
            "source": dataset.source,
            "images": len(dataset.images),
            "device": device,
            "yardstick": yardstick and yardstick.identity,
            "versions": {
                "keras_gan": keras_gan.__version__,
                "python": platform.python_version(),
                "keras": keras.__version__,
                backend: importlib.import_module(backend).__version__,
                "numpy": np.__version__,
            },
        },
        indent=2,
    )
