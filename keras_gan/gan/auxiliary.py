"""An auxiliary classifier, which keeps a generator's images to what their latents ask for."""

import hashlib

import keras
import numpy as np
from keras import ops

from keras_gan.gan.chosen import choose_labels, chosen_labels
from keras_gan.gan.composite import Composite, frozen

# How far from 0 latents are in a training, compared with those that are drawn later.
NARROW = np.float32(0.955)


class AuxiliaryClassifier:
    """What a generator learns from beside the discriminator.

    The generator's loss gets the cross-entropy between the label that a latent asks for
    and the label that a classifier sees in the image, times a weight. AC-GAN ([Odena et
    al., 2017](https://arxiv.org/abs/1610.09585)) does so with a classifier that learns at
    the same time. This one has learned before, and the discriminator knows of no labels.

    Args:
        classifier: A model from images to logits `(batch, classes)`. What it learns later
            makes no difference: its weights are copied.
        weight: Float, above 0.
        counts: Array of shape `(classes,)`: how frequent each label is, as in
            `label_from_latent`.
        latent_distribution: `"normal"` or `"uniform"`, as in `draw_latents`.

    Example:

    >>> auxiliary = AuxiliaryClassifier(classifier, 0.05, np.bincount(clusters))
    >>> composite = build_composite(generator, discriminator, auxiliary=auxiliary)
    """

    def __init__(
        self,
        classifier: keras.Model,
        weight: float,
        counts: np.ndarray,
        latent_distribution: str = "normal",
    ):
        self.classifier = classifier
        self.weights = [
            [ops.convert_to_numpy(variable) for variable in variables]
            for variables in (classifier.trainable_variables, classifier.non_trainable_variables)
        ]
        self.weight = weight
        self.counts = counts
        self.latent_distribution = latent_distribution

    def checksum(self) -> str:
        """Tells whether two classifiers have the same weights."""
        arrays = (array for arrays in self.weights for array in arrays)
        return hashlib.sha256(b"".join(array.tobytes() for array in arrays)).hexdigest()

    def ask_for(self, labels: np.ndarray, latents: np.ndarray) -> np.ndarray:
        """Makes latents of a training that ask for given labels: see `choose_labels`.

        They are nearer to 0 than those that the generator draws from later. So it
        varies images more then: the truncation trick of BigGAN ([Brock et al.,
        2019](https://arxiv.org/abs/1809.11096)), the other way round.
        """
        asking = choose_labels(latents, labels, self.counts, self.latent_distribution)
        asking[:, :-1] *= NARROW
        return asking

    def loss(self, latents, images):
        """What the generator's loss gets, a scalar.

        Args:
            latents: Tensor `(batch, latent_dim)`.
            images: Tensor `(batch, 28, 28, 1)`, drawn from these.
        """
        logits, _ = self.classifier.stateless_call(*self.weights, images)
        labels = chosen_labels(latents, self.counts, self.latent_distribution)
        losses = ops.sparse_categorical_crossentropy(
            labels, ops.cast(logits, "float32"), from_logits=True
        )
        return self.weight * ops.mean(losses)


class GuidedComposite(keras.Model):
    """A composite together with an auxiliary classifier: what a step trains.

    It gives what the composite gives, and adds the classifier's loss to its own. Its
    variables are the composite's.

    Args:
        composite: A `Composite`.
        auxiliary: An `AuxiliaryClassifier`.
    """

    def __init__(self, composite: Composite, auxiliary: AuxiliaryClassifier):
        super().__init__(name="guided_composite", autocast=False)
        self.composite = composite
        self.auxiliary = auxiliary

    def call(self, latents, training=None):
        generator, discriminator = self.composite.generator, self.composite.discriminator
        images = generator(latents, training=training)
        self.add_loss(self.auxiliary.loss(latents, images))
        with frozen(discriminator):
            return discriminator(images, training=training)

    @property
    def trainable_variables(self):
        return self.composite.trainable_variables

    @property
    def non_trainable_variables(self):
        return self.composite.non_trainable_variables

    trainable_weights = trainable_variables
    non_trainable_weights = non_trainable_variables
