"""The same latents, drawn again after each epoch, as a film."""

import numpy as np

from keras_gan.data import to_bytes
from keras_gan.files import SAMPLES_NAME, ensure_folder, write_whole
from keras_gan.gan.labels import without_labels
from keras_gan.pictures.animation import check_video_can_be_made, save_gif, save_video
from keras_gan.pictures.grids import evenly
from keras_gan.pictures.optional import OptionalPicture
from keras_gan.pictures.plots import plot_progress
from keras_gan.training.callback import GanCallback

MAX_FRAMES = 101
MOMENTS = 10
COLUMNS = 6


class SampleFilm(GanCallback):
    """Keeps the samples of every so many epochs, and shows them in a row.

    `training.gif` is a film of them (of a long training, of a hundred moments of
    it), `progress_plot.png` shows a few latents at ten moments. They are
    drawn after the first epoch and at the end; in between whenever drawing them
    has taken no more than half a percent of the time since the last. The folder
    `samples` has a file for each epoch, with an array `x`. At the end,
    `samples.npz` holds them all: `epochs`, of shape `(k,)`, `images`, `uint8` of
    shape `(k, n, 28, 28, 1)`, `latents`, `(n, latent_dim)`, and, of a conditional
    generator, `labels`, `(n,)`.

    Args:
        plots_dir: Path of the folder for the pictures.
        models_dir: Path of the folder for the samples.
        latents: Array of shape `(n, latent_dim)`, the latents to draw from; for a
            conditional generator a list of that and labels `(n,)`.
        every: Integer, epochs from one record to the next.
        generator: The model that draws; the one that is trained if `None`.
        video: Boolean, whether to make `training.mp4` at the end, too.
        row_names: List of strings, what to write left of the rows, or `None`.

    Example:

    >>> train(composite, images, callbacks=[SampleFilm("plots", "models", latents)])
    """

    def __init__(
        self,
        plots_dir,
        models_dir,
        latents,
        every=1,
        generator=None,
        video=False,
        row_names=None,
    ):
        super().__init__(generator)
        self.plots_dir = plots_dir
        self.models_dir = models_dir
        self.latents = latents
        self.every = every
        self.video = video
        self.row_names = row_names

    @classmethod
    def check(cls, config):
        """Raises a `UserError` if a video is asked for, and cannot be made."""
        if config.video:
            check_video_can_be_made()

    @classmethod
    def for_run(cls, run):
        config = run.config
        return cls(
            run.plots_dir,
            run.models_dir,
            run.latents,
            config.plot_every,
            run.generator,
            config.video,
            run.row_names,
        )

    def before_training(self):
        for epoch, path in self._files().items():
            if epoch > self.epoch:  # of what a resumed run does again
                path.unlink()
        if not self.resumed:
            self._keep(0)
        self.drawn = None
        self.picture = OptionalPicture("training.gif or progress_plot.png")

    def after_epoch(self, epoch, logs):
        if epoch % self.every == 0:
            self._keep(epoch)
            if self.picture.due:
                self._draw(epoch)

    def after_training(self, epoch):
        if epoch % self.every != 0:
            self._keep(epoch)
        if self.drawn != epoch:
            self._draw(epoch)
        files = self._files()
        if self.video:
            frames = evenly(list(files), MAX_FRAMES)
            grids = (_read(files[frame]) for frame in frames)
            with OptionalPicture("training.mp4"):
                path = ensure_folder(self.plots_dir) / "training.mp4"
                save_video(frames, grids, path, self.row_names)
        images = [_read(path) for path in files.values()]
        with write_whole(ensure_folder(self.models_dir) / "samples.npz") as temporary:
            latents, labels = without_labels(self.latents)
            arrays = {"latents": latents} | ({} if labels is None else {"labels": labels})
            np.savez_compressed(temporary, epochs=list(files), images=images, **arrays)

    def _folder(self):
        return ensure_folder(ensure_folder(self.models_dir) / SAMPLES_NAME)

    def _keep(self, epoch):
        images = to_bytes(self.generator.predict_on_batch(self.latents))
        with write_whole(self._folder() / f"e{epoch:06}.npz") as temporary:
            np.savez_compressed(temporary, x=images)

    def _files(self):
        return {int(path.stem[1:]): path for path in sorted(self._folder().glob("e[0-9]*.npz"))}

    def _draw(self, epoch):
        self.drawn = epoch
        files = self._files()
        with self.picture:
            folder = ensure_folder(self.plots_dir)
            frames = evenly(list(files), MAX_FRAMES)
            grids = (_read(files[frame]) for frame in frames)
            save_gif(frames, grids, folder / "training.gif", self.row_names)
            moments = evenly(list(files), MOMENTS)
            rows = [np.stack(evenly(list(_read(files[moment])), COLUMNS)) for moment in moments]
            plot_progress(moments, rows, folder / "progress_plot.png")


def _read(path):
    with np.load(path) as file:
        return file["x"]
