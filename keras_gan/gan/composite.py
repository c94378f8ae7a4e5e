"""The composite: generator and discriminator stacked, the discriminator frozen."""

import contextlib
import weakref

import keras

from keras_gan.gan.labels import is_conditional, with_labels

# Of each model that is frozen now: how often, and the flags that its layers had before.
_FROZEN = weakref.WeakKeyDictionary()


@contextlib.contextmanager
def frozen(model):
    """Freezes a model for a while, and leaves every layer's flag as it found it.

    On several devices, TensorFlow traces a step in a thread for each of them, and may go
    to another thread within this context: the last to leave it restores the flags.
    """
    times, flags = _FROZEN.get(model, (0, None))
    if not times:
        flags = [(layer, layer.trainable) for layer in model._flatten_layers()]
        model.trainable = False
    _FROZEN[model] = times + 1, flags
    try:
        yield
    finally:
        times, flags = _FROZEN.pop(model)
        if times > 1:
            _FROZEN[model] = times - 1, flags
        else:
            for layer, flag in flags:  # a model first: setting its flag sets its layers', too
                layer.trainable = flag


def unfreeze(model):
    """Makes a model trainable, if it was frozen as a whole."""
    if not model.trainable:
        model.trainable = True


@keras.saving.register_keras_serializable("keras_gan")
class Composite(keras.Model):
    """The stack D(G(z)), which trains the generator and never the discriminator.

    Keras 3 reads `trainable` when it traces a train function: at the first batch, and
    again at the first batch of another size. If code has frozen the discriminator by
    then, the discriminator does not learn.

    A composite freezes its discriminator only while the composite itself is called,
    or its variables are listed. At any other time the discriminator is trainable,
    except for layers that were frozen one by one. While it is frozen, its dropout stays
    active, and its normalization layers use their moving statistics.

    Args:
        generator: A model from `(batch, latent_dim)` to images. A conditional one
            takes a list of latents and labels.
        discriminator: A model from such images to `(batch, 1)`. A conditional one
            takes a list of images and labels; then the composite takes what the
            generator takes.
        name: String, the name of the model.

    Raises:
        ValueError: If one of the networks is conditional, and the other is not.

    Attributes:
        generator: The generator, whose variables the composite trains.
        discriminator: The discriminator, ready to be trained on its own.
        penalized_discriminator: The discriminator together with its penalty: the
            model whose training is the discriminator's update. `None` until
            `build_composite` sets it.
        guided: The composite together with an `AuxiliaryClassifier`: the model whose
            training is then the generator's update. `None` without one.
        distribution: What divides a batch among several devices, or `None`.
            `build_composite` sets it within `keras_gan.spread`.

    Example:

    >>> composite = Composite(build_generator(), build_discriminator())
    >>> len(composite.trainable_variables) == len(composite.generator.trainable_variables)
    True
    """

    penalized_discriminator = None
    guided = None
    distribution = None

    def __init__(self, generator, discriminator, name="gan", **kwargs):
        if is_conditional(generator) != is_conditional(discriminator):
            raise ValueError("expected both networks to take labels, or neither")
        unfreeze(discriminator)
        latent, label = keras.Input(generator.inputs[0].shape[1:], name="latent"), None
        if is_conditional(generator):
            label = keras.Input((), dtype="int32", name="label")
        inputs = with_labels(latent, label)
        outputs = discriminator(with_labels(generator(inputs), label))
        super().__init__(inputs, outputs, name=name, **kwargs)

    @property
    def generator(self):
        return self.layers[-2]

    @property
    def discriminator(self):
        return self.layers[-1]

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
