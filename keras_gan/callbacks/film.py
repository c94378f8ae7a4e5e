"""What became of the same latent points, from the first epoch to the last."""

import pathlib

import keras
import numpy as np

from keras_gan.animation import save_gif, save_video
from keras_gan.data import to_bytes
from keras_gan.files import SAMPLES_NAME, write_whole
from keras_gan.plots import OptionalPicture, evenly, plot_progress

MAX_FRAMES = 101
MOMENTS = 10
COLUMNS = 6


class SampleFilm(keras.callbacks.Callback):
    """Keeps the samples of every so many epochs, and shows them in a row.

    `training.gif` is a film of them (of a long training, of a hundred moments of
    it), `progress_plot.png` shows a few latent points at ten moments. They are
    drawn after the first epoch and at the end; in between whenever drawing them
    has taken no more than a hundredth of the time since the last. The folder
    `samples` has a file for each epoch, with an array `x`. At the end,
    `samples.npz` holds them all: `epochs`, of shape `(k,)`, `images`, `uint8` of
    shape `(k, n, 28, 28, 1)`, and `latents`, `(n, latent_dim)`.

    Args:
        plots_dir: Path of the folder for the pictures.
        models_dir: Path of the folder for the samples.
        latents: Array of shape `(n, latent_dim)`, the points to draw from.
        every: Integer, epochs from one record to the next.
        generator: The model that draws; the one that is trained if `None`.
        video: Boolean, whether to make `training.mp4` at the end, too.
    """

    def __init__(self, plots_dir, models_dir, latents, every=1, generator=None, video=False):
        super().__init__()
        self.plots_dir = pathlib.Path(plots_dir)
        self.models_dir = pathlib.Path(models_dir)
        self.latents = latents
        self.every = every
        self.generator = generator
        self.video = video

    def on_train_begin(self, logs=None):
        self.generator = self.generator or self.model.generator
        self.folder = self.models_dir / SAMPLES_NAME
        self.folder.mkdir(exist_ok=True)
        self.epoch = len(self.params.get("past", ()))
        for epoch, path in self._files().items():
            if epoch > self.epoch:  # of what a resumed run does again
                path.unlink()
        if self.params["fresh"]:
            self._keep(0)
        self.picture = OptionalPicture("training.gif or progress_plot.png")

    def on_epoch_end(self, epoch, logs=None):
        self.epoch = epoch + 1
        if self.epoch % self.every == 0:
            self._keep(self.epoch)
            if self.picture.due:
                self._draw()

    def on_train_end(self, logs=None):
        if self.epoch % self.every != 0:
            self._keep(self.epoch)
        self._draw()
        files = self._files()
        if self.video:
            frames = evenly(list(files), MAX_FRAMES)
            grids = (_read(files[epoch]) for epoch in frames)
            with OptionalPicture("training.mp4"):
                save_video(frames, grids, self.plots_dir / "training.mp4")
        images = [_read(path) for path in files.values()]
        with write_whole(self.models_dir / "samples.npz") as temporary:
            np.savez_compressed(temporary, epochs=list(files), images=images, latents=self.latents)

    def _keep(self, epoch):
        images = to_bytes(self.generator.predict_on_batch(self.latents))
        with write_whole(self.folder / f"e{epoch:06}.npz") as temporary:
            np.savez_compressed(temporary, x=images)

    def _files(self):
        return {int(path.stem[1:]): path for path in sorted(self.folder.glob("e[0-9]*.npz"))}

    def _draw(self):
        files = self._files()
        with self.picture:
            frames = evenly(list(files), MAX_FRAMES)
            grids = (_read(files[epoch]) for epoch in frames)
            save_gif(frames, grids, self.plots_dir / "training.gif")
            moments = evenly(list(files), MOMENTS)
            rows = [_read(files[epoch])[:COLUMNS] for epoch in moments]
            plot_progress(moments, rows, self.plots_dir / "progress_plot.png")


def _read(path):
    with np.load(path) as file:
        return file["x"]
