"""The networks of a run: built, read from files, or as they were when the run began."""

import keras
import numpy as np

from keras_gan import devices
from keras_gan.errors import UserError
from keras_gan.gan.auxiliary import AuxiliaryClassifier
from keras_gan.gan.building import build_composite
from keras_gan.gan.composite import Composite
from keras_gan.gan.labels import is_conditional
from keras_gan.networks.clustered import label_from_latent, with_hidden_layer
from keras_gan.networks.conditional import make_conditional, make_generator_conditional
from keras_gan.networks.loading import load_networks
from keras_gan.presets import PRESETS
from keras_gan.registry import NETWORKS
from keras_gan.settings import Config

# Of the embedding of the clusters when an auxiliary classifier keeps them apart: little, so that
# images of one cluster vary.
DEVIATION = 0.3


def build_networks(
    config: Config,
    classes: int | None = None,
    architectures: list[str] | None = None,
    counts: np.ndarray | None = None,
    classifier: keras.Model | None = None,
) -> Composite:
    """Builds and compiles the networks of a run.

    Args:
        config: A `Config`.
        classes: Integer, the number of classes or clusters, if the run has some.
        architectures: What `architectures_of` gave when the run began, or `None`.
        counts: Array of shape `(clusters,)`, how many images each cluster has; if `None`,
            all have as many.
        classifier: A model from images to logits of their clusters, `(batch, clusters)`,
            which the generator learns from if `auxiliary_weight` is not 0; or `None`.

    Returns:
        A compiled `Composite`.

    Raises:
        UserError: If a network comes from a file, and does not fit.
    """
    with devices.dtype_policy(config.mixed_precision):
        # One latent chooses the cluster, and is not the networks' own.
        aside = 1 if classes and not config.conditional else 0
        generator, discriminator = NETWORKS[config.networks](
            config.latent_dim - aside, config.dropout
        )
        if architectures:
            generator, discriminator = map(keras.models.model_from_json, architectures)
        elif config.generator or config.discriminator:
            generator, discriminator = load_networks(
                config.generator, config.discriminator, generator, discriminator
            )
        guided = classes and config.auxiliary_weight
        told = classes and not guided
        if not told and (is_conditional(generator) or is_conditional(discriminator)):
            raise UserError(
                "a network from a file takes labels: add --conditional, or give another file"
            )
        auxiliary = None
        if guided:
            if counts is None:
                counts = np.ones(classes)
            generator = make_generator_conditional(generator, classes, DEVIATION)
            generator = label_from_latent(generator, counts, config.latent_distribution)
            if not config.discriminator:
                discriminator = with_hidden_layer(discriminator)
            aside = 0
            if classifier:
                auxiliary = AuxiliaryClassifier(
                    classifier, config.auxiliary_weight, counts, config.latent_distribution
                )
        elif classes:
            generator, discriminator = make_conditional(generator, discriminator, classes)
        latent_dim = generator.inputs[0].shape[1] + aside
        not_given = PRESETS[config.preset].get("latent_dim", Config.latent_dim)
        if config.latent_dim not in (not_given, latent_dim):
            raise UserError(
                f"latent_dim is {config.latent_dim}, but {config.generator} takes {latent_dim}; "
                "leave it out"
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
            auxiliary=auxiliary,
        )


def architectures_of(config: Config, composite: Composite) -> list[str] | None:
    """The networks as text, where they came from files, which may change until a run resumes."""
    if config.generator or config.discriminator:
        return [composite.generator.to_json(), composite.discriminator.to_json()]
    return None
