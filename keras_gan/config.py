"""The settings of a run."""

import dataclasses
import numbers
import os

from keras_gan.errors import UserError

IMAGE_SHAPE = (28, 28, 1)
MAX_SEED = 2**32 - 1
DATASETS = ("mnist", "fashion_mnist")
NETWORKS = ("default", "tutorial", "mlp", "mlp-dropout", "dcgan")
LOSSES = ("bce", "lsgan", "hinge", "wgan-gp")
SMOOTHING_LOSSES = ("bce", "lsgan")
OPTIMIZERS = ("adam", "rmsprop", "sgd")
LATENT_DISTRIBUTIONS = ("normal", "uniform")
# A recipe is data: the settings in which it differs from the defaults of `Config`.
PLAIN = {"penalty": 0.0, "average": 0.0, "shared_latents": False}
PRESETS = {
    "default": {},
    # https://machinelearningmastery.com/how-to-develop-a-generative-adversarial-network-for-an-mnist-handwritten-digits-from-scratch-in-keras/
    "tutorial": PLAIN
    | {
        "networks": "tutorial",
        "dropout": 0.4,
        "batch_size": 128,
        "generator_batch_size": 256,
        "learning_rate": 2e-4,
    },
    "mlp": PLAIN
    | {
        "epochs": 300,
        "networks": "mlp",
        "latent_dim": 64,
        "batch_size": 100,
        "learning_rate": 2e-4,
        "beta_1": 0.9,
    },
    "mlp-dropout": PLAIN
    | {
        "networks": "mlp-dropout",
        "dropout": 0.3,
        "latent_distribution": "uniform",
        "label_smoothing": 0.1,
        "learning_rate": 2e-3,
        "beta_1": 0.9,
        # XLA draws random numbers slowly on a CPU, and here dropout draws most of a step's
        "jit_compile": False,
    },
    # Radford et al., 2015, https://arxiv.org/abs/1511.06434, but for their batches of 128: with
    # a few thousand images, these leave the generator too few steps to catch up
    "dcgan": PLAIN | {"networks": "dcgan", "batch_size": 16, "learning_rate": 2e-4},
    # Gulrajani et al., 2017, https://arxiv.org/abs/1704.00028, on the default networks; with one
    # step of the critic to one of the generator, as Karras et al., 2017, do with this loss,
    # https://arxiv.org/abs/1710.10196
    "wgan-gp": {
        "loss": "wgan-gp",
        "penalty": 10.0,
        "learning_rate": 1e-3,
        "beta_1": 0.0,
        "beta_2": 0.99,
    },
    # Like the default, these two learn from shared points, where their papers draw anew.
    # Mao et al., 2016, https://arxiv.org/abs/1611.04076, on the default networks
    "lsgan": {"loss": "lsgan"},
    # Lim and Ye, 2017, https://arxiv.org/abs/1705.02894, on the default networks
    "hinge": {"loss": "hinge"},
}
NETWORK_FILES = ("generator", "discriminator")
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
    "video",
    "tensorboard",
    "quiet",
)


@dataclasses.dataclass(frozen=True)
class Config:
    """Everything that decides what a run does, checked when it is made.

    Args:
        epochs: Integer, how many times to go through the images.
        preset: String, a key of `PRESETS`: the recipe that the settings began with.
        networks: String, a key of `keras_gan.models.NETWORKS`.
        generator: Path of a `.keras` generator to train instead, or `None`.
        discriminator: Path of a `.keras` discriminator, or `None`.
        loss: String, a key of `keras_gan.models.LOSSES`.
        batch_size: Integer, the number of real images in a step of the
            discriminator.
        shared_latents: Boolean, whether the generator learns from the latent points
            whose images the discriminator has just been shown, or from others.
        generator_batch_size: Integer, the number of these others in a step, which
            are not shared then; as many as real images if `None`.
        discriminator_steps: Integer, the discriminator's steps to one of the
            generator.
        latent_dim: Integer, the size of the generator's latent vector.
        latent_distribution: `"normal"`, or `"uniform"` from -1 to 1.
        optimizer: `"adam"`, `"rmsprop"` or `"sgd"`.
        learning_rate: Float above 0 and at most 1, the optimizers' step size.
        beta_1: Float from 0 up to, not including, 1, Adam's first decay.
        beta_2: Float from 0 up to, not including, 1, Adam's second decay.
        label_smoothing: Float from 0 up to, not including, 1, how far below 1
            the discriminator's target for real images is.
        dropout: Float from 0 up to, not including, 1, the share of values that
            dropout layers drop.
        penalty: Float from 0 to 1000, the weight of the discriminator's penalty
            for being steep.
        mixed_precision: Boolean, whether the networks of the recipe calculate in
            float16 on a GPU, in bfloat16 elsewhere, as Keras' mixed policies do.
        jit_compile: Boolean, whether TensorFlow compiles the step with XLA, which
            takes some seconds; if `None`, it does on processors where that is known
            to make the step faster.
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
        video: Boolean, whether to make a film of the samples as MP4, too.
        tensorboard: Path of a folder to write for TensorBoard, or `None`.
        quiet: Boolean, whether to show no progress.

    Raises:
        UserError: If a value is of the wrong type or out of its range.
    """

    epochs: int = 100
    preset: str = "default"
    networks: str = "default"
    generator: str | None = None
    discriminator: str | None = None
    loss: str = "bce"
    batch_size: int = 64
    shared_latents: bool = True
    generator_batch_size: int | None = None
    discriminator_steps: int = 1
    latent_dim: int = 100
    latent_distribution: str = "normal"
    optimizer: str = "adam"
    learning_rate: float = 1.5e-3
    beta_1: float = 0.5
    beta_2: float = 0.999
    label_smoothing: float = 0.0
    dropout: float = 0.0
    penalty: float = 0.02
    mixed_precision: bool = False
    jit_compile: bool | None = None
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
    video: bool = False
    tensorboard: str | None = None
    quiet: bool = False

    @property
    def step_settings(self):
        """The settings that `train` hands to every step, as its keyword arguments."""
        names = (
            "shared_latents",
            "generator_batch_size",
            "discriminator_steps",
            "latent_distribution",
        )
        return {name: getattr(self, name) for name in names}

    def __post_init__(self):
        for name in ("epochs", "batch_size", "plot_every", "save_every", "evaluate_every"):
            self._check_integer(name, 1, 1_000_000)
        if self.generator_batch_size is not None:
            self._check_integer("generator_batch_size", 1, 1_000_000)
        for name, choices in (
            ("preset", PRESETS),
            ("networks", NETWORKS),
            ("loss", LOSSES),
            ("latent_distribution", LATENT_DISTRIBUTIONS),
            ("optimizer", OPTIMIZERS),
            ("dataset", DATASETS),
        ):
            if getattr(self, name) not in tuple(choices):
                self._refuse(name, f"one of {', '.join(choices)}")
        self._check_integer("latent_dim", 1, 10_000)
        self._check_integer("discriminator_steps", 1, 1000)
        self._check_integer("seed", 0, MAX_SEED)
        self._check_float("learning_rate", "above 0 and at most 1", lambda rate: 0 < rate <= 1)
        self._check_float("penalty", "from 0 to 1000", lambda penalty: 0 <= penalty <= 1000)
        for name in ("beta_1", "beta_2", "label_smoothing", "dropout", "average"):
            self._check_float(name, "from 0 up to, not including, 1", lambda part: 0 <= part < 1)
        self._check_float("checkpoint_minutes", "above 0", lambda minutes: minutes > 0)
        for name in ("shared_latents", "mixed_precision", "video", "quiet"):
            if not isinstance(getattr(self, name), bool):
                self._refuse(name, "true or false")
        if self.jit_compile is not None and not isinstance(self.jit_compile, bool):
            self._refuse("jit_compile", "true, false or none")
        for name in ("plots_dir", "models_dir", *NETWORK_FILES, "data", "log", "tensorboard"):
            if name in ("plots_dir", "models_dir") or getattr(self, name) is not None:
                self._check_path(name)
        if self.label_smoothing and self.loss not in SMOOTHING_LOSSES:
            raise UserError(
                f"label_smoothing is for the losses {' and '.join(SMOOTHING_LOSSES)}, and must be "
                f"0 for {self.loss}"
            )
        if self.loss == "wgan-gp" and self.penalty < 1:
            raise UserError(
                f"penalty is {self.penalty:g}, too weak to hold wgan-gp's slope at 1; its paper's "
                "is 10"
            )
        if self.penalty and self.dropout:
            raise UserError(
                "dropout would pass for steepness, which the penalty punishes: set penalty to 0, "
                "or dropout"
            )

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
        path = os.fspath(value)
        object.__setattr__(self, name, os.path.abspath(path) if name in NETWORK_FILES else path)

    def _refuse(self, name, expected):
        raise UserError(f"{name} must be {expected}, but is {getattr(self, name)!r}")


def configure(preset="default", **settings):
    """Makes a `Config` of a preset.

    Args:
        preset: String, a key of `PRESETS`.
        **settings: Those in which the run differs from it.

    Raises:
        UserError: As `Config`; also for a setting without effect: a decay of Adam's
            with another optimizer, what networks to build where both come from files.
    """
    config = Config(preset=preset, **PRESETS.get(preset, {}) | settings)
    for name in ("beta_1", "beta_2"):
        if name in settings and config.optimizer != "adam":
            raise UserError(
                f"{name} is Adam's, and {config.optimizer} has none: leave it out, or choose adam"
            )
    for name in ("networks", "dropout"):
        if name in settings and config.generator and config.discriminator:
            raise UserError(
                f"{name} is for networks that are built here, not for files: leave it out"
            )
    return config
