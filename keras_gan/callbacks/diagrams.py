"""Diagrams of the networks."""

from keras_gan.console import native_chatter_hidden
from keras_gan.files import ensure_folder
from keras_gan.pictures.optional import OptionalPicture
from keras_gan.pictures.plots import plot_model
from keras_gan.training.callback import GanCallback


class NetworkDiagrams(GanCallback):
    """Draws `generator_plot.png`, `discriminator_plot.png` and `gan_plot.png`.

    Args:
        plots_dir: Path of the folder for the pictures.
    """

    def __init__(self, plots_dir):
        super().__init__()
        self.plots_dir = plots_dir

    @classmethod
    def for_run(cls, run):
        return cls(run.plots_dir)

    def before_training(self):
        networks = {
            "generator": getattr(self.model, "generator", None),
            "discriminator": getattr(self.model, "discriminator", None),
            "gan": self.model,
        }
        for name, network in networks.items():
            if network is None:
                continue
            picture = f"{name}_plot.png"
            with OptionalPicture(picture), native_chatter_hidden():
                plot_model(network, ensure_folder(self.plots_dir) / picture)
