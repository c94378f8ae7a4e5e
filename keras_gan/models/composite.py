"""The composite: generator and discriminator stacked, the discriminator frozen."""

import contextlib

import keras
from keras import ops

from keras_gan.errors import UserError


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
class DiscriminatorLoss(keras.losses.Loss):
    """Binary cross-entropy, and a penalty for a discriminator that is steep.

    The labels say what each image of the batch is: 1 real, 0 generated, and
    `-1 - i` a copy of image `i` of the batch with noise on it. Of real and
    generated images the loss takes the cross-entropy of
    [Goodfellow et al., 2014](https://arxiv.org/abs/1406.2661); of a noisy copy,
    the square of how far its logit is from that of its original, in units of the
    noise. That is the gradient penalty R1 on real images
    ([Mescheder et al., 2018](https://arxiv.org/abs/1801.04406)) by finite
    differences: for noise of variance 1 and a small step, its expectation is the
    squared norm of the gradient. It needs no gradient of a gradient, and so runs
    on every backend through `train_on_batch`. The discriminator must answer
    alike when asked twice: dropout would pass for steepness.

    Args:
        penalty: Float, the weight of the penalty (half of it, as in the paper).
        noise: Float, the standard deviation of the noise on the copies.
        name: String.
    """

    def __init__(self, penalty=0.02, noise=0.1, name="discriminator_loss", **kwargs):
        super().__init__(name=name, **{"dtype": "float32", **kwargs})
        self.penalty = penalty
        self.noise = noise

    def call(self, y_true, y_pred):
        y_true = _as_column(y_true, y_pred)
        judged = ops.cast(y_true >= 0, y_pred.dtype)
        loss = _mean_where(judged, _cross_entropy(y_true, y_pred))
        original = ops.cast(ops.maximum(-1 - y_true[:, 0], 0), "int32")
        slope = (y_pred - ops.take(y_pred, original, axis=0)) / self.noise
        return loss + self.penalty / 2 * _mean_where(1 - judged, slope**2)

    def get_config(self):
        return {**super().get_config(), "penalty": self.penalty, "noise": self.noise}


@keras.saving.register_keras_serializable("keras_gan")
class Scores(keras.metrics.Metric):
    """What a discriminator makes of real and of generated images.

    Its result is a dict: `cross_entropy`, the loss without the penalty;
    `real_score`, D(x), and `fake_score`, D(G(z)), the mean probability of being
    real that either kind is given; `real_accuracy` and `fake_accuracy`, the share
    of either that is told right. Labels are those of `DiscriminatorLoss`.
    """

    def __init__(self, name="scores", **kwargs):
        super().__init__(name=name, **kwargs)
        # One variable for all, since every one is reset before every batch.
        self.sums = self.add_weight(shape=(7,), initializer="zeros", name="sums")

    def update_state(self, y_true, y_pred, sample_weight=None):
        y_true = _as_column(y_true, y_pred)
        real = ops.cast(y_true > 0.5, "float32")
        fake = ops.cast(ops.abs(y_true) < 0.5, "float32")
        y_pred = ops.cast(y_pred, "float32")
        probability = ops.sigmoid(y_pred)
        values = (
            real,
            fake,
            (real + fake) * _cross_entropy(y_true, y_pred),
            real * probability,
            fake * probability,
            real * ops.cast(y_pred > 0, "float32"),
            fake * ops.cast(y_pred <= 0, "float32"),
        )
        self.sums.assign_add(ops.stack([ops.sum(value) for value in values]))

    def result(self):
        real, fake, loss, *sums = (self.sums[i] for i in range(7))
        return {
            "cross_entropy": loss / ops.maximum(real + fake, 1),
            "real_score": sums[0] / ops.maximum(real, 1),
            "fake_score": sums[1] / ops.maximum(fake, 1),
            "real_accuracy": sums[2] / ops.maximum(real, 1),
            "fake_accuracy": sums[3] / ops.maximum(fake, 1),
        }


def _as_column(y_true, y_pred):
    return ops.reshape(ops.cast(y_true, "float32"), ops.shape(y_pred))


def _cross_entropy(y_true, y_pred):
    """Of labels 0 and 1 with logits, one value for each: softplus of the wrong sign."""
    return ops.softplus(ops.where(y_true > 0.5, -y_pred, y_pred))


def _mean_where(mask, values):
    return ops.sum(mask * values) / ops.maximum(ops.sum(mask), 1)


def build_composite(generator, discriminator, learning_rate=1.5e-3, beta_1=0.5, penalty=0.02):
    """Stacks the generator and the discriminator, and compiles both sides.

    Each side gets an Adam optimizer of its own; the discriminator
    `DiscriminatorLoss`, the generator the binary cross-entropy of the original
    GAN ([Goodfellow et al., 2014](https://arxiv.org/abs/1406.2661)) in its
    non-saturating form. Traces that the discriminator may have from an earlier
    use, frozen or not, are dropped.

    Args:
        generator: A model from `(batch, latent_dim)` to images.
        discriminator: A model from such images to logits of shape `(batch, 1)`.
        learning_rate: Float, Adam's step size, for both sides.
        beta_1: Float, Adam's decay of the first moment, for both sides.
        penalty: Float, the weight of the penalty in `DiscriminatorLoss`; 0 for
            a discriminator with dropout or other noise.

    Returns:
        A compiled `Composite`. Train it with latents and ones, and its
        `discriminator` with images and 1 for real, 0 for generated.

    Raises:
        UserError: If there is a penalty, and noise in the discriminator.
    """
    if penalty and any(
        hasattr(layer, "seed_generator") for layer in discriminator._flatten_layers()
    ):
        raise UserError(
            "the discriminator has dropout or other noise, which a penalty for steepness would "
            "take for steepness; set the penalty to 0"
        )
    composite = Composite(generator, discriminator)
    discriminator.compile(
        optimizer=keras.optimizers.Adam(learning_rate, beta_1=beta_1),
        loss=DiscriminatorLoss(penalty),
        metrics=[Scores()],
    )
    composite.compile(
        optimizer=keras.optimizers.Adam(learning_rate, beta_1=beta_1),
        loss=keras.losses.BinaryCrossentropy(from_logits=True),
    )
    for model in (discriminator, composite):
        model.optimizer.build(model.trainable_variables)
    return composite
