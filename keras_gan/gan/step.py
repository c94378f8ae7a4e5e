"""One step of a GAN: the discriminator's update, then the generator's."""

import warnings

import keras
from keras import ops

from keras_gan.gan.composite import Composite, unfreeze

# More of the discriminator's updates than these would make one call long to compile.
MOST_UPDATES_IN_ONE_CALL = 8


def gan_step(composite, draw, train, batches, fresh_latents):
    """Shows the discriminator real and generated images, then moves the generator.

    Args:
        composite: A `Composite`, compiled.
        draw: Function from latents to generated images.
        train: Function that trains a model by one batch: from the model, its inputs
            and labels to a dict of its losses and scores.
        batches: List of `(real_images, latents, random)`, one for each update of the
            discriminator; `random` is what its penalty has drawn.
        fresh_latents: Latents for the generator's update; those of the last batch
            if `None`.

    Returns:
        A dict of scalars: what `Scores` says of the discriminator, the mean over
        its updates, and `g_loss`.
    """
    updates = []
    for real_images, latents, random in batches:
        fake_images = draw(latents)
        labels = ops.concatenate([_labels(1, real_images), _labels(0, fake_images)])
        inputs = (real_images, fake_images, *random)
        updates.append(train(composite.penalized_discriminator, inputs, labels))
    latents = latents if fresh_latents is None else fresh_latents
    generator_update = train(composite, latents, _labels(1, latents))

    logs = {name: sum(logs[name] for logs in updates) / len(updates) for name in updates[0]}
    return logs | {"g_loss": generator_update["loss"]}


def _labels(value, batch):
    return ops.full((ops.shape(batch)[0], 1), value, "float32")


class GanStep:
    """`gan_step` for the backend at hand: call it with one batch after another.

    On TensorFlow it is compiled as one call. For small networks, three calls (to
    draw images, to train the discriminator, to train the composite) take longer
    than what they calculate. On other backends it is the three calls of
    `predict_on_batch` and `train_on_batch`.

    The discriminator is shown images that are drawn in training mode: with dropout,
    and normalized by their own batch. Where the generator learns from the same
    latents, XLA on a CPU finds that both passes are one, and takes it once.

    Args:
        composite: A `Composite` made by `build_composite`. If its discriminator was
            frozen as a whole, it no longer is, and traces from then are dropped.
        in_one_call: Boolean, whether to compile a step as one call; where the
            backend can, if `None`.

    Example:

    >>> step = GanStep(composite)
    >>> step([(real_images, latents, ())])["g_loss"]
    0.6931
    """

    def __init__(self, composite: Composite, in_one_call: bool | None = None):
        if in_one_call is None:
            in_one_call = keras.backend.backend() == "tensorflow"
        self.composite = composite
        self.in_one_call = in_one_call
        self.drawing = TrainingModeDrawing(composite.generator)
        self.models = (composite, composite.penalized_discriminator, self.drawing)
        self.warm = False
        unfreeze(composite.discriminator)
        self._compile(composite.jit_compile)

    def __call__(self, batches, fresh_latents=None) -> dict[str, float]:
        """Takes a step, with arguments as of `gan_step`."""
        try:
            logs = self._take(batches, fresh_latents)
        except Exception as error:
            if self.warm or not self.jit_compile or not self.in_one_call:
                raise
            warnings.warn(
                f"XLA cannot compile the step ({type(error).__name__}): it will do without.",
                stacklevel=2,
            )
            self._compile(jit_compile=False)
            logs = self._take(batches, fresh_latents)
        self.warm = True
        return {name: float(value) for name, value in logs.items() if name != "loss"}

    def _take(self, batches, fresh_latents):
        if self.in_one_call and len(batches) <= MOST_UPDATES_IN_ONE_CALL:
            return self._one_call(batches, fresh_latents)
        draw = self.drawing.predict_on_batch
        return gan_step(self.composite, draw, _train_on_batch, batches, fresh_latents)

    def _compile(self, jit_compile):
        self.jit_compile = jit_compile
        for model in self.models:
            model.jit_compile = jit_compile
            model.make_train_function(force=True)

        def one_call(batches, fresh_latents):
            return gan_step(self.composite, self.drawing, _train_step, batches, fresh_latents)

        self._one_call = one_call
        if self.in_one_call and not self.composite.run_eagerly:
            import tensorflow as tf

            self._one_call = tf.function(one_call, jit_compile=jit_compile)


class TrainingModeDrawing(keras.Model):
    """A generator that draws as it does in training, and keeps its weights as they are.

    Only its random numbers go on: where there is dropout, each drawing leaves out
    other units.

    Args:
        generator: The model that draws.
    """

    def __init__(self, generator):
        super().__init__(name="training_mode_drawing")
        self.generator = generator

    def call(self, latents):
        learned, kept = self.generator.trainable_variables, self.generator.non_trainable_variables
        images, after = self.generator.stateless_call(learned, kept, latents, training=True)
        weights = {id(weight) for weight in self.generator.weights}
        for variable, value in zip(kept, after, strict=True):
            if id(variable) not in weights:  # the state of a random number generator
                variable.assign(value)
        return ops.cast(ops.stop_gradient(images), "float32")


def _train_on_batch(model, inputs, labels):
    return model.train_on_batch(inputs, labels, return_dict=True)


def _train_step(model, inputs, labels):
    model.reset_metrics()
    logs = model.train_step((inputs, labels))
    return logs | logs.pop("scores", {})
