"""A grid of real images, to compare the generated ones with."""

import numpy as np

from keras_gan.files import ensure_folder
from keras_gan.gan.labels import without_labels
from keras_gan.pictures.optional import OptionalPicture
from keras_gan.pictures.plots import plot_images
from keras_gan.training.callback import GanCallback


class RealSamples(GanCallback):
    """Draws `real_samples.png`: images of the data set, chosen at random.

    Args:
        plots_dir: Path of the folder for the picture.
        images: Array `(n, 28, 28, 1)`, the images to choose from.
        grid: Integer, how many to draw at most, ten to a row.
        seed: Integer, fixes the choice.
        classes: Integer array of shape `(grid,)`, the class to draw in each place, or
            `None`.
        labels: Integer array of shape `(n,)`, the class of each image, or `None`.
        row_names: List of strings, what to write left of the rows, or `None`.
    """

    def __init__(
        self, plots_dir, images, grid=100, seed=0, classes=None, labels=None, row_names=None
    ):
        super().__init__()
        self.plots_dir = plots_dir
        self.row_names = row_names
        order = np.random.default_rng([seed, 3]).permutation(len(images))
        if classes is None:
            self.images = images[order[:grid]]
            return
        self.images = np.zeros((len(classes), *images.shape[1:]), images.dtype)
        for label in np.unique(classes):
            places = np.flatnonzero(classes == label)
            chosen = order[labels[order] == label][: len(places)]
            self.images[places[: len(chosen)]] = images[chosen]  # the others stay black

    @classmethod
    def for_run(cls, run):
        _, classes = without_labels(run.latents)
        labels = None if classes is None else run.dataset.class_indices
        return cls(
            run.plots_dir,
            run.dataset.images,
            seed=run.config.seed,
            classes=classes,
            labels=labels,
            row_names=run.row_names,
        )

    def before_training(self):
        with OptionalPicture("real_samples.png"):
            path = ensure_folder(self.plots_dir) / "real_samples.png"
            plot_images(self.images, path, "Real images", row_names=self.row_names)
