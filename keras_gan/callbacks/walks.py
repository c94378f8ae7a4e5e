"""What lies between latent points."""

import pathlib

import keras

from keras_gan.latents import interpolate
from keras_gan.plots import OptionalPicture, plot_walks

PAIRS = "ABCD"
STEPS = 10


class WalkPlot(keras.callbacks.Callback):
    """Draws `interpolation_plot.png` at the end: straight and spherical walks.

    Args:
        folder: Path of the folder for the picture.
        latents: Array of shape `(n, latent_dim)`; the walks lead from each of the
            first to the next.
        generator: The model that draws; the one that is trained if `None`.
    """

    def __init__(self, folder, latents, generator=None):
        super().__init__()
        self.folder = pathlib.Path(folder)
        self.latents = latents
        self.generator = generator

    def on_train_end(self, logs=None):
        generator = self.generator or self.model.generator
        walks = {}
        for pair, start, end in zip(PAIRS, self.latents[::2], self.latents[1::2], strict=False):
            for kind in ("straight", "spherical"):
                points = interpolate(start, end, STEPS, spherical=kind == "spherical")
                walks[f"{pair}, {kind}"] = generator.predict_on_batch(points)
        with OptionalPicture("interpolation_plot.png"):
            plot_walks(walks, self.folder / "interpolation_plot.png")
