"""Pictures of what the generator draws, epoch by epoch."""

from keras_gan.files import ensure_folder
from keras_gan.pictures.optional import OptionalPicture
from keras_gan.pictures.plots import plot_images
from keras_gan.training.callback import GanCallback


class SamplePlots(GanCallback):
    """Draws `generated_plot_eNNN.png`, always from the same latents.

    `generated_plot_e000.png` shows the generator before training; then there is
    a picture every so many epochs, and one after the last.

    Args:
        plots_dir: Path of the folder for the pictures.
        latents: Array of shape `(n, latent_dim)`, the latents to draw from, ten
            to a row; for a conditional generator a list of that and labels `(n,)`.
        every: Integer, epochs from one picture to the next.
        generator: The model that draws; the one that is trained if `None`.
        row_names: List of strings, what to write left of the rows, or `None`.

    Example:

    >>> latents = np.random.standard_normal((100, 100)).astype("float32")
    >>> train(composite, images, callbacks=[SamplePlots("plots", latents)])
    """

    def __init__(self, plots_dir, latents, every=1, generator=None, row_names=None):
        super().__init__(generator)
        self.plots_dir = plots_dir
        self.latents = latents
        self.every = every
        self.row_names = row_names
        self.picture = OptionalPicture("generated_plot")

    @classmethod
    def for_run(cls, run):
        every = run.config.plot_every
        return cls(run.plots_dir, run.latents, every, run.generator, run.row_names)

    def before_training(self):
        if self.resumed:  # compiled for these latents first of all, as it was at the beginning
            self.generator.predict_on_batch(self.latents)
        else:
            self._draw(0)

    def after_epoch(self, epoch, logs):
        if epoch % self.every == 0:
            self._draw(epoch)

    def after_training(self, epoch):
        if epoch % self.every != 0:
            self._draw(epoch)

    def _draw(self, epoch):
        images = self.generator.predict_on_batch(self.latents)
        with self.picture:
            title = f"Generated after epoch {epoch}" if epoch else "Generated before training"
            path = ensure_folder(self.plots_dir) / f"generated_plot_e{epoch:03}.png"
            plot_images(images, path, title, row_names=self.row_names)
