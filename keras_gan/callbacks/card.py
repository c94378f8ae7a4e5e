"""The card of a trained generator."""

import os
import pathlib

from keras_gan.console import say
from keras_gan.files import write_text
from keras_gan.generation.origin import read_origin
from keras_gan.generation.outputs import CARD_NAME
from keras_gan.pictures.optional import OptionalPicture
from keras_gan.report.model_card import MARK, model_card
from keras_gan.report.reading import read_run
from keras_gan.training.callback import GanCallback


class ModelCard(GanCallback):
    """Writes the model card of a run, `README.md`, when the training ends.

    It is made from the files of the run, so this must come after the callbacks that
    write the history, the metrics and the networks. A `README.md` that no run has
    written stays as it is.

    Args:
        models_dir: Path of the folder with history, settings and networks.
        generator: The model whose parameters to count; that which is trained if `None`.
    """

    def __init__(self, models_dir, generator=None):
        super().__init__(generator)
        self.models_dir = pathlib.Path(models_dir)
        self.picture = OptionalPicture(CARD_NAME)

    @classmethod
    def for_run(cls, run):
        return cls(run.models_dir, run.generator)

    def after_training(self, epoch):
        with self.picture:
            self._write()

    def _write(self):
        path = self.models_dir / CARD_NAME
        if os.path.lexists(path) and not _is_a_card(path):
            say(f"{path}: no run has written this file, so it stays, and there is no model card.")
            return
        run, origin = read_run(self.models_dir), read_origin(self.models_dir / "generator.keras")
        write_text(path, model_card(run, origin, self.generator.count_params()))


def _is_a_card(path):
    if not path.is_file():
        return False
    return path.read_text(encoding="utf-8", errors="replace").rstrip().endswith(MARK)
