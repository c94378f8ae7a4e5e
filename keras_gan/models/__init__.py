"""Generators, discriminators, and the composite that stacks them."""

from keras_gan.models.composite import Composite, DiscriminatorLoss, Scores, build_composite
from keras_gan.models.discriminator import build_discriminator
from keras_gan.models.generator import build_generator
from keras_gan.models.tutorial import build_tutorial_discriminator, build_tutorial_generator

# A pair of functions for each kind: `(latent_dim) -> generator`, `() -> discriminator`.
NETWORKS = {
    "default": (build_generator, build_discriminator),
    "tutorial": (build_tutorial_generator, build_tutorial_discriminator),
}

__all__ = [
    "NETWORKS",
    "Composite",
    "DiscriminatorLoss",
    "Scores",
    "build_composite",
    "build_discriminator",
    "build_generator",
]
