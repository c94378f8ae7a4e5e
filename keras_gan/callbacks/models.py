"""The networks on disk."""

import pathlib

import keras

from keras_gan.files import write_whole


class ModelFiles(keras.callbacks.Callback):
    """Saves `generator_eNNN.keras` now and then, and both networks at the end.

    At the end, `generator.keras` and `discriminator.keras` are saved. Every
    file loads with `keras.saving.load_model` alone.

    Args:
        folder: Path of the folder for the files.
        every: Integer, epochs from one saved generator to the next.
    """

    def __init__(self, folder, every=10):
        super().__init__()
        self.folder = pathlib.Path(folder)
        self.every = every

    def on_epoch_end(self, epoch, logs=None):
        if (epoch + 1) % self.every == 0:
            self._save(self.model.generator, f"generator_e{epoch + 1:03}.keras")

    def on_train_end(self, logs=None):
        self._save(self.model.generator, "generator.keras")
        self._save(self.model.discriminator, "discriminator.keras")

    def _save(self, model, name):
        # A copy, not compiled: the discriminator's metrics would need this package to load.
        copy = model.from_config(model.get_config())
        copy.set_weights(model.get_weights())
        with write_whole(self.folder / name) as temporary:
            copy.save(temporary)
