"""The settings of a run, each stated once.

The command line and its help, the checks, `docs/settings.md`, the page of a run
and the rules of resuming are all made from the fields of `Config`.
"""

import dataclasses

from keras_gan import kinds
from keras_gan.errors import UserError
from keras_gan.kinds import COUNT, setting
from keras_gan.presets import AUTO, PRESETS, recipe
from keras_gan.registry import LOSSES, NETWORKS

DATASETS = ("mnist", "fashion_mnist")
# What latents are drawn from, in words.
LATENT_DISTRIBUTIONS = {
    "normal": "a standard normal distribution",
    "uniform": "a uniform distribution from -1 to 1",
}
OPTIMIZERS = ("adam", "rmsprop", "sgd")
MAX_SEED = 2**32 - 1
WEIGHT = kinds.Float("from 0 to 1000", lambda weight: 0 <= weight <= 1000, "WEIGHT")

DATA = "what to learn from"
TRAINING = "how to train"
OUTPUT = "what to keep"
RUNNING = "how to run"


@dataclasses.dataclass(frozen=True)
class Config:
    """Everything that decides what a run does, checked when it is made.

    Its fields are the settings in `docs/settings.md`, under the same names. A field that is
    not given has the value that presets differ from; `configure` begins with a preset.

    Raises:
        UserError: If a value is of the wrong type or out of its range.

    Example:

    >>> config = Config(epochs=20, loss="hinge")
    >>> composite = run(config)
    """

    # The images themselves tell a resumed run whether `dataset` and `data` are the same.
    dataset: str = setting(
        "mnist",
        kinds.Choice(DATASETS),
        "images that Keras downloads on first use",
        DATA,
        changeable=True,
    )
    data: str | None = setting(
        None,
        kinds.ExistingPath("PATH"),
        "your own 28x28 grey images instead: an .npz file with an array x_train or x, an IDX "
        "file (gzipped or not), or a folder of image files",
        DATA,
        changeable=True,
        instead_of="dataset",
    )
    preset: str = setting(
        "default",
        kinds.Choice(PRESETS),
        "recipe to begin with; each option below changes one thing in it. The defaults given "
        "are those of the preset default",
        TRAINING,
    )
    epochs: int = setting(
        100, COUNT, "how many times to go through the images", TRAINING, changeable=True
    )
    networks: str = setting(
        "default", kinds.Choice(NETWORKS), "kind of networks to build", TRAINING
    )
    generator: str | None = setting(
        None,
        kinds.ExistingPath("FILE", absolute=True),
        "a generator (.keras) to train instead of the recipe's",
        TRAINING,
    )
    discriminator: str | None = setting(
        None,
        kinds.ExistingPath("FILE", absolute=True),
        "a discriminator (.keras) to train with",
        TRAINING,
    )
    loss: str = setting("bce", kinds.Choice(LOSSES), "what the two networks learn from", TRAINING)
    batch_size: int = setting(64, COUNT, "real images in a step of the discriminator", TRAINING)
    reals_per_fake: int = setting(
        1, COUNT, "real images that the discriminator is shown for each generated one", TRAINING
    )
    fresh_latents: int = setting(
        0,
        kinds.Integer(0, 100),
        "latents for the generator's step, for each real image; with 0, those whose images the "
        "discriminator has just been shown, which takes XLA less time",
        TRAINING,
    )
    discriminator_steps: int = setting(
        1, kinds.Integer(1, 1000), "steps of the discriminator to one of the generator", TRAINING
    )
    conditional: bool = setting(
        False,
        kinds.Boolean(),
        "draw by label: train a generator that takes a latent and the class to draw, from images "
        "that have labels",
        TRAINING,
    )
    clusters: int | str = setting(
        0,
        kinds.IntegerOr(AUTO, 0, 1000),
        "without labels, sort the images into so many clusters, so that each digit becomes clear; "
        "the last latent chooses the cluster (auto: 10, but none of fewer than 2,500 images)",
        TRAINING,
        instead_of="conditional",
    )
    auxiliary_weight: float = setting(
        0.0,
        WEIGHT,
        "weight of the cross-entropy that a classifier of the clusters adds to the generator's "
        "loss; with 0, the discriminator is told the clusters, as if they were labels",
        TRAINING,
    )
    latent_dim: int = setting(
        100, kinds.Integer(1, 10_000), "numbers that the generator makes one image from", TRAINING
    )
    latent_distribution: str = setting(
        "normal", kinds.Choice(LATENT_DISTRIBUTIONS), "how these are drawn", TRAINING
    )
    optimizer: str = setting(
        "adam", kinds.Choice(OPTIMIZERS), "what turns gradients into steps", TRAINING
    )
    learning_rate: float = setting(
        1.5e-3,
        kinds.Float("above 0 and at most 1", lambda rate: 0 < rate <= 1, "RATE"),
        "how far a step goes",
        TRAINING,
    )
    learning_rate_decay: float = setting(
        0.0, kinds.Fraction(), "share of the epochs, at the end, in which the rate falls", TRAINING
    )
    learning_rate_end: float = setting(
        0.0, kinds.Fraction(), "share of the learning rate that is left after that", TRAINING
    )
    beta_1: float = setting(
        0.5, kinds.Fraction("BETA"), "how much of its last direction Adam keeps, 0 to 1", TRAINING
    )
    beta_2: float = setting(
        0.999, kinds.Fraction("BETA"), "how much of its last scale Adam keeps, 0 to 1", TRAINING
    )
    label_smoothing: float = setting(
        0.0, kinds.Fraction(), "how far below 1 the label for real images is", TRAINING
    )
    dropout: float = setting(
        0.0, kinds.Fraction(), "share of values that the networks' dropout layers drop", TRAINING
    )
    penalty: float = setting(
        0.02,
        WEIGHT,
        "weight of the gradient penalty, which keeps the discriminator from being steep around "
        "real images; for wgan-gp, from having another slope than 1",
        TRAINING,
    )
    average: float = setting(
        0.9995,
        kinds.Fraction(),
        "how much of the averaged generator, the one that is shown and saved, a step keeps",
        TRAINING,
    )
    seed: int = setting(
        0,
        kinds.Integer(0, MAX_SEED),
        "start of all random numbers: the same seed and settings give the same generator again",
        TRAINING,
    )
    mixed_precision: bool = setting(
        False,
        kinds.Boolean(),
        "calculate in float16 on a GPU, in bfloat16 on a CPU, where that is faster; what is "
        "saved calculates in float32",
        TRAINING,
    )
    jit_compile: bool | None = setting(
        None,
        kinds.Boolean(),
        "on TensorFlow, compile the step with XLA: the first run takes some seconds longer to "
        "start, and each step less time where an x86 processor has AVX2 (default: there alone; "
        "not for the preset mlp-dropout, nor for wide convolutions where there is AVX-512)",
        TRAINING,
    )
    deterministic: bool = setting(
        False,
        kinds.Boolean(),
        "on a GPU, use operations that repeat bit for bit, which are slower, on TensorFlow without "
        "XLA; a CPU repeats exactly anyway",
        TRAINING,
    )
    plots_dir: str = setting(
        "plots", kinds.FilePath("DIR"), "folder for pictures", OUTPUT, changeable=True
    )
    models_dir: str = setting(
        "models",
        kinds.FilePath("DIR"),
        "folder for models, history and settings",
        OUTPUT,
        changeable=True,
    )
    plot_every: int = setting(
        1, COUNT, "epochs from one picture of samples to the next", OUTPUT, changeable=True
    )
    save_every: int = setting(
        10, COUNT, "epochs from one saved generator to the next", OUTPUT, changeable=True
    )
    evaluate_every: int = setting(
        10, COUNT, "epochs from one measurement of quality to the next", OUTPUT, changeable=True
    )
    video: bool = setting(
        False, kinds.Boolean(), "make a film of the samples as MP4, too", OUTPUT, changeable=True
    )
    tensorboard: str | None = setting(
        None, kinds.FilePath("DIR"), "curves and samples for TensorBoard", OUTPUT, changeable=True
    )
    devices: int | str = setting(
        1,
        kinds.IntegerOr("all", 1, 1_000_000),
        "GPUs of this machine to divide a batch among, or all (docs/devices.md)",
        RUNNING,
        changeable=True,
    )
    checkpoint_minutes: float = setting(
        5.0,
        kinds.Float("above 0", lambda minutes: minutes > 0, "MIN"),
        "longest time between checkpoints; there is one after every epoch anyway",
        RUNNING,
        changeable=True,
    )
    quiet: bool = setting(False, kinds.Boolean(), "show no progress", RUNNING, changeable=True)
    log: str | None = setting(
        None,
        kinds.FilePath("FILE"),
        "append a line an epoch to a text file, and how it ended",
        RUNNING,
        changeable=True,
    )

    def __post_init__(self):
        kinds.check_settings(self)
        if self.clusters and (self.conditional or self.latent_dim < 2):
            raise UserError("clusters need two latents or more, and no labels: set clusters to 0")
        if self.auxiliary_weight and not self.clusters:
            raise UserError("auxiliary_weight is for runs with clusters: set clusters, too")
        if self.penalty and self.dropout:
            raise UserError(
                "dropout changes the discriminator's output from call to call, which the penalty "
                "would count as a gradient: set penalty to 0, or dropout to 0"
            )


SETTINGS = {field.name: field for field in dataclasses.fields(Config)}


def flag(name: str) -> str:
    """The option of a setting: `--batch-size` of `batch_size`."""
    return "--" + name.replace("_", "-")


def fixed_names() -> list[str]:
    """The names of the settings that a resumed run cannot change: the recipe."""
    return [name for name, field in SETTINGS.items() if not field.metadata["changeable"]]


def configure(preset: str = "default", **settings) -> Config:
    """Makes a `Config` of a preset.

    Args:
        preset: String, a key of `PRESETS`.
        **settings: Those in which the run differs from it.

    Raises:
        UserError: As `Config`; also for a setting without effect: a decay of Adam's
            with another optimizer, what networks to build where both come from files.

    Example:

    >>> config = configure("wgan-gp", epochs=20, seed=7)
    """
    config = Config(preset=preset, **recipe(preset, settings) | settings)
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
