"""Walks between latents."""

from keras_gan.files import ensure_folder
from keras_gan.gan.latents import interpolate
from keras_gan.pictures.optional import OptionalPicture
from keras_gan.pictures.plots import plot_walks
from keras_gan.training.callback import GanCallback

PAIRS = "ABCD"
STEPS = 10


class WalkPlot(GanCallback):
    """Draws `interpolation_plot.png` at the end: straight and spherical walks.

    Args:
        plots_dir: Path of the folder for the picture.
        latents: Array of shape `(n, latent_dim)`; the walks lead from each of the
            first to the next.
        generator: The model that draws; the one that is trained if `None`.

    Example:

    >>> train(composite, images, callbacks=[WalkPlot("plots", latents)])
    """

    def __init__(self, plots_dir, latents, generator=None):
        super().__init__(generator)
        self.plots_dir = plots_dir
        self.latents = latents

    @classmethod
    def for_run(cls, run):
        return cls(run.plots_dir, run.latents, run.generator)

    def after_training(self, epoch):
        walks = {}
        for pair, start, end in zip(PAIRS, self.latents[::2], self.latents[1::2], strict=False):
            for kind in ("straight", "spherical"):
                latents = interpolate(start, end, STEPS, spherical=kind == "spherical")
                walks[f"{pair}, {kind}"] = self.generator.predict_on_batch(latents)
        with OptionalPicture("interpolation_plot.png"):
            plot_walks(walks, ensure_folder(self.plots_dir) / "interpolation_plot.png")
