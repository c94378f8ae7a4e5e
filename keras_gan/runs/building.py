"""The networks of a run: built, read from files, or as they were when the run began."""

import keras

from keras_gan import devices
from keras_gan.errors import UserError
from keras_gan.gan.building import build_composite
from keras_gan.gan.composite import Composite
from keras_gan.networks.loading import load_networks
from keras_gan.presets import PRESETS
from keras_gan.registry import NETWORKS
from keras_gan.settings import Config


def build_networks(config: Config, architectures: list[str] | None = None) -> Composite:
    """Builds and compiles the networks of a run.

    Args:
        config: A `Config`.
        architectures: What `architectures_of` gave when the run began, or `None`.

    Returns:
        A compiled `Composite`.

    Raises:
        UserError: If a network comes from a file, and does not fit.
    """
    with devices.dtype_policy(config.mixed_precision):
        generator, discriminator = NETWORKS[config.networks](config.latent_dim, config.dropout)
        if architectures:
            generator, discriminator = map(keras.models.model_from_json, architectures)
        elif config.generator or config.discriminator:
            generator, discriminator = load_networks(
                config.generator, config.discriminator, generator, discriminator
            )
        not_given = PRESETS[config.preset].get("latent_dim", Config.latent_dim)
        if config.latent_dim not in (not_given, generator.input_shape[1]):
            raise UserError(
                f"latent_dim is {config.latent_dim}, but {config.generator} takes "
                f"{generator.input_shape[1]}; leave it out"
            )
        return build_composite(
            generator,
            discriminator,
            loss=config.loss,
            optimizer=config.optimizer,
            learning_rate=config.learning_rate,
            beta_1=config.beta_1,
            beta_2=config.beta_2,
            penalty=config.penalty,
            label_smoothing=config.label_smoothing,
            jit_compile=config.jit_compile,
        )


def architectures_of(config: Config, composite: Composite) -> list[str] | None:
    """The networks as text, where they came from files, which may change until a run resumes."""
    if config.generator or config.discriminator:
        return [composite.generator.to_json(), composite.discriminator.to_json()]
    return None
