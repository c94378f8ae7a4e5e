"""The command line: arguments in, one call out, mistakes as one clear line."""

import argparse
import importlib
import os
import sys

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
    argv = sys.argv[1:] if argv is None else list(argv)
    evaluating = argv[:1] == ["evaluate"]
    parser = _evaluate_parser() if evaluating else _train_parser()
    try:
        if evaluating:
            settings = vars(parser.parse_args(argv[1:]))
            _imported("keras_gan.evaluation.command").evaluate_file(**settings)
        else:
            config = Config(**vars(parser.parse_args(argv)))
            _imported("keras_gan.job").run(config)
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


def _imported(module):
    """Imports what needs Keras, only when it is needed."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    try:
        with native_chatter_hidden():
            return importlib.import_module(module)
    except (ImportError, ValueError) as error:  # Keras raises the latter for an unknown backend
        raise UserError(
            f"Keras cannot start ({one_line(error)}); "
            "install what it needs with: pip install -r requirements.txt"
        ) from error


class _Parser(argparse.ArgumentParser):
    def error(self, message):
        raise UserError(f"{message}; see {self.prog} --help")


def _add_data_options(parser, title):
    group = parser.add_argument_group(title)
    group.add_argument(
        "--dataset",
        choices=DATASETS,
        default=Config.dataset,
        help="images that Keras downloads on first use (default: %(default)s)",
    )
    group.add_argument(
        "--data",
        metavar="PATH",
        help="your own 28x28 grey images instead: an .npz file with an array x_train or x, "
        "an IDX file (gzipped or not), or a folder of image files",
    )


def _add_setting(group, flag, kind, metavar, text):
    """Adds an option whose default is that of the setting of its name."""
    default = getattr(Config, flag.removeprefix("--").replace("-", "_"))
    group.add_argument(
        flag, type=kind, metavar=metavar, default=default, help=f"{text} (default: %(default)s)"
    )


def _evaluate_parser():
    parser = _Parser(
        description="Measure how good generated images are, with a fixed classifier for a "
        "yardstick, and print a table: what the images score, and beside it what real images do.",
    )
    parser.prog += " evaluate"
    parser.add_argument(
        "path", metavar="FILE", help="a generator (.keras), or an .npz with images in an array x"
    )
    _add_data_options(parser, "the real images to compare with")
    group = parser.add_argument_group("how to measure")
    group.add_argument(
        "--samples",
        type=int,
        metavar="N",
        default=10_000,
        help="how many images to measure (default: %(default)s)",
    )
    group.add_argument(
        "--seed",
        type=int,
        metavar="N",
        default=0,
        help="start of all random numbers (default: %(default)s)",
    )
    group = parser.add_argument_group("what to keep")
    group.add_argument("--json", metavar="FILE", help="write the scores for programs")
    group.add_argument("--plot", metavar="FILE", help="draw samples, class shares and copies (PNG)")
    return parser


def _train_parser():
    parser = _Parser(
        description="Train a GAN, a pair of networks that learn from each other, to draw small "
        "grey images such as handwritten digits. One network, the generator, draws; the other, "
        "the discriminator, learns to tell its drawings from real images.",
        epilog="Pictures of the progress appear in plots/ while it runs. At the end, "
        "models/generator.keras holds the trained generator. How good it is, tells: "
        "%(prog)s evaluate models/generator.keras",
    )
    _add_data_options(parser, "what to learn from")
    training = parser.add_argument_group("how to train")
    _add_setting(training, "--epochs", int, "N", "how many times to go through all the images")
    _add_setting(training, "--batch-size", int, "N", "real images in one training step")
    _add_setting(
        training, "--latent-dim", int, "N", "random numbers that the generator makes one image from"
    )
    _add_setting(training, "--learning-rate", float, "RATE", "step size of the Adam optimizers")
    _add_setting(
        training, "--beta-1", float, "BETA", "how much of its last direction Adam keeps, 0 to 1"
    )
    _add_setting(
        training,
        "--seed",
        int,
        "N",
        "start of all random numbers: the same seed and settings give the same generator again",
    )
    output = parser.add_argument_group("what to keep")
    _add_setting(output, "--plots-dir", str, "DIR", "folder for pictures")
    _add_setting(output, "--models-dir", str, "DIR", "folder for models, history and settings")
    _add_setting(output, "--plot-every", int, "N", "epochs from one picture of samples to the next")
    _add_setting(output, "--save-every", int, "N", "epochs from one saved generator to the next")
    _add_setting(
        output, "--evaluate-every", int, "N", "epochs from one measurement of quality to the next"
    )
    return parser
