"""The settings of a run."""

import dataclasses
import numbers
import os

from keras_gan.errors import UserError

MAX_SEED = 2**32 - 1
DATASETS = ("mnist", "fashion_mnist")
NETWORKS = ("default", "tutorial")
# A recipe is data: the settings in which it differs from the defaults of `Config`.
PRESETS = {
    "default": {},
    # https://machinelearningmastery.com/how-to-develop-a-generative-adversarial-network-for-an-mnist-handwritten-digits-from-scratch-in-keras/
    "tutorial": {
        "networks": "tutorial",
        "batch_size": 128,
        "generator_batch_size": 256,
        "learning_rate": 2e-4,
        "penalty": 0.0,
        "average": 0.0,
    },
}
# What a resumed run may change: it decides where the results go and how long it takes, but not
# what a step does. Whether `dataset` and `data` are the same, the images themselves tell.
CHANGEABLE = (
    "epochs",
    "dataset",
    "data",
    "plots_dir",
    "models_dir",
    "plot_every",
    "save_every",
    "evaluate_every",
    "checkpoint_minutes",
    "log",
    "quiet",
)


@dataclasses.dataclass(frozen=True)
class Config:
    """Everything that decides what a run does, checked when it is made.

    Args:
        epochs: Integer, how many times to go through the images.
        preset: String, a key of `PRESETS`: the recipe that the settings began with.
        networks: String, a key of `keras_gan.models.NETWORKS`.
        batch_size: Integer, the number of real images in a training step.
        generator_batch_size: Integer, the number of latent points that the
            generator learns from in a step; as many as real images if `None`.
        latent_dim: Integer, the size of the generator's latent vector.
        learning_rate: Float above 0 and at most 1, Adam's step size.
        beta_1: Float from 0 up to, not including, 1, Adam's first decay.
        penalty: Float from 0 to 1000, the weight of the discriminator's penalty
            for being steep.
        average: Float from 0 up to, not including, 1, how much of the averaged
            generator a step keeps.
        seed: Integer from 0 to 2**32 - 1; it fixes initial weights, latent
            points and the order of the images.
        dataset: `"mnist"` or `"fashion_mnist"`, used where `data` is `None`.
        data: Path of the user's own images, or `None`.
        plots_dir: Path of the folder for pictures.
        models_dir: Path of the folder for models, history and settings.
        plot_every: Integer, epochs from one picture of samples to the next.
        save_every: Integer, epochs from one saved generator to the next.
        evaluate_every: Integer, epochs from one measurement of quality to the
            next.
        checkpoint_minutes: Float above 0, the longest time from one checkpoint
            to the next; there is one after every epoch anyway.
        log: Path of a text file to append a line an epoch to, or `None`.
        quiet: Boolean, whether to show no progress.

    Raises:
        UserError: If a value is of the wrong type or out of its range.
    """

    epochs: int = 100
    preset: str = "default"
    networks: str = "default"
    batch_size: int = 64
    generator_batch_size: int | None = None
    latent_dim: int = 100
    learning_rate: float = 1.5e-3
    beta_1: float = 0.5
    penalty: float = 0.02
    average: float = 0.9995
    seed: int = 0
    dataset: str = "mnist"
    data: str | None = None
    plots_dir: str = "plots"
    models_dir: str = "models"
    plot_every: int = 1
    save_every: int = 10
    evaluate_every: int = 10
    checkpoint_minutes: float = 5.0
    log: str | None = None
    quiet: bool = False

    def __post_init__(self):
        for name in ("epochs", "batch_size", "plot_every", "save_every", "evaluate_every"):
            self._check_integer(name, 1, 1_000_000)
        if self.generator_batch_size is not None:
            self._check_integer("generator_batch_size", 1, 1_000_000)
        if self.networks not in NETWORKS:
            self._refuse("networks", f"one of {', '.join(NETWORKS)}")
        if self.preset not in PRESETS:
            self._refuse("preset", f"one of {', '.join(PRESETS)}")
        self._check_integer("latent_dim", 1, 10_000)
        self._check_integer("seed", 0, MAX_SEED)
        self._check_float("learning_rate", "above 0 and at most 1", lambda rate: 0 < rate <= 1)
        self._check_float("penalty", "from 0 to 1000", lambda penalty: 0 <= penalty <= 1000)
        for name in ("beta_1", "average"):
            self._check_float(name, "from 0 up to, not including, 1", lambda part: 0 <= part < 1)
        self._check_float("checkpoint_minutes", "above 0", lambda minutes: minutes > 0)
        if not isinstance(self.quiet, bool):
            self._refuse("quiet", "true or false")
        if self.dataset not in DATASETS:
            self._refuse("dataset", f"one of {', '.join(DATASETS)}")
        for name in ("plots_dir", "models_dir", "data", "log"):
            if name in ("plots_dir", "models_dir") or getattr(self, name) is not None:
                self._check_path(name)

    def _check_integer(self, name, low, high):
        value = getattr(self, name)
        integral = isinstance(value, numbers.Integral) and not isinstance(value, bool)
        if not integral or not low <= value <= high:
            self._refuse(name, f"a whole number from {low} to {high}")
        object.__setattr__(self, name, int(value))

    def _check_float(self, name, expected, is_valid):
        value = getattr(self, name)
        real = isinstance(value, numbers.Real) and not isinstance(value, bool)
        if not real or not is_valid(value):
            self._refuse(name, f"a number {expected}")
        object.__setattr__(self, name, float(value))

    def _check_path(self, name):
        value = getattr(self, name)
        if not isinstance(value, (str, os.PathLike)) or not os.fspath(value):
            self._refuse(name, "a path")
        object.__setattr__(self, name, os.fspath(value))

    def _refuse(self, name, expected):
        raise UserError(f"{name} must be {expected}, but is {getattr(self, name)!r}")


def configure(preset="default", **settings):
    """Makes a `Config` of a preset.

    Args:
        preset: String, a key of `PRESETS`.
        **settings: Those in which the run differs from it.

    Raises:
        UserError: As `Config`.
    """
    return Config(preset=preset, **PRESETS.get(preset, {}) | settings)
