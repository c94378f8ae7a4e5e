"""Curves of a training: losses, accuracies, scores."""

from keras_gan.files import ensure_folder
from keras_gan.pictures.optional import OptionalPicture
from keras_gan.pictures.plots import plot_curves
from keras_gan.registry import LOSSES
from keras_gan.training.callback import GanCallback


class CurvePlots(GanCallback):
    """Draws `loss_plot.png`, `accuracy_plot.png` and `score_plot.png`.

    They are drawn after the first epoch and at the end; in between whenever
    drawing them has taken no more than half a percent of the time since the last.
    Curves that the logs of a training do not have are left out.

    Args:
        plots_dir: Path of the folder for the pictures.
        loss: String, the key of `keras_gan.registry.LOSSES` that is trained with.

    Example:

    >>> train(composite, images, callbacks=[CurvePlots("plots")])
    """

    def __init__(self, plots_dir, loss="bce"):
        super().__init__()
        self.plots_dir = plots_dir
        self.loss = LOSSES[loss]

    @classmethod
    def for_run(cls, run):
        return cls(run.plots_dir, run.config.loss)

    def before_training(self):
        self.drawn = 0
        self.picture = OptionalPicture("loss_plot.png, accuracy_plot.png or score_plot.png")

    def after_epoch(self, epoch, logs):
        if self.picture.due:
            self._draw(epoch)

    def after_training(self, epoch):
        if self.history and self.drawn != epoch:
            self._draw(epoch)

    def _draw(self, epoch):
        self.drawn = epoch
        with self.picture:
            for name, curves, options in self._plots():
                curves = {key: label for key, label in curves.items() if key in self.history[-1]}
                history = {key: [logs[key] for logs in self.history] for key in curves}
                if curves:
                    plot_curves(history, ensure_folder(self.plots_dir) / name, curves, **options)

    def _plots(self):
        probability = self.loss.is_probability
        undecided = self.loss.undecided
        yield (
            "loss_plot.png",
            {"d_loss": "discriminator", "g_loss": "generator"},
            {
                "title": "Loss",
                "y_label": self.loss.label,
                "reference": (self.loss.chance_loss, "discriminator that can only guess"),
                "limits": (0 if probability else None, None),
            },
        )
        yield (
            "accuracy_plot.png",
            {"real_accuracy": "on real images", "fake_accuracy": "on generated images"},
            {
                "title": "Accuracy of the discriminator",
                "y_label": "share classified correctly",
                "reference": (0.5, "guessing"),
                "limits": (0, 1),
            },
        )
        yield (
            "score_plot.png",
            {"real_score": "D(x), real images", "fake_score": "D(G(z)), generated images"},
            {
                "title": "Scores that the discriminator gives",
                "y_label": self.loss.score_label,
                "reference": None if undecided is None else (undecided, "undecided"),
                "limits": (0, 1) if probability else (None, None),
            },
        )
