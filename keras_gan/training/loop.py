"""The training loop. Whatever watches it hangs on as a Keras callback."""

import math
import time

import keras
import numpy as np

from keras_gan.data import to_unit_range
from keras_gan.errors import DivergenceError
from keras_gan.gan.composite import Composite
from keras_gan.gan.latents import draw_latents
from keras_gan.gan.step import GanStep
from keras_gan.training.callback import GanCallback
from keras_gan.training.state import Position, finite_arrays


def train(
    composite: Composite,
    images: np.ndarray,
    epochs: int = 100,
    batch_size: int = 64,
    callbacks=(),
    seed: int = 0,
    discriminator_steps: int = 1,
    fresh_latents: int = 0,
    latent_distribution: str = "normal",
    position: Position | None = None,
) -> keras.callbacks.History:
    """Trains a GAN.

    Each step takes a batch of real images, and draws as many latents. The
    discriminator learns to tell the real images from the generated ones; then
    the composite moves the generator towards what the discriminator takes for
    real. An epoch shuffles the images and trains on whole batches; the rest of
    them, fewer than a batch, is left out of that epoch.

    Args:
        composite: A `Composite` made by `build_composite`.
        images: `uint8` array of shape `(n, 28, 28, 1)`, or floats from 0 to 1.
        epochs: Integer, how many times to go through the images.
        batch_size: Integer, the number of real images in an update of the
            discriminator.
        callbacks: List of `keras.callbacks.Callback`. Their `model` is the
            composite. Batch logs hold the values of that batch, epoch logs the mean
            over the epoch: `g_loss`, and those of `Scores`, `d_loss`, `real_score`,
            `fake_score`, `real_accuracy`, `fake_accuracy`; epoch logs have
            `images_per_second`, too.
        seed: Integer, fixes the order of the images and the latents. For a run
            that repeats bit by bit, call `keras.utils.set_random_seed` before the
            networks are built.
        discriminator_steps: Integer, updates of the discriminator in a step.
        fresh_latents: Integer, how many latents to draw for the generator's update,
            for each real image of a batch; with 0, it learns from those whose images
            the discriminator has just been shown.
        latent_distribution: As in `draw_latents`.
        position: A `Position` to go on from, kept up to date meanwhile; that of a
            new training if `None`. With one, `seed` has no effect.

    Returns:
        A `keras.callbacks.History`, whose `history` maps each name to the list of
        its values at the ends of epochs.

    Raises:
        ValueError: If the images have another shape than the discriminator takes,
            are neither `uint8` nor floats from 0 to 1, or are too few for a step.
        DivergenceError: If a loss or a weight is no longer a finite number.

    Example:

    >>> composite = build_composite(build_generator(), build_discriminator())
    >>> history = train(composite, load_data("mnist").images, epochs=5)
    >>> history.history["d_loss"]
    """
    images_per_step = batch_size * discriminator_steps
    _check_images(images, composite.discriminator.input_shape[1:], images_per_step)
    composite.stop_training = False
    position = position or Position(np.random.default_rng(seed))
    steps = len(images) // images_per_step
    step = GanStep(composite)
    penalty = composite.penalized_discriminator.penalty
    latent_dim = composite.input_shape[1]

    def latents(n):
        return draw_latents(position.rng, n, latent_dim, latent_distribution)

    callbacks = keras.callbacks.CallbackList(
        [GanCallback(), *callbacks],
        add_history=True,
        model=composite,
        epochs=epochs,
        steps=steps,
        batch_size=images_per_step,
        history=position.history,
        resumed=position.epoch > 0 or position.step > 0,
    )
    callbacks.on_train_begin()
    for epoch, logs in enumerate(position.history):
        composite.history.on_epoch_end(epoch, logs)
    while position.epoch < epochs and not composite.stop_training:
        epoch = position.epoch
        callbacks.on_epoch_begin(epoch)
        order = position.order(len(images))
        for index in range(position.step, steps):
            callbacks.on_train_batch_begin(index)
            start = time.perf_counter()
            rows = order[index * images_per_step : (index + 1) * images_per_step]
            batches = [
                (real_images, latents(batch_size), penalty.draw(position.rng, real_images))
                for real_images in np.split(to_unit_range(images[rows]), discriminator_steps)
            ]
            logs = step(batches, latents(fresh_latents * batch_size) if fresh_latents else None)
            position.end_step(logs, time.perf_counter() - start)
            _check_finite_logs(logs, epoch, index)
            callbacks.on_train_batch_end(index, logs)
        finite_arrays(composite.variables, position)
        callbacks.on_epoch_end(epoch, position.end_epoch(images_per_step))
    callbacks.on_train_end()
    return composite.history


def _check_finite_logs(logs, epoch, step):
    for name, value in logs.items():
        if not math.isfinite(value):
            raise DivergenceError(
                f"{name} became {value} in epoch {epoch + 1}, step {step + 1}; "
                "try a lower learning rate"
            )


def _check_images(images, shape, images_per_step):
    if images.shape[1:] != shape:
        raise ValueError(f"expected images of shape {('n', *shape)}, but they have {images.shape}")
    if images.dtype != np.uint8 and not (
        images.dtype.kind == "f" and images.min() >= 0 and images.max() <= 1
    ):
        raise ValueError(
            f"expected images of uint8, or of floats from 0 to 1, but they are {images.dtype} "
            f"from {images.min()} to {images.max()}"
        )
    if len(images) < images_per_step:
        raise ValueError(
            f"expected at least the {images_per_step} images of a step, but there are {len(images)}"
        )
