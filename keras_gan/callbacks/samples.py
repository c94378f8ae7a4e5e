"""Pictures of what the generator draws, epoch by epoch."""

import pathlib

import keras

from keras_gan.plots import OptionalPicture, plot_images


class SamplePlots(keras.callbacks.Callback):
    """Draws `generated_plot_eNNN.png`, always from the same latent points.

    `generated_plot_e000.png` shows the generator before training; then there is
    a picture every so many epochs, and one after the last.

    Args:
        folder: Path of the folder for the pictures.
        latents: Array of shape `(n, latent_dim)`, the points to draw from, ten
            to a row.
        every: Integer, epochs from one picture to the next.
        generator: The model that draws; the one that is trained if `None`.
    """

    def __init__(self, folder, latents, every=1, generator=None):
        super().__init__()
        self.folder = pathlib.Path(folder)
        self.latents = latents
        self.every = every
        self.generator = generator
        self.picture = OptionalPicture("generated_plot")

    def on_train_begin(self, logs=None):
        self.generator = self.generator or self.model.generator
        self.epoch = len(self.params.get("past", ()))
        if self.params["fresh"]:
            self._draw(0)
        else:  # compiled for these latents first of all, as it was at the beginning
            self.generator.predict_on_batch(self.latents)

    def on_epoch_end(self, epoch, logs=None):
        self.epoch = epoch + 1
        if self.epoch % self.every == 0:
            self._draw(self.epoch)

    def on_train_end(self, logs=None):
        if self.epoch % self.every != 0:
            self._draw(self.epoch)

    def _draw(self, epoch):
        images = self.generator.predict_on_batch(self.latents)
        with self.picture:
            title = f"Generated after epoch {epoch}" if epoch else "Generated before training"
            plot_images(images, self.folder / f"generated_plot_e{epoch:03}.png", title)
