"""The directions of a latent space in which images change most."""

import keras
import numpy as np

from keras_gan.gan.labels import is_conditional, with_labels
from keras_gan.gan.latents import draw_latents
from keras_gan.generation.images import number_of_classes

NUMBER = 8
LATENTS = 32
STEP = 0.3


def find_directions(generator: keras.Model, latent_distribution: str = "normal") -> np.ndarray:
    """Finds the directions in which a generator's images change most.

    They are the first eigenvectors of the metric that the generator gives its latent
    space, the mean of J^T J over some latents, where J is the Jacobian of the image
    ([Wang and Ponce, 2021](https://arxiv.org/abs/2101.06006)), here by finite differences.

    Args:
        generator: A Keras model from `(batch, latent_dim)`, or a list of that and labels
            `(batch,)`, to images `(batch, 28, 28, 1)`.
        latent_distribution: As in `draw_latents`.

    Returns:
        A `float32` array of shape `(directions, latent_dim)` of orthogonal vectors of
        length 1, the direction of the greatest change first. There are eight, or as
        many as `latent_dim`.

    Example:

    >>> directions = find_directions(generator)
    >>> images = generator.predict(latents + 2 * directions[0])
    """
    latent_dim = generator.inputs[0].shape[1]
    latents = draw_latents(np.random.default_rng(0), LATENTS, latent_dim, latent_distribution)
    steps = STEP * np.eye(latent_dim + 1, latent_dim, k=-1, dtype="float32")  # the first is none
    metric = np.zeros((latent_dim, latent_dim))
    for number, latent in enumerate(latents):
        labels = None
        if is_conditional(generator):
            labels = np.full(len(steps), number % number_of_classes(generator), "int32")
        images = generator.predict_on_batch(with_labels(latent + steps, labels))
        changes = images[1:].reshape(latent_dim, -1).astype("float64") - images[0].reshape(-1)
        metric += changes @ changes.T
    vectors = np.linalg.eigh(metric)[1].T[::-1][:NUMBER]
    signs = np.sign(vectors[np.arange(len(vectors)), np.abs(vectors).argmax(axis=1)])
    return (signs[:, None] * vectors).astype("float32")
