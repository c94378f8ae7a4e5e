"""Generators, discriminators, and the composite that stacks them."""

from keras_gan.models.composite import Composite, build_composite
from keras_gan.models.dcgan import build_dcgan_discriminator, build_dcgan_generator
from keras_gan.models.discriminator import build_discriminator
from keras_gan.models.duel import Duel
from keras_gan.models.generator import build_generator
from keras_gan.models.losses import LOSSES, Critic, DiscriminatorLoss, GeneratorLoss, Scores
from keras_gan.models.mlp import build_mlp_discriminator, build_mlp_generator
from keras_gan.models.tutorial import build_tutorial_discriminator, build_tutorial_generator

# For each kind, what builds a generator and a discriminator from `latent_dim` and `dropout`.
NETWORKS = {
    "default": lambda latent_dim, dropout: (
        build_generator(latent_dim),
        build_discriminator(dropout),
    ),
    "tutorial": lambda latent_dim, dropout: (
        build_tutorial_generator(latent_dim),
        build_tutorial_discriminator(dropout),
    ),
    "mlp": lambda latent_dim, dropout: (
        build_mlp_generator(latent_dim, dropout),
        build_mlp_discriminator(dropout),
    ),
    "mlp-dropout": lambda latent_dim, dropout: (
        build_mlp_generator(latent_dim, dropout, widths=(32, 64, 128), slope=0.2),
        build_mlp_discriminator(dropout, widths=(128, 64, 32)),
    ),
    "dcgan": lambda latent_dim, dropout: (
        build_dcgan_generator(latent_dim),
        build_dcgan_discriminator(dropout),
    ),
}

__all__ = [
    "LOSSES",
    "NETWORKS",
    "Composite",
    "Critic",
    "DiscriminatorLoss",
    "Duel",
    "GeneratorLoss",
    "Scores",
    "build_composite",
    "build_discriminator",
    "build_generator",
]
