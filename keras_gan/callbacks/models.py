"""The networks on disk."""

from keras_gan.files import ensure_folder, write_whole
from keras_gan.networks.loading import in_float32, is_mixed_precision
from keras_gan.training.callback import GanCallback


class ModelFiles(GanCallback):
    """Saves `generator_eNNN.keras` now and then, and both networks at the end.

    At the end, `generator.keras` and, where the model has one, `discriminator.keras`
    are saved. Every file loads with `keras.saving.load_model` alone.

    Args:
        models_dir: Path of the folder for the files.
        every: Integer, epochs from one saved generator to the next.
        generator: The model to save; the one that is trained if `None`.

    Example:

    >>> train(composite, images, callbacks=[ModelFiles("models", every=5)])
    """

    def __init__(self, models_dir, every=10, generator=None):
        super().__init__(generator)
        self.models_dir = models_dir
        self.every = every

    @classmethod
    def for_run(cls, run):
        return cls(run.models_dir, run.config.save_every, run.generator)

    def after_epoch(self, epoch, logs):
        if epoch % self.every == 0:
            self._save(self.generator, f"generator_e{epoch:03}.keras")

    def after_training(self, epoch):
        self._save(self.generator, "generator.keras")
        discriminator = getattr(self.model, "discriminator", None)
        if discriminator is not None:
            self._save(discriminator, "discriminator.keras")

    def _save(self, model, name):
        save_network(model, ensure_folder(self.models_dir) / name)


def save_network(model, path):
    """Saves a network, whole, so that it loads where this package is not.

    Args:
        model: A Keras model of built-in layers.
        path: Path of the `.keras` file.
    """
    # Compiled, the discriminator would need this package to load: for its metrics.
    if model.compiled or is_mixed_precision(model):
        model = in_float32(model)
    with write_whole(path) as temporary:
        model.save(temporary)
