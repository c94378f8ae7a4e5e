"""The networks on disk."""

import pathlib

import keras

from keras_gan.files import write_whole
from keras_gan.models.loading import in_float32


class ModelFiles(keras.callbacks.Callback):
    """Saves `generator_eNNN.keras` now and then, and both networks at the end.

    At the end, `generator.keras` and `discriminator.keras` are saved. Every
    file loads with `keras.saving.load_model` alone.

    Args:
        folder: Path of the folder for the files.
        every: Integer, epochs from one saved generator to the next.
        generator: The model to save; the one that is trained if `None`.
    """

    def __init__(self, folder, every=10, generator=None):
        super().__init__()
        self.folder = pathlib.Path(folder)
        self.every = every
        self.generator = generator

    def on_train_begin(self, logs=None):
        self.generator = self.generator or self.model.generator

    def on_epoch_end(self, epoch, logs=None):
        if (epoch + 1) % self.every == 0:
            save_network(self.generator, self.folder / f"generator_e{epoch + 1:03}.keras")

    def on_train_end(self, logs=None):
        save_network(self.generator, self.folder / "generator.keras")
        save_network(self.model.discriminator, self.folder / "discriminator.keras")


def save_network(model, path):
    """Saves a network, whole, so that it loads where this package is not.

    Args:
        model: A Keras model of built-in layers.
        path: Path of the `.keras` file.
    """
    # Compiled, the discriminator would need this package to load: for its metrics.
    copy = in_float32(model)
    with write_whole(path) as temporary:
        copy.save(temporary)
