"""One step of a GAN: the discriminator's update, then the generator's."""

import functools
import warnings

import keras
from keras import ops

from keras_gan.gan import compiling
from keras_gan.gan.composite import Composite, unfreeze
from keras_gan.gan.labels import without_labels


def gan_step(composite, generate, update, batches, generator_latents):
    """Trains the discriminator on real and generated images, then trains the generator.

    Args:
        composite: A `Composite` made by `build_composite`.
        generate: Function from latents to generated images.
        update: Function that trains a model on one batch. It gets the model, the
            inputs, the targets and, if not all count alike, their weights. It returns
            a dict of losses and scores.
        batches: List of tuples `(real_images, latents, penalty_inputs)`, one for
            each update of the discriminator. There may be fewer latents than images:
            either kind of image counts for half. `penalty_inputs` is the tuple that
            the penalty's `draw` gave. For a conditional composite, the first two
            are lists with the labels: `[real_images, labels], [latents, labels]`.
        generator_latents: Latents for the update of the generator. If `None`, the
            latents of the last batch are used again.

    Returns:
        A dict of scalars: the values of `Scores` and the discriminator's `loss`,
        penalty included, as means over its updates; and the generator's `g_loss`,
        without what an auxiliary classifier adds.
    """
    d_updates = []
    for real_images, latents, penalty_inputs in batches:
        fake_images = generate(latents)
        targets = [_targets(1, real_images), _targets(0, fake_images)]
        inputs = (real_images, fake_images, *penalty_inputs)
        d_updates.append(
            update(
                composite.penalized_discriminator,
                inputs,
                ops.concatenate(targets),
                ops.concatenate(_halves(*targets)),
            )
        )
    if generator_latents is None:
        generator_latents = latents
    trained = composite.guided or composite
    g_update = update(trained, generator_latents, _targets(1, generator_latents))

    means = {name: sum(d[name] for d in d_updates) / len(d_updates) for name in d_updates[0]}
    return means | {"g_loss": g_update.get("g_loss", g_update["loss"])}


def _targets(value, batch):
    inputs, _ = without_labels(batch)
    return ops.full((ops.shape(inputs)[0], 1), value, "float32")


def _halves(*kinds):
    """Weights, 1 on average, that give two kinds of targets as much say."""
    total = sum(ops.shape(kind)[0] for kind in kinds)
    return [ops.full_like(kind, total / 2 / ops.shape(kind)[0]) for kind in kinds]


class GanStep:
    """`gan_step`, ready to be called for the steps of a training.

    On TensorFlow and JAX, the step is compiled as one call. The networks are small:
    calling the backend three times, to generate, to train the discriminator and to train
    the composite, would take longer than the calculation itself. PyTorch makes these
    three calls, with `predict_on_batch` and `train_on_batch`.

    A call has a cost of its own, so several steps may be taken in one.

    A composite that was built within `keras_gan.spread` is trained on several devices.

    The generator draws the discriminator's images in training mode: with dropout, and
    with batch normalization by the statistics of the batch. If the generator's update
    uses the same latents, XLA on a CPU computes this forward pass once for both.

    Creating a `GanStep` makes a discriminator trainable that was frozen as a whole, and
    drops the train functions that were traced before.

    Args:
        composite: A `Composite` made by `build_composite`.
        in_one_call: Boolean, whether to compile the step as one call. If `None`, it
            is compiled where the backend can do that. Several devices need it.

    Example:

    >>> step = GanStep(composite)
    >>> step([(real_images, latents, ())])["g_loss"]
    0.6931
    """

    def __init__(self, composite: Composite, in_one_call: bool | None = None):
        if composite.penalized_discriminator is None:
            raise ValueError(
                "expected a composite made by build_composite; for one that was loaded, call "
                "build_composite(composite.generator, composite.discriminator)"
            )
        if in_one_call is None:
            in_one_call = keras.backend.backend() in compiling.BACKENDS
        self.composite = composite
        self.devices = compiling.replicas(composite)
        self.in_one_call = in_one_call or self.devices > 1
        self.generate = TrainingModeGenerator(composite.generator)
        self.first = True
        unfreeze(composite.discriminator)
        self._compile(composite.jit_compile)

    def __call__(self, batches, generator_latents=None) -> dict[str, float]:
        """Takes one step. The arguments are those of `gan_step`."""
        return self.take([(batches, generator_latents)])[0]

    def take(self, steps) -> list[dict[str, float]]:
        """Takes several steps, one after the other.

        Args:
            steps: List of tuples `(batches, generator_latents)`, as in `gan_step`.

        Returns:
            A list of what `gan_step` returns for each.
        """
        try:
            logs = self._take(steps)
        except Exception as error:
            on_tensorflow = keras.backend.backend() == "tensorflow"
            with_xla = on_tensorflow and self.jit_compile and self._is_one_call(steps)
            if not (self.first and with_xla):
                raise
            warnings.warn(
                f"XLA cannot compile the step ({type(error).__name__}): training goes on "
                "without XLA.",
                stacklevel=2,
            )
            self._compile(jit_compile=False)
            logs = self._take(steps)
        self.first = False
        return [
            {name: float(value) for name, value in values.items() if name != "loss"}
            for values in logs
        ]

    def steps_in_a_call(self, most: int, steps: int, updates: int) -> int:
        """How many steps to take in one call.

        Without XLA, it is one. Otherwise it divides the steps of an epoch: a smaller call
        at the end of the epoch would have to be compiled, too.

        Args:
            most: Integer, at least 1, how many it may be.
            steps: Integer, the number of steps in an epoch.
            updates: Integer, the number of the discriminator's updates in a step.
        """
        if not (self.in_one_call and self.jit_compile) or self.composite.run_eagerly:
            return 1
        most = min(most, compiling.MAX_UPDATES // updates)
        return max((n for n in range(1, most + 1) if steps % n == 0), default=1)

    def _take(self, steps):
        if self._is_one_call(steps):
            return self._compiled(steps)
        generate = self.generate.predict_on_batch
        return [gan_step(self.composite, generate, _train_on_batch, *step) for step in steps]

    def _is_one_call(self, steps):
        updates = sum(len(batches) for batches, _ in steps)
        few = updates <= compiling.MAX_UPDATES and not self.composite.run_eagerly
        return self.devices > 1 or (self.in_one_call and few)

    def _compile(self, jit_compile):
        self.jit_compile = jit_compile
        for model in compiling.trained_models(self.composite):
            model.jit_compile = jit_compile
            model.make_train_function(force=True)
        self.generate.jit_compile = jit_compile
        self.generate.run_eagerly = self.composite.run_eagerly

        step = functools.partial(gan_step, self.composite, self.generate)
        if self.in_one_call:
            self._compiled = compiling.as_one_call(step, self.composite, jit_compile)

    def lower(self, batches, generator_latents=None):
        """The step before JAX compiles it, as `jax.stages.Lowered`: to read its costs."""
        return self._compiled.lower([(batches, generator_latents)])


class TrainingModeGenerator(keras.Model):
    """Draws images as the generator does in training, and changes none of its weights.

    The moving statistics of normalization layers stay as they are. The seeds of random
    layers advance, so that dropout drops other units at each call.

    Args:
        generator: A model from latents to images.
    """

    def __init__(self, generator):
        super().__init__(name="training_mode_generator")
        self.generator = generator

    def call(self, latents):
        trainable = self.generator.trainable_variables
        others = self.generator.non_trainable_variables
        images, updated = self.generator.stateless_call(trainable, others, latents, training=True)
        weights = {id(weight) for weight in self.generator.weights}
        for variable, value in zip(others, updated, strict=True):
            if id(variable) not in weights:  # a seed
                variable.assign(value)
        return ops.cast(ops.stop_gradient(images), "float32")


def _train_on_batch(model, inputs, targets, weights=None):
    return model.train_on_batch(inputs, targets, weights, return_dict=True)
