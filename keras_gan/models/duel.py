"""One step of both sides: the discriminator's, then the composite's."""

import keras
from keras import ops

from keras_gan.models.composite import unfreeze
from keras_gan.models.losses import Critic

# More steps than these would make the one call long to compile.
MOST_STEPS_IN_ONE_CALL = 8


class Duel(keras.Model):
    """Both sides of a GAN, which `train_on_batch` trains by one step each.

    For small networks, calling the backend three times a step (to draw images,
    to train the discriminator, to train the composite) takes longer than what it
    calculates; and nothing that one call leaves idle can be put to use by the
    next. On TensorFlow, this model's train step is therefore made of theirs, so
    that all of it is compiled as one. On other backends the three calls stay
    what they are.

    The discriminator is shown images that are drawn in training mode: with dropout, and
    normalized by their own batch. Where the generator then learns from the very same
    points, XLA on a CPU finds that both passes are one, and takes it once.

    Args:
        composite: A compiled `Composite`. If its discriminator was frozen as a
            whole, it no longer is, and traces that the critic may have from then
            are dropped. To compile either anew takes a new `Duel`.

    Attributes:
        composite: The same.
        in_one_call: Boolean, whether they are compiled as one.
    """

    def __init__(self, composite):
        super().__init__(name="duel")
        # Past Keras: their variables, metrics and optimizers are theirs alone.
        object.__setattr__(self, "composite", composite)
        object.__setattr__(self, "drawing", Drawing(composite.generator))
        self.in_one_call = keras.backend.backend() == "tensorflow"
        unfreeze(composite.discriminator)
        critic = composite.critic
        critic.make_train_function(force=True)
        # Keras builds metrics when they are first used; only then can a step reset them.
        critic.compute_metrics(None, ops.ones((1, 1)), ops.ones((1, 1)))
        critic.reset_metrics()
        self.built = True
        self.compile(
            run_eagerly=composite.run_eagerly or critic.run_eagerly,
            jit_compile=composite.jit_compile and critic.jit_compile,
        )

    def compile_without_xla(self):
        """Gives up compiling with XLA, here and for the models that this one trains."""
        for model in (self, self.composite, self.composite.critic):
            model.jit_compile = False
            model.make_train_function(force=True)

    @property
    def metrics(self):
        return []

    def train_on_batch(self, x):
        """Trains the discriminator, then the generator.

        Args:
            x: A pair. First a list of batches for the discriminator, one for each of
                its steps: `(real_images, latents, extra, labels)`, where `extra` are
                the copies of real images that are shown beside the real and the
                generated ones or, for a `Critic`, the shares of the real ones in
                what lies between; and `labels` are those of `DiscriminatorLoss`.
                Then the latent points for the composite; those of the last batch
                if `None`.

        Returns:
            A dict of floats: `loss` and what `Scores` tells of the discriminator,
            each the mean over the real images of its steps, and `g_loss`.
        """
        if self.in_one_call and len(x[0]) <= MOST_STEPS_IN_ONE_CALL:
            return super().train_on_batch(x, return_dict=True)
        logs = self._learn(x, self.drawing.predict_on_batch, _train_on_batch)
        return {name: float(value) for name, value in logs.items()}

    def train_step(self, data):
        x, *_ = data
        return self._learn(x, self.drawing, _train_step)

    def _learn(self, x, draw, teach):
        batches, own_points = x
        critic = self.composite.critic
        images = sum(_length(real_images) for real_images, *_ in batches)
        logs = {}
        for real_images, points, extra, labels in batches:
            fake_images = draw(points)
            if isinstance(critic, Critic):
                mixtures = extra * real_images + (1 - extra) * fake_images
                inputs = (ops.concatenate([real_images, fake_images]), mixtures)
            else:
                inputs = ops.concatenate([real_images, fake_images, extra])
            share = _length(real_images) / images
            for name, value in teach(critic, inputs, labels).items():
                logs[name] = logs.get(name, 0.0) + share * value
        points = points if own_points is None else own_points
        ones = ops.ones((ops.shape(points)[0], 1))
        return {**logs, "g_loss": teach(self.composite, points, ones)["loss"]}


class Drawing(keras.Model):
    """Images as a generator draws them in training mode, which leaves its weights as they are.

    Only its random numbers go on, as in any training step: where there is dropout, each
    drawing leaves out other units.

    Args:
        generator: The model that draws.
    """

    def __init__(self, generator):
        super().__init__(name="drawing")
        self.generator = generator

    def call(self, points):
        learned, kept = self.generator.trainable_variables, self.generator.non_trainable_variables
        images, after = self.generator.stateless_call(learned, kept, points, training=True)
        weights = {id(weight) for weight in self.generator.weights}
        for variable, value in zip(kept, after, strict=True):
            if id(variable) not in weights:  # the state of a random number generator
                variable.assign(value)
        return ops.cast(ops.stop_gradient(images), "float32")


def _length(images):
    return ops.cast(ops.shape(images)[0], "float32")


def _train_on_batch(model, inputs, labels):
    return model.train_on_batch(inputs, labels, return_dict=True)


def _train_step(model, inputs, labels):
    model.reset_metrics()
    logs = model.train_step((inputs, labels))
    scores = logs.pop("scores", {})
    return logs | scores
