"""A training on TensorBoard."""

import importlib.util
import os
import pathlib

import keras
import numpy as np

from keras_gan.errors import UserError
from keras_gan.pictures.grids import mosaic


class SamplesOnTensorBoard(keras.callbacks.TensorBoard):
    """As `keras.callbacks.TensorBoard`, with a grid of samples for every epoch.

    Args:
        log_dir: Path of the folder that TensorBoard reads.
        latents: Array of shape `(n, latent_dim)`, the latents to draw from, ten
            to a row; for a conditional generator a list of that and labels `(n,)`.
        every: Integer, epochs from one grid to the next.
        generator: The model that draws; the one that is trained if `None`.

    Example:

    >>> train(composite, images, callbacks=[SamplesOnTensorBoard("board", latents)])
    """

    in_every_process = False

    def __init__(self, log_dir, latents, every=1, generator=None):
        super().__init__(log_dir, write_graph=False)
        self.latents = latents
        self.every = every
        self.generator = generator

    @classmethod
    def check(cls, config):
        """Raises a `UserError` if what writes for TensorBoard is missing, or cannot write."""
        if not config.tensorboard:
            return
        for package in ("tensorboard", "tensorflow"):
            if importlib.util.find_spec(package) is None:
                raise UserError(
                    f"--tensorboard needs the package {package}; "
                    f"install it with: pip install {package}"
                )
        folder = pathlib.Path(config.tensorboard)
        existing = next(path for path in (folder, *folder.absolute().parents) if path.exists())
        if not existing.is_dir() or not os.access(existing, os.W_OK | os.X_OK):
            raise UserError(f"{folder}: cannot be written there; name another folder")

    @classmethod
    def for_run(cls, run):
        if run.config.tensorboard:
            return cls(run.config.tensorboard, run.latents, run.config.plot_every, run.generator)
        return None

    def on_epoch_end(self, epoch, logs=None):
        super().on_epoch_end(epoch, logs)
        if (epoch + 1) % self.every == 0:
            generator = self.generator or self.model.generator
            grid = mosaic(np.asarray(generator.predict_on_batch(self.latents)), columns=10)
            with self._train_writer.as_default():
                self.summary.image("samples", grid[None, ..., None], step=epoch)
