"""The composite: generator and discriminator stacked, the discriminator frozen."""

import contextlib

import keras
from keras import ops


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


@keras.saving.register_keras_serializable("keras_gan")
def real_score(y_true, y_pred):
    """D(x): the mean probability of being real that real images are given."""
    return _mean_where(y_true > 0.5, ops.sigmoid(y_pred))


@keras.saving.register_keras_serializable("keras_gan")
def fake_score(y_true, y_pred):
    """D(G(z)): the mean probability of being real that generated images are given."""
    return _mean_where(y_true < 0.5, ops.sigmoid(y_pred))


@keras.saving.register_keras_serializable("keras_gan")
def real_accuracy(y_true, y_pred):
    """The share of the real images that are taken for real."""
    return _mean_where(y_true > 0.5, y_pred > 0)


@keras.saving.register_keras_serializable("keras_gan")
def fake_accuracy(y_true, y_pred):
    """The share of the generated images that are taken for generated."""
    return _mean_where(y_true < 0.5, y_pred <= 0)


def _mean_where(mask, values):
    mask = ops.cast(mask, "float32")
    return ops.sum(mask * ops.cast(values, "float32")) / ops.maximum(ops.sum(mask), 1)


def build_composite(generator, discriminator, learning_rate=4e-4, beta_1=0.5):
    """Stacks the generator and the discriminator, and compiles both sides.

    Each side gets an Adam optimizer of its own and the binary cross-entropy of
    the original GAN ([Goodfellow et al., 2014](https://arxiv.org/abs/1406.2661)),
    the generator in its non-saturating form. Traces that the discriminator may
    have from an earlier use, frozen or not, are dropped.

    Args:
        generator: A model from `(batch, latent_dim)` to images.
        discriminator: A model from such images to logits of shape `(batch, 1)`.
        learning_rate: Float, Adam's step size, for both sides.
        beta_1: Float, Adam's decay of the first moment, for both sides.

    Returns:
        A compiled `Composite`. Train it with latents and ones, and its
        `discriminator` with images and 1 for real, 0 for generated.
    """
    composite = Composite(generator, discriminator)
    discriminator.compile(
        optimizer=keras.optimizers.Adam(learning_rate, beta_1=beta_1),
        loss=keras.losses.BinaryCrossentropy(from_logits=True),
        metrics=[real_score, fake_score, real_accuracy, fake_accuracy],
    )
    composite.compile(
        optimizer=keras.optimizers.Adam(learning_rate, beta_1=beta_1),
        loss=keras.losses.BinaryCrossentropy(from_logits=True),
    )
    for model in (discriminator, composite):
        model.optimizer.build(model.trainable_variables)
    return composite
