"""The training loop. Everything that watches it is a Keras callback."""

import math
import time

import keras
import numpy as np

from keras_gan.data import to_unit_range
from keras_gan.errors import DivergenceError
from keras_gan.gan.compiling import check_split, replicas
from keras_gan.gan.composite import Composite
from keras_gan.gan.labels import in_proportion, is_conditional, with_labels
from keras_gan.gan.latents import draw_latents, fakes_for
from keras_gan.gan.step import GanStep
from keras_gan.networks.conditional import checked_classes
from keras_gan.training.callback import GanCallback
from keras_gan.training.state import Position, finite_arrays


def train(
    composite: Composite,
    images: np.ndarray,
    labels: np.ndarray | None = None,
    epochs: int = 100,
    batch_size: int = 64,
    callbacks=(),
    seed: int = 0,
    discriminator_steps: int = 1,
    reals_per_fake: int = 1,
    fresh_latents: int = 0,
    latent_distribution: str = "normal",
    steps_per_execution: int = 1,
    position: Position | None = None,
) -> keras.callbacks.History:
    """Trains a GAN.

    A step takes a batch of real images, and draws latents, by default one for each.
    The discriminator learns to tell the real images from the generated ones. Then the
    composite moves the generator towards images that the discriminator takes for
    real. An epoch shuffles the images, and goes through them once. If the last ones
    do not fill a step, they are left out of that epoch.

    Args:
        composite: A `Composite` made by `build_composite`.
        images: `uint8` array of shape `(n, 28, 28, 1)`, or floats from 0 to 1.
        labels: Integer array of shape `(n,)`, the class of each image, for a
            conditional composite, or for one with an `AuxiliaryClassifier`; `None` for
            another. Generated images get the labels of the real ones that they are shown
            with; with an `AuxiliaryClassifier`, they are as frequent as among these.
        epochs: Integer, how many times to go through the images.
        batch_size: Integer, the number of real images in an update of the
            discriminator.
        callbacks: List of `keras.callbacks.Callback`. Their `model` is the
            composite. After each step they get its `g_loss`, `d_loss`, `real_score`,
            `fake_score`, `real_accuracy` and `fake_accuracy` as logs (see `Scores`);
            after each epoch the means over its steps, and `images_per_second`.
        seed: Integer, fixes the latents and the order of the images. To repeat a
            training bit for bit, call `keras.utils.set_random_seed` before the
            networks are built.
        discriminator_steps: Integer, the number of updates of the discriminator in a
            step, each with a batch of its own.
        reals_per_fake: Integer, at least 1, how many real images the discriminator is
            shown for each generated one. Either kind counts for half of its loss.
        fresh_latents: Integer; the generator's update draws `fresh_latents *
            batch_size` new latents. With 0, it uses the latents of the last batch that
            the discriminator was shown.
        latent_distribution: `"normal"` or `"uniform"`, as in `draw_latents`.
        steps_per_execution: Integer, how many steps may be compiled as one call, if XLA
            compiles them. The callbacks hear of each step; those of one call they hear of
            when all of them have been taken. See `GanStep.steps_in_a_call`.
        position: A `Position` to go on from, which the loop keeps up to date. If
            `None`, a new training begins. If it is given, `seed` has no effect.

    Returns:
        A `keras.callbacks.History`, whose `history` maps each name to the list of
        its values at the ends of epochs.

    Raises:
        ValueError: If the images do not have the shape that the discriminator takes,
            are neither `uint8` nor floats from 0 to 1, or are too few for a step; if
            there are labels, and the composite takes none, or the other way round; if a
            label is none of its classes; if the batch size cannot be divided among the
            devices of the composite.
        DivergenceError: If a loss or a weight is no longer a finite number.

    Example:

    >>> composite = build_composite(build_generator(), build_discriminator())
    >>> history = train(composite, load_data("mnist").images, epochs=5)
    >>> history.history["d_loss"]
    """
    images_per_step = batch_size * discriminator_steps
    _check_images(images, composite.discriminator.inputs[0].shape[1:], images_per_step)
    labels = _checked_labels(labels, len(images), composite)
    check_split(batch_size, replicas(composite), reals_per_fake)
    composite.stop_training = False
    position = position or Position(np.random.default_rng(seed))
    steps = len(images) // images_per_step
    step = GanStep(composite)
    in_a_call = step.steps_in_a_call(steps_per_execution, steps, discriminator_steps)
    penalty = composite.penalized_discriminator.penalty
    latent_dim = composite.inputs[0].shape[1]
    conditional = is_conditional(composite)

    def labels_of(rows):
        return None if labels is None else labels[rows]

    def draw(n, labels):
        latents = draw_latents(position.rng, n, latent_dim, latent_distribution)
        if labels is None:
            return latents
        if composite.guided:
            if n < len(labels):
                labels = in_proportion(labels, n, position.rng)
            return composite.guided.auxiliary.ask_for(np.resize(labels, n), latents)
        return with_labels(latents, np.resize(labels, n))

    def draw_batch(rows):
        real_images = to_unit_range(images[rows])
        own_labels = labels_of(rows)
        fakes = fakes_for(len(rows), reals_per_fake)
        latents = draw(fakes, own_labels)
        random = penalty.draw(position.rng, real_images[:fakes])
        return with_labels(real_images, own_labels if conditional else None), latents, random

    def draw_step(rows):
        batches = [draw_batch(part) for part in np.split(rows, discriminator_steps)]
        if fresh_latents:
            return batches, draw(fresh_latents * batch_size, labels_of(rows))
        return batches, None

    watchers = keras.callbacks.CallbackList(
        [GanCallback(), *callbacks],  # the first fills `history`, even if no other does
        add_history=True,
        model=composite,
        epochs=epochs,
        steps=steps,
        batch_size=images_per_step,
        history=position.history,
        resumed=position.epoch > 0 or position.step > 0,
    )
    watchers.on_train_begin()
    for epoch, logs in enumerate(position.history):  # a resumed training's earlier epochs
        composite.history.on_epoch_end(epoch, logs)
    while position.epoch < epochs and not composite.stop_training:
        epoch = position.epoch
        watchers.on_epoch_begin(epoch)
        order = position.order(len(images))
        rows = order[: steps * images_per_step].reshape(steps, images_per_step)
        while position.step < steps:
            first = position.step  # a resumed epoch may begin between the calls of another
            called = range(first, first - first % in_a_call + in_a_call)
            for index in called:
                watchers.on_train_batch_begin(index)
            start = time.perf_counter()
            taken = step.take([draw_step(rows[index]) for index in called])
            seconds = (time.perf_counter() - start) / len(called)
            for index, logs in zip(called, taken, strict=True):
                position.end_step(logs, seconds)
                _check_finite_logs(logs, epoch, index)
            # Only now: what a callback saves is the state after all steps of the call.
            for index, logs in zip(called, taken, strict=True):
                watchers.on_train_batch_end(index, logs)
        finite_arrays(composite.variables, position)  # raises where one is not finite
        watchers.on_epoch_end(epoch, position.end_epoch(images_per_step))
    watchers.on_train_end()
    return composite.history


def _check_finite_logs(logs, epoch, step):
    for name, value in logs.items():
        if not math.isfinite(value):
            raise DivergenceError(
                f"{name} became {value} in epoch {epoch + 1}, step {step + 1}; "
                "try a lower learning rate"
            )


def _checked_labels(labels, n, composite):
    conditional = is_conditional(composite)
    if conditional and labels is None:
        raise ValueError("a conditional composite needs labels: give one for each image")
    if not (conditional or composite.guided) and labels is not None:
        raise ValueError(
            "labels were given to a composite that takes none: see keras_gan.make_conditional; if "
            "this was meant for another argument, name it, such as epochs=5"
        )
    if labels is None:
        return None
    labels = np.asarray(labels)
    if labels.shape != (n,) or labels.dtype.kind not in "iu":
        raise ValueError(
            f"expected a whole number as the label of each of {n} images, but the labels are of "
            f"shape {labels.shape} and {labels.dtype}"
        )
    return checked_classes(labels, composite.generator)


def _check_images(images, shape, images_per_step):
    if images.shape[1:] != shape:
        wanted = ", ".join(map(str, shape))
        raise ValueError(f"expected images of shape (n, {wanted}), but they have {images.shape}")
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
