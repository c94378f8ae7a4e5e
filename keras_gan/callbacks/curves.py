"""Curves of a training: losses, accuracies, scores."""

import pathlib

import keras

from keras_gan.models.losses import LOSSES, PROBABILITY
from keras_gan.plots import OptionalPicture, plot_curves


class CurvePlots(keras.callbacks.Callback):
    """Draws `loss_plot.png`, `accuracy_plot.png` and `score_plot.png`.

    They are drawn after the first epoch and at the end; in between whenever
    drawing them has taken no more than a hundredth of the time since the last.

    Args:
        folder: Path of the folder for the pictures.
        loss: String, the key of `keras_gan.models.LOSSES` that is trained with.
    """

    def __init__(self, folder, loss="bce"):
        super().__init__()
        self.folder = pathlib.Path(folder)
        self.loss = LOSSES[loss]

    def on_train_begin(self, logs=None):
        self.history = {}
        for past in self.params.get("past", ()):
            self._keep(past)
        self.picture = OptionalPicture("loss_plot.png, accuracy_plot.png or score_plot.png")

    def on_epoch_end(self, epoch, logs=None):
        self._keep(logs)
        if self.picture.due:
            self._draw()

    def on_train_end(self, logs=None):
        if self.history:
            self._draw()

    def _keep(self, logs):
        for name, value in logs.items():
            self.history.setdefault(name, []).append(value)

    def _draw(self):
        with self.picture:
            self._plot()

    def _plot(self):
        probability = self.loss.score_label == PROBABILITY
        undecided = self.loss.undecided
        plot_curves(
            self.history,
            self.folder / "loss_plot.png",
            {"d_loss": "discriminator", "g_loss": "generator"},
            title="Loss",
            y_label=self.loss.label,
            reference=(self.loss.guessing, "discriminator that can only guess"),
            limits=(0 if probability else None, None),
        )
        plot_curves(
            self.history,
            self.folder / "accuracy_plot.png",
            {"real_accuracy": "on real images", "fake_accuracy": "on generated images"},
            title="Accuracy of the discriminator",
            y_label="share told right",
            reference=(0.5, "guessing"),
            limits=(0, 1),
        )
        plot_curves(
            self.history,
            self.folder / "score_plot.png",
            {"real_score": "D(x), real images", "fake_score": "D(G(z)), generated images"},
            title="Scores that the discriminator gives",
            y_label=self.loss.score_label,
            reference=None if undecided is None else (undecided, "undecided"),
            limits=(0, 1) if probability else (None, None),
        )
