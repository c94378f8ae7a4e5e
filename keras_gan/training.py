"""The training loop. Whatever watches it hangs on as a Keras callback."""

import dataclasses
import math
import time
import warnings

import keras
import numpy as np

from keras_gan.data import to_unit_range
from keras_gan.errors import DivergenceError
from keras_gan.latents import draw_latents
from keras_gan.models.duel import Duel
from keras_gan.models.losses import Critic


@dataclasses.dataclass
class Position:
    """Where a training stands: all that its next step depends on, but the networks.

    Attributes:
        rng: The `numpy.random.Generator` that orders the images and draws the
            latent points.
        epoch: Integer, the number of epochs that have ended.
        step: Integer, the number of steps taken in the epoch after these.
        epoch_rng: Dict, the state that `rng` had when that epoch began.
        sums: Dict, that epoch's logs so far, summed over its images.
        seconds: Float, the time that it has taken so far.
        history: List of dicts, the logs of the epochs that have ended.
    """

    rng: np.random.Generator
    epoch: int = 0
    step: int = 0
    epoch_rng: dict | None = None
    sums: dict[str, float] = dataclasses.field(default_factory=dict)
    seconds: float = 0.0
    history: list[dict[str, float]] = dataclasses.field(default_factory=list)

    def order(self, n):
        """The order in which this epoch takes `n` images, drawn when it begins."""
        if self.step == 0:
            self.epoch_rng = self.rng.bit_generator.state
            return self.rng.permutation(n)
        rng = np.random.default_rng()
        rng.bit_generator.state = self.epoch_rng
        return rng.permutation(n)

    def end_step(self, logs, images, seconds):
        for name, value in logs.items():
            self.sums[name] = self.sums.get(name, 0.0) + value * images
        self.seconds += seconds
        self.step += 1

    def end_epoch(self, images):
        """Begins another epoch, and returns the logs of the one that has ended."""
        logs = {name: total / images for name, total in self.sums.items()}
        logs["images_per_second"] = images / self.seconds
        self.epoch, self.step, self.sums, self.seconds = self.epoch + 1, 0, {}, 0.0
        self.history.append(logs)
        return logs


def train(
    composite,
    images,
    epochs=100,
    batch_size=64,
    seed=0,
    callbacks=(),
    position=None,
    **step_settings,
):
    """Trains a GAN.

    Each step takes a batch of real images, and draws as many latent points. The
    discriminator learns to tell the real images from the generated ones; then
    the composite moves the generator towards what the discriminator takes for
    real. Every image is used once an epoch; the last batch may be smaller.

    Args:
        composite: A `Composite` made by `build_composite`.
        images: `uint8` array of shape `(n, 28, 28, 1)`, or floats from 0 to 1.
        epochs: Integer, how many times to go through the images.
        batch_size: Integer, the number of real images in a step of the
            discriminator.
        seed: Integer, fixes the order of the images and the latent points. For
            a run that repeats bit by bit, call `keras.utils.set_random_seed`
            before the networks are built.
        callbacks: List of `keras.callbacks.Callback`. Their `model` is the
            composite; of their `params`, `past` holds the logs of the epochs
            before a resumed training, `fresh` tells whether it is none.
            Batch logs hold the values of that very batch, epoch logs the mean
            over the epoch's images: `d_loss` (without the penalty), `g_loss`, and
            of `Scores` the `real_score` (D(x)), `fake_score` (D(G(z))),
            `real_accuracy` and `fake_accuracy`; epoch logs have `images_per_second` too.
        position: A `Position`, where to go on from, kept up to date meanwhile;
            that of a new training if `None`. With one, `seed` has no effect.
        **step_settings: `shared_latents`, `generator_batch_size`,
            `discriminator_steps` and `latent_distribution`, as in `train_step`.

    Returns:
        A `keras.callbacks.History`, whose `history` maps each name to the
        list of its values at the ends of epochs.

    Raises:
        ValueError: If the images have another shape than the discriminator
            takes, or are neither `uint8` nor floats from 0 to 1.
        DivergenceError: If a loss or a weight is no longer a finite number.
    """
    _check_images(images, composite.discriminator.input_shape[1:])
    composite.stop_training = False
    position = position or Position(np.random.default_rng(seed))
    images_per_step = batch_size * step_settings.get("discriminator_steps", 1)
    cuts = range(images_per_step, len(images), images_per_step)
    sizes = [len(batch) for batch in np.split(images[:, 0, 0], cuts)]
    duel = Duel(composite)
    _compile_step(duel, images, (sizes[0], sizes[-1]), step_settings)
    callbacks = keras.callbacks.CallbackList(
        list(callbacks),
        add_history=True,
        model=composite,
        epochs=epochs,
        steps=len(sizes),
        batch_size=images_per_step,
        past=list(position.history),
        fresh=position.epoch == 0 and position.step == 0,
    )
    callbacks.on_train_begin()
    for epoch, logs in enumerate(position.history):
        composite.history.on_epoch_end(epoch, logs)
    while position.epoch < epochs and not composite.stop_training:
        epoch = position.epoch
        callbacks.on_epoch_begin(epoch)
        batches = np.split(position.order(len(images)), cuts)
        for step, rows in list(enumerate(batches))[position.step :]:
            callbacks.on_train_batch_begin(step)
            start = time.perf_counter()
            batch = to_unit_range(images[rows])
            logs = train_step(duel, batch, position.rng, **step_settings)
            position.end_step(logs, len(rows), time.perf_counter() - start)
            _check_finite_logs(logs, epoch, step)
            callbacks.on_train_batch_end(step, logs)
        finite_arrays(composite.variables, position)
        callbacks.on_epoch_end(epoch, position.end_epoch(len(images)))
    callbacks.on_train_end()
    return composite.history


def _check_finite_logs(logs, epoch, step):
    for name, value in logs.items():
        if not math.isfinite(value):
            raise DivergenceError(
                f"{name} became {value} in epoch {epoch + 1}, step {step + 1}; "
                "try a lower learning rate"
            )


def finite_arrays(variables, position):
    """The values of variables as NumPy arrays, once all are known to be finite.

    Raises:
        DivergenceError: If one is not.
    """
    arrays = [keras.ops.convert_to_numpy(variable) for variable in variables]
    for variable, array in zip(variables, arrays, strict=True):
        if array.dtype.kind == "f" and not np.isfinite(array).all():
            where = f"epoch {position.epoch + 1}, step {position.step}"
            if position.step == 0:
                where = f"epoch {position.epoch}"
            raise DivergenceError(
                f"{variable.path} is no longer finite after {where}; try a lower learning rate"
            )
    return arrays


def state_variables(composite):
    """All the Keras variables that a training changes, optimizers' included."""
    return [
        *composite.variables,
        *composite.critic.optimizer.variables,
        *composite.optimizer.variables,
    ]


def _compile_step(duel, images, sizes, step_settings):
    """Lets the backend compile a step for batches of these sizes, and changes nothing.

    TensorFlow compiles the size that it meets first more closely than those
    after it, which shows in the last digits. A resumed training, which may begin
    with the last batch of an epoch, is to meet them in the same order as any.
    """
    variables = state_variables(duel.composite)
    values = [np.array(keras.ops.convert_to_numpy(variable)) for variable in variables]

    def take_steps():
        for size in dict.fromkeys(sizes):
            real_images = to_unit_range(images[:size])
            train_step(duel, real_images, np.random.default_rng(0), **step_settings)

    try:
        try:
            take_steps()
        except Exception as error:
            if not (duel.in_one_call and duel.jit_compile):
                raise
            duel.compile_without_xla()
            take_steps()
            warnings.warn(
                f"XLA cannot compile the step ({type(error).__name__}): it will do without.",
                stacklevel=3,
            )
    finally:
        for variable, value in zip(variables, values, strict=True):
            variable.assign(value)


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


def train_step(
    duel,
    real_images,
    rng,
    shared_latents=True,
    generator_batch_size=None,
    discriminator_steps=1,
    latent_distribution="normal",
):
    """Trains the discriminator, then the generator, on one batch.

    Args:
        duel: A `Duel` of a `Composite` made by `build_composite`.
        real_images: `float32` array of shape `(batch, 28, 28, 1)`, from 0 to 1.
        rng: A `numpy.random.Generator` that the latent points are drawn from.
        shared_latents: Boolean, whether the generator learns from the latent points
            whose images the discriminator was shown in its last step, or from others.
        generator_batch_size: Integer, the number of these others, which are not
            shared then; as many as the discriminator has real images in a step
            if `None`.
        discriminator_steps: Integer, into how many steps of the discriminator to
            divide the real images.
        latent_distribution: As in `draw_latents`.

    Returns:
        A dict with the values of this batch, as floats: see `train`.
    """
    parts = np.array_split(real_images, min(discriminator_steps, len(real_images)))
    critic, latent_dim = duel.composite.critic, duel.composite.input_shape[1]
    batches = []
    for part in parts:
        points = draw_latents(rng, len(part), latent_dim, latent_distribution)
        batches.append((part, points, *_beside(critic, part, rng)))
    own_points = None
    if generator_batch_size or not shared_latents:
        m = generator_batch_size or len(parts[0])
        own_points = draw_latents(rng, m, latent_dim, latent_distribution)
    logs = duel.train_on_batch((batches, own_points))
    return {
        "d_loss": logs["judged"],
        "g_loss": logs["g_loss"],
        "real_score": logs["real_score"],
        "fake_score": logs["fake_score"],
        "real_accuracy": logs["real_accuracy"],
        "fake_accuracy": logs["fake_accuracy"],
    }


def _beside(critic, real_images, rng):
    """What the discriminator's loss asks for beside real and generated images, and the labels."""
    n = len(real_images)
    if isinstance(critic, Critic):
        extra, labels = rng.random((n, 1, 1, 1), dtype="float32"), np.full(n, 2)
    else:  # noisy copies of a quarter of the real images, where there is a penalty
        copied = real_images[: (n + 3) // 4 if critic.loss.penalty else 0]
        extra = copied + critic.loss.noise * rng.standard_normal(copied.shape, dtype="float32")
        labels = -1 - np.arange(len(copied))
    labels = np.concatenate([np.ones(n), np.zeros(n), labels])
    return extra, labels.astype("float32")[:, None]
