"""The command line: arguments in, one call out, mistakes as one clear line."""

import argparse
import contextlib
import importlib
import logging
import os
import shlex
import signal
import sys
import threading

from keras_gan.config import (
    DATASETS,
    LATENT_DISTRIBUTIONS,
    LOSSES,
    NETWORKS,
    OPTIMIZERS,
    PRESETS,
    Config,
    configure,
)
from keras_gan.console import native_chatter_hidden, one_line, say
from keras_gan.errors import DivergenceError, Stopped, UserError


def main(argv=None):
    """Runs the command line.

    Args:
        argv: List of strings, the arguments; those of the process if `None`.

    Returns:
        Integer, the exit status: 0 when all went well; 1 when the disk failed
        or the training diverged; 2 for a mistake of the user's; 130 when stopped
        by Ctrl-C, and 143 by SIGTERM.
    """
    argv = sys.argv[1:] if argv is None else list(argv)
    command = argv[0] if argv[:1] in (["evaluate"], ["compare"]) else "train"
    make_parser, run = {
        "train": (_train_parser, _train),
        "evaluate": (_evaluate_parser, _evaluate),
        "compare": (_compare_parser, _compare),
    }[command]
    parser = make_parser()
    try:
        with _stopped_by_sigterm():
            run(vars(parser.parse_args(argv if command == "train" else argv[1:])))
    except UserError as error:
        say(f"{parser.prog}: error: {one_line(error)}")
        return 2
    except (OSError, DivergenceError) as error:
        say(f"{parser.prog}: error: stopped: {one_line(error)}")
        return 1
    except KeyboardInterrupt as error:
        stopped = error if isinstance(error, Stopped) else Stopped(signal.SIGINT)
        can_go_on = stopped.resumable or "--resume" in argv
        go_on = f"; go on with: {_resume_command(parser.prog, argv)}" if can_go_on else ""
        say(f"\n{parser.prog}: {stopped}{go_on}")
        return 128 + stopped.signum
    return 0


def _train(settings):
    resume = settings.pop("resume", False)
    if resume:
        configure(**settings)  # a mistake is told before Keras is imported
        _imported("keras_gan.job").resume(**settings)
    else:
        config = configure(**settings)
        _imported("keras_gan.job").run(config)


def _evaluate(settings):
    _imported("keras_gan.evaluation.command").evaluate_file(**settings)


def _compare(settings):
    _imported("keras_gan.page.compare").compare_runs(**settings)


@contextlib.contextmanager
def _stopped_by_sigterm():
    """Lets the system end the process as tidily as Ctrl-C does."""

    def stop(signum, frame):
        raise Stopped(signum)

    if threading.current_thread() is not threading.main_thread():  # there Python forbids it
        yield
        return
    before = signal.signal(signal.SIGTERM, stop)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _resume_command(prog, argv):
    program = ["python", sys.argv[0]] if prog.endswith(".py") else [prog]
    return shlex.join([*program, *(a for a in argv if a != "--resume"), "--resume"])


def _imported(module):
    """Imports what needs Keras, only when it is needed."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    logging.getLogger("tensorflow").setLevel(logging.ERROR)
    try:
        with native_chatter_hidden():
            return importlib.import_module(module)
    except (ImportError, ValueError) as error:  # Keras raises the latter for an unknown backend
        raise UserError(
            f"Keras cannot start ({one_line(error)}); "
            "install what it needs with: pip install -r requirements.txt"
        ) from error


class _Parser(argparse.ArgumentParser):
    def __init__(self, **options):
        super().__init__(allow_abbrev=False, **options)

    def error(self, message):
        raise UserError(f"{message}; see {self.prog} --help")


def _existing(path):
    if not os.path.exists(path):
        raise argparse.ArgumentTypeError(f"{path}: no such file or folder")
    return path


def _add_data_options(parser, title):
    group = parser.add_argument_group(title).add_mutually_exclusive_group()
    group.add_argument(
        "--dataset",
        choices=DATASETS,
        default=argparse.SUPPRESS,
        help=f"images that Keras downloads on first use (default: {Config.dataset})",
    )
    group.add_argument(
        "--data",
        type=_existing,
        metavar="PATH",
        default=argparse.SUPPRESS,
        help="your own 28x28 grey images instead: an .npz file with an array x_train or x, "
        "an IDX file (gzipped or not), or a folder of image files",
    )


def _add_setting(group, flag, kind, metavar, text):
    """Adds an option that tells the default of the setting of its name, and leaves it to that."""
    group.add_argument(
        flag,
        type=kind,
        metavar=metavar,
        default=argparse.SUPPRESS,
        help=f"{text} (default: {_default_of(flag)})",
    )


def _add_choice(group, flag, choices, text):
    group.add_argument(
        flag,
        choices=choices,
        default=argparse.SUPPRESS,
        help=f"{text} (default: {_default_of(flag)})",
    )


def _default_of(flag):
    return getattr(Config, flag.removeprefix("--").replace("-", "_"))


def _evaluate_parser():
    parser = _Parser(
        description="Measure how good generated images are, with a fixed classifier for a "
        "yardstick, and print a table: what the images score, and beside it what real images do.",
    )
    parser.prog += " evaluate"
    parser.add_argument(
        "path",
        type=_existing,
        metavar="FILE",
        help="a generator (.keras), or an .npz with images in an array x",
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
    group.add_argument(
        "--latent-distribution",
        choices=LATENT_DISTRIBUTIONS,
        help="what the generator draws from (default: that of the run beside it, or normal)",
    )
    group = parser.add_argument_group("what to keep")
    group.add_argument("--json", metavar="FILE", help="write the scores for programs")
    group.add_argument("--plot", metavar="FILE", help="draw samples, class shares and copies (PNG)")
    return parser


def _compare_parser():
    parser = _Parser(
        description="Put runs side by side in one page, to open in any browser: their samples, "
        "curves and results, and the settings in which they differ.",
    )
    parser.prog += " compare"
    parser.add_argument(
        "runs",
        metavar="RUN",
        nargs="+",
        help="the folder that a run was started in, or its folder for models",
    )
    parser.add_argument(
        "--output",
        metavar="FILE",
        default="compare.html",
        help="where to write the page (default: %(default)s)",
    )
    return parser


def _train_parser():
    parser = _Parser(
        argument_default=argparse.SUPPRESS,
        description="Train a GAN, a pair of networks that learn from each other, to draw small "
        "grey images such as handwritten digits. One network, the generator, draws; the other, "
        "the discriminator, learns to tell its drawings from real images.",
        epilog="Pictures of the progress appear in plots/ while it runs, and report.html, a page "
        "that shows where the training stands. At the end, "
        "models/generator.keras holds the trained generator. How good it is, tells: "
        "%(prog)s evaluate models/generator.keras. Runs side by side: %(prog)s compare RUN RUN",
    )
    _add_data_options(parser, "what to learn from")
    training = parser.add_argument_group("how to train")
    training.add_argument(
        "--preset",
        choices=PRESETS,
        help=f"recipe to begin with; each option below changes one thing in it "
        f"(default: {Config.preset}, whose values are given)",
    )
    _add_setting(training, "--epochs", int, "N", "how many times to go through all the images")
    _add_choice(training, "--networks", NETWORKS, "kind of networks to build")
    training.add_argument(
        "--generator",
        type=_existing,
        metavar="FILE",
        help="a generator (.keras) to train instead of the recipe's",
    )
    training.add_argument(
        "--discriminator",
        type=_existing,
        metavar="FILE",
        help="a discriminator (.keras) to train with",
    )
    _add_choice(training, "--loss", LOSSES, "what the two networks learn from")
    _add_setting(training, "--batch-size", int, "N", "real images in a step of the discriminator")
    training.add_argument(
        "--generator-batch-size",
        type=int,
        metavar="N",
        help="points that the generator learns from in a step, if they are not shared (default: as "
        "many as real images)",
    )
    training.add_argument(
        "--shared-latents",
        action=argparse.BooleanOptionalAction,
        help="let the generator learn from the points whose images the discriminator has just "
        "been shown, which takes XLA less time, or from others (default: shared)",
    )
    _add_setting(
        training,
        "--discriminator-steps",
        int,
        "N",
        "steps that the discriminator takes to one of the generator",
    )
    _add_setting(
        training, "--latent-dim", int, "N", "random numbers that the generator makes one image from"
    )
    _add_choice(training, "--latent-distribution", LATENT_DISTRIBUTIONS, "how these are drawn")
    _add_choice(training, "--optimizer", OPTIMIZERS, "what turns gradients into steps")
    _add_setting(training, "--learning-rate", float, "RATE", "how far a step goes")
    _add_setting(
        training, "--beta-1", float, "BETA", "how much of its last direction Adam keeps, 0 to 1"
    )
    _add_setting(
        training, "--beta-2", float, "BETA", "how much of its last scale Adam keeps, 0 to 1"
    )
    _add_setting(
        training,
        "--label-smoothing",
        float,
        "PART",
        "how far below 1 the discriminator's target for real images is",
    )
    _add_setting(
        training, "--dropout", float, "PART", "how much the networks' dropout layers leave out"
    )
    _add_setting(
        training,
        "--penalty",
        float,
        "WEIGHT",
        "how strongly to keep the discriminator from being steep around real images; for "
        "wgan-gp, from having another slope than 1",
    )
    _add_setting(
        training,
        "--average",
        float,
        "PART",
        "how much of the averaged generator, the one that is shown and saved, a step keeps, 0 to 1",
    )
    _add_setting(
        training,
        "--seed",
        int,
        "N",
        "start of all random numbers: the same seed and settings give the same generator again",
    )
    training.add_argument(
        "--mixed-precision",
        action="store_true",
        help="calculate in float16 on a GPU, in bfloat16 on a CPU, where that is faster; what is "
        "saved calculates in float32",
    )
    training.add_argument(
        "--jit-compile",
        action=argparse.BooleanOptionalAction,
        help="on TensorFlow, compile the step with XLA: the first takes some seconds longer, all "
        "others less where an x86 processor has AVX2 (default: there alone, but not with the "
        "preset mlp-dropout, nor, where there is AVX-512, with tutorial's networks or your own)",
    )
    output = parser.add_argument_group("what to keep")
    _add_setting(output, "--plots-dir", str, "DIR", "folder for pictures")
    _add_setting(output, "--models-dir", str, "DIR", "folder for models, history and settings")
    _add_setting(output, "--plot-every", int, "N", "epochs from one picture of samples to the next")
    _add_setting(output, "--save-every", int, "N", "epochs from one saved generator to the next")
    _add_setting(
        output, "--evaluate-every", int, "N", "epochs from one measurement of quality to the next"
    )
    output.add_argument(
        "--video", action="store_true", help="make a film of the samples as MP4, too"
    )
    output.add_argument(
        "--tensorboard", metavar="DIR", help="write curves and samples for TensorBoard"
    )
    running = parser.add_argument_group("how to run")
    running.add_argument(
        "--resume",
        action="store_true",
        help="go on from the last checkpoint in --models-dir, with the settings of that run, as if "
        "it had never stopped; with a larger --epochs, go further",
    )
    _add_setting(
        running,
        "--checkpoint-minutes",
        float,
        "MIN",
        "longest time between checkpoints; there is one after every epoch anyway",
    )
    running.add_argument("--quiet", action="store_true", help="show no progress")
    running.add_argument(
        "--log", metavar="FILE", help="append a line an epoch to a text file, and how it ended"
    )
    return parser
