"""The command line: arguments in, one call out, mistakes as one clear line."""

import argparse
import os

from keras_gan.config import DATASETS, Config, UserError
from keras_gan.console import native_chatter_hidden, one_line, say


def main(argv=None):
    """Runs the command line.

    Args:
        argv: List of strings, the arguments; those of the process if `None`.

    Returns:
        Integer, the exit status: 0 when all went well, 1 when the disk failed,
        2 for a mistake of the user's, 130 when stopped by Ctrl-C.
    """
    parser = _parser()
    try:
        config = Config(**vars(parser.parse_args(argv)))
        _import_run()(config)
    except UserError as error:
        say(f"{parser.prog}: error: {one_line(error)}")
        return 2
    except OSError as error:
        say(f"{parser.prog}: error: stopped, for want of a file or room for it: {one_line(error)}")
        return 1
    except KeyboardInterrupt:
        say(f"\n{parser.prog}: stopped by Ctrl-C")
        return 130
    return 0


def _import_run():
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    try:
        with native_chatter_hidden():
            from keras_gan.job import run
    except (ImportError, ValueError) as error:  # Keras raises the latter for an unknown backend
        raise UserError(
            f"Keras cannot start ({one_line(error)}); "
            "install what it needs with: pip install -r requirements.txt"
        ) from error
    return run


class _Parser(argparse.ArgumentParser):
    def error(self, message):
        raise UserError(f"{message}; see {self.prog} --help")


def _parser():
    parser = _Parser(
        description="Train a GAN, a pair of networks that learn from each other, to draw small "
        "grey images such as handwritten digits. One network, the generator, draws; the other, "
        "the discriminator, learns to tell its drawings from real images.",
        epilog="Pictures of the progress appear in plots/ while it runs. At the end, "
        "models/generator.keras holds the trained generator.",
    )
    data = parser.add_argument_group("what to learn from")
    data.add_argument(
        "--dataset",
        choices=DATASETS,
        default=Config.dataset,
        help="images that Keras downloads on first use (default: %(default)s)",
    )
    data.add_argument(
        "--data",
        metavar="PATH",
        help="your own 28x28 grey images instead: an .npz file with an array x_train or x, "
        "an IDX file (gzipped or not), or a folder of image files",
    )
    training = parser.add_argument_group("how to train")
    training.add_argument(
        "--epochs",
        type=int,
        metavar="N",
        default=Config.epochs,
        help="how many times to go through all the images (default: %(default)s)",
    )
    training.add_argument(
        "--batch-size",
        type=int,
        metavar="N",
        default=Config.batch_size,
        help="real images in one training step (default: %(default)s)",
    )
    training.add_argument(
        "--latent-dim",
        type=int,
        metavar="N",
        default=Config.latent_dim,
        help="random numbers that the generator makes one image from (default: %(default)s)",
    )
    training.add_argument(
        "--learning-rate",
        type=float,
        metavar="RATE",
        default=Config.learning_rate,
        help="step size of the Adam optimizers (default: %(default)s)",
    )
    training.add_argument(
        "--beta-1",
        type=float,
        metavar="BETA",
        default=Config.beta_1,
        help="how much of its last direction Adam keeps, 0 to 1 (default: %(default)s)",
    )
    training.add_argument(
        "--seed",
        type=int,
        metavar="N",
        default=Config.seed,
        help="start of all random numbers: the same seed and settings give the same "
        "generator again (default: %(default)s)",
    )
    output = parser.add_argument_group("what to keep")
    output.add_argument(
        "--plots-dir",
        metavar="DIR",
        default=Config.plots_dir,
        help="folder for pictures (default: %(default)s)",
    )
    output.add_argument(
        "--models-dir",
        metavar="DIR",
        default=Config.models_dir,
        help="folder for models, history and settings (default: %(default)s)",
    )
    output.add_argument(
        "--plot-every",
        type=int,
        metavar="N",
        default=Config.plot_every,
        help="epochs from one picture of samples to the next (default: %(default)s)",
    )
    output.add_argument(
        "--save-every",
        type=int,
        metavar="N",
        default=Config.save_every,
        help="epochs from one saved generator to the next (default: %(default)s)",
    )
    return parser
