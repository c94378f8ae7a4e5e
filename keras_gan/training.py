"""The training loop. Whatever watches it hangs on as a Keras callback."""

import collections
import time

import keras
import numpy as np

from keras_gan.data import to_unit_range
from keras_gan.models.composite import unfreeze


def train(composite, images, epochs=100, batch_size=64, seed=0, callbacks=()):
    """Trains a GAN.

    Each step draws a batch of real images and as many latent points. The
    discriminator learns to tell the real images from the generated ones; then
    the composite moves the generator towards what the discriminator takes for
    real. Every image is used once an epoch; the last batch may be smaller.

    Args:
        composite: A `Composite` made by `build_composite`.
        images: `uint8` array of shape `(n, 28, 28, 1)`, or floats from 0 to 1.
        epochs: Integer, how many times to go through the images.
        batch_size: Integer, the number of real images in a step.
        seed: Integer, fixes the order of the images and the latent points. For
            a run that repeats bit by bit, call `keras.utils.set_random_seed`
            before the networks are built.
        callbacks: List of `keras.callbacks.Callback`. Their `model` is the
            composite. Batch logs hold the values of that very batch, epoch logs
            the mean over the epoch's images: `d_loss`, `g_loss`, `real_score`
            (D(x)), `fake_score` (D(G(z))), `real_accuracy`, `fake_accuracy`;
            epoch logs have `images_per_second` too.

    Returns:
        A `keras.callbacks.History`, whose `history` maps each name to the
        list of its values at the ends of epochs.

    Raises:
        ValueError: If the images have another shape than the discriminator
            takes, or are neither `uint8` nor floats from 0 to 1.
    """
    _check_images(images, composite.discriminator.input_shape[1:])
    unfreeze(composite.discriminator)
    composite.discriminator.make_train_function(force=True)
    composite.stop_training = False
    rng = np.random.default_rng(seed)
    cuts = range(batch_size, len(images), batch_size)
    callbacks = keras.callbacks.CallbackList(
        list(callbacks),
        add_history=True,
        model=composite,
        epochs=epochs,
        steps=len(cuts) + 1,
        batch_size=batch_size,
    )
    callbacks.on_train_begin()
    for epoch in range(epochs):
        callbacks.on_epoch_begin(epoch)
        start = time.perf_counter()
        sums = collections.Counter()
        for step, rows in enumerate(np.split(rng.permutation(len(images)), cuts)):
            callbacks.on_train_batch_begin(step)
            logs = train_step(composite, to_unit_range(images[rows]), rng)
            sums.update({name: value * len(rows) for name, value in logs.items()})
            callbacks.on_train_batch_end(step, logs)
        means = {name: total / len(images) for name, total in sums.items()}
        means["images_per_second"] = len(images) / (time.perf_counter() - start)
        callbacks.on_epoch_end(epoch, means)
        if composite.stop_training:
            break
    callbacks.on_train_end()
    return composite.history


def _check_images(images, shape):
    if images.shape[1:] != shape:
        raise ValueError(f"expected images of shape {('n', *shape)}, but they have {images.shape}")
    if images.dtype != np.uint8 and not (
        images.dtype.kind == "f" and images.min() >= 0 and images.max() <= 1
    ):
        raise ValueError(
            f"expected images of uint8, or of floats from 0 to 1, but they are {images.dtype} "
            f"from {images.min()} to {images.max()}"
        )


def train_step(composite, real_images, rng):
    """Trains the discriminator, then the generator, on one batch.

    Args:
        composite: A `Composite` made by `build_composite`.
        real_images: `float32` array of shape `(batch, 28, 28, 1)`, from 0 to 1.
        rng: A `numpy.random.Generator` that the latent points are drawn from.

    Returns:
        A dict with the values of this batch, as floats: see `train`.
    """
    n = len(real_images)
    latent_shape = (n, *composite.input_shape[1:])
    real, fake = np.ones((n, 1), "float32"), np.zeros((n, 1), "float32")

    latents = rng.standard_normal(latent_shape, dtype="float32")
    fake_images = composite.generator.predict_on_batch(latents)
    logs = composite.discriminator.train_on_batch(
        np.concatenate([real_images, fake_images]), np.concatenate([real, fake]), return_dict=True
    )
    latents = rng.standard_normal(latent_shape, dtype="float32")
    g_loss = composite.train_on_batch(latents, real)

    return {
        "d_loss": float(logs["loss"]),
        "g_loss": float(g_loss),
        "real_score": float(logs["real_score"]),
        "fake_score": float(logs["fake_score"]),
        "real_accuracy": float(logs["real_accuracy"]),
        "fake_accuracy": float(logs["fake_accuracy"]),
    }
