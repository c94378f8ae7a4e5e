"""A grid of real images, to compare the generated ones with."""

import numpy as np

from keras_gan.files import ensure_folder
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
    """

    def __init__(self, plots_dir, images, grid=100, seed=0):
        super().__init__()
        self.plots_dir = plots_dir
        chosen = np.random.default_rng([seed, 3]).permutation(len(images))[:grid]
        self.images = images[chosen]

    @classmethod
    def for_run(cls, run):
        return cls(run.plots_dir, run.dataset.images, seed=run.config.seed)

    def before_training(self):
        with OptionalPicture("real_samples.png"):
            path = ensure_folder(self.plots_dir) / "real_samples.png"
            plot_images(self.images, path, "Real images")
