"""The composite: generator and discriminator stacked, the discriminator frozen."""

import contextlib

import keras

from keras_gan.errors import UserError
from keras_gan.models.losses import Critic, DiscriminatorLoss, GeneratorLoss, Scores


@contextlib.contextmanager
def frozen(model):
    """Freezes a model for a while, and leaves every layer's flag as it found it."""
    flags = [(layer, layer.trainable) for layer in model._flatten_layers()]
    model.trainable = False
    try:
        yield
    finally:
        for layer, flag in flags:  # the flag of a model before those of its layers
            layer.trainable = flag


def unfreeze(model):
    """Makes a model that is frozen as a whole trainable as a whole."""
    if not model.trainable:
        model.trainable = True


@keras.saving.register_keras_serializable("keras_gan")
class Composite(keras.Model):
    """The stack D(G(z)), which trains the generator and never the discriminator.

    Keras 3 reads `trainable` whenever it traces a train function: at the first
    batch, and again at the first batch of another size. A discriminator that is
    frozen by hand between the two may therefore be traced frozen, and never
    learn again. Here freezing is part of what the composite *is*: for the time
    that the composite runs, counts or lists its variables, its discriminator is
    frozen (normalization layers use, and keep, their moving statistics; dropout
    stays active), and at any other time the discriminator is trainable, but for
    layers of it that were frozen one by one.

    Args:
        generator: A model from `(batch, latent_dim)` to images.
        discriminator: A model from such images to `(batch, 1)`.
        name: String, the name of the model.

    Attributes:
        generator: The generator, whose variables the composite trains.
        discriminator: The discriminator, ready to be trained on its own.
        critic: The model to train the discriminator with: the discriminator
            itself, or what wraps it for a loss that asks for more.
    """

    def __init__(self, generator, discriminator, name="gan", **kwargs):
        unfreeze(discriminator)
        latent = keras.Input(generator.input_shape[1:], name="latent")
        super().__init__(latent, discriminator(generator(latent)), name=name, **kwargs)

    @property
    def generator(self):
        return self.layers[1]

    @property
    def discriminator(self):
        return self.layers[2]

    @property
    def critic(self):
        return getattr(self, "_critic", self.discriminator)

    def call(self, inputs, training=None, mask=None):
        with frozen(self.discriminator):
            return super().call(inputs, training=training, mask=mask)

    @property
    def trainable_variables(self):
        with frozen(self.discriminator):
            return super().trainable_variables

    @property
    def non_trainable_variables(self):
        with frozen(self.discriminator):
            return super().non_trainable_variables

    @property
    def trainable_weights(self):
        with frozen(self.discriminator):
            return super().trainable_weights

    @property
    def non_trainable_weights(self):
        with frozen(self.discriminator):
            return super().non_trainable_weights

    def summary(self, *args, **kwargs):
        with frozen(self.discriminator):
            return super().summary(*args, **kwargs)

    def get_config(self):
        return {
            "name": self.name,
            "generator": keras.saving.serialize_keras_object(self.generator),
            "discriminator": keras.saving.serialize_keras_object(self.discriminator),
        }

    @classmethod
    def from_config(cls, config, custom_objects=None):
        networks = {
            role: keras.saving.deserialize_keras_object(config[role], custom_objects)
            for role in ("generator", "discriminator")
        }
        return cls(**networks, name=config["name"])


def _is_noisy(layer):
    """Whether a layer draws random numbers, as dropout and random transformations do."""
    sources = (getattr(layer, name, None) for name in ("seed_generator", "generator"))
    return any(isinstance(source, keras.random.SeedGenerator) for source in sources)


OPTIMIZERS = {
    "adam": keras.optimizers.Adam,
    "rmsprop": lambda learning_rate, **_: keras.optimizers.RMSprop(learning_rate),
    "sgd": lambda learning_rate, **_: keras.optimizers.SGD(learning_rate),
}


def build_composite(
    generator,
    discriminator,
    learning_rate=1.5e-3,
    beta_1=0.5,
    penalty=0.02,
    loss="bce",
    label_smoothing=0.0,
    optimizer="adam",
    beta_2=0.999,
    jit_compile="auto",
):
    """Stacks the generator and the discriminator, and compiles both sides.

    Each side gets an optimizer of its own, and its half of the loss. Traces that
    the discriminator may have from an earlier use, frozen or not, are dropped.

    Args:
        generator: A model from `(batch, latent_dim)` to images.
        discriminator: A model from such images to outputs of shape `(batch, 1)`:
            logits, or whatever the loss makes of them.
        learning_rate: Float, the step size for both sides.
        beta_1: Float, Adam's decay of the first moment, for both sides.
        penalty: Float, the weight of the penalty in `DiscriminatorLoss`; 0 for
            a discriminator with dropout or other noise.
        loss: String, a key of `keras_gan.models.LOSSES`.
        label_smoothing: Float from 0 to 1, how far below 1 the discriminator's
            target for real images is.
        optimizer: `"adam"`, `"rmsprop"` or `"sgd"`.
        beta_2: Float, Adam's decay of the second moment, for both sides.
        jit_compile: Boolean or `"auto"`, as in `keras.Model.compile`.

    Returns:
        A compiled `Composite`. Train it with latents and ones, and its
        `discriminator` with images and 1 for real, 0 for generated; where the
        loss is `"wgan-gp"`, its `critic` instead (see `Critic`).

    Raises:
        UserError: If there is a penalty, and noise in the discriminator; if that
            has batch normalization, and the loss is `"wgan-gp"`; if a network
            has nothing to train.
    """
    parts = list(discriminator._flatten_layers())
    if penalty and any(map(_is_noisy, parts)):
        raise UserError(
            "the discriminator has dropout or other noise, which a penalty for steepness would "
            "take for steepness; set the penalty to 0"
        )
    if loss == "wgan-gp" and any(isinstance(p, keras.layers.BatchNormalization) for p in parts):
        raise UserError(
            "the gradient penalty of wgan-gp is of one image at a time, which a discriminator with "
            "batch normalization does not judge; take it out, or choose another loss"
        )
    composite = Composite(generator, discriminator)
    for name, network in (("generator", generator), ("discriminator", discriminator)):
        if not network.trainable_variables:
            raise UserError(f"the {name} has nothing to train: all of its layers are frozen")
    if loss == "wgan-gp":
        # Past Keras, which would take it for one more layer of the stack.
        object.__setattr__(composite, "_critic", Critic(discriminator))
    d_loss = DiscriminatorLoss(loss, penalty, label_smoothing=label_smoothing)
    for model, its_loss, metrics in (
        (composite.critic, d_loss, [Scores(loss)]),
        (composite, GeneratorLoss(loss), None),
    ):
        model.compile(
            optimizer=OPTIMIZERS[optimizer](learning_rate, beta_1=beta_1, beta_2=beta_2),
            loss=its_loss,
            metrics=metrics,
            jit_compile=jit_compile,
        )
        model.optimizer.build(model.trainable_variables)
    return composite
