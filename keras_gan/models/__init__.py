"""Generators, discriminators, and the composite that stacks them."""

from keras_gan.models.composite import Composite, DiscriminatorLoss, Scores, build_composite
from keras_gan.models.discriminator import build_discriminator
from keras_gan.models.generator import build_generator

__all__ = [
    "Composite",
    "DiscriminatorLoss",
    "Scores",
    "build_composite",
    "build_discriminator",
    "build_generator",
]
