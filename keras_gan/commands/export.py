"""The command `export`: from a generator to a file that needs no Keras."""

import argparse
import sys

from keras_gan.backend import start_backend
from keras_gan.commands.options import add_latent_distribution, add_model
from keras_gan.console import say
from keras_gan.exports.targets import check_target, target_at
from keras_gan.generation.origin import read_origin
from keras_gan.registry import EXPORTS

HELP = "write a generator for ONNX Runtime, LiteRT or TensorFlow"
DESCRIPTION = (
    "Write a generator in a format that needs no Keras. The file is loaded in the format's own "
    "runtime, and is kept only if it draws the same 1,000 images there as in Keras."
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_model(parser)
    group = parser.add_argument_group("what to write")
    group.add_argument(
        "--format",
        choices=list(EXPORTS),
        help="the format (default: that of the suffix after --output)",
    )
    group.add_argument(
        "--output",
        metavar="PATH",
        required=True,
        help="a file .onnx or .tflite; for savedmodel, a folder (new or empty)",
    )
    add_latent_distribution(group)
    group.add_argument("--quiet", action="store_true", help="show no progress")


def run(
    path: str,
    output: str,
    format: str | None = None,
    latent_distribution: str | None = None,
    quiet: bool = False,
) -> None:
    """Exports a generator, and tells where it is and how near it is to Keras.

    Args:
        path: Path of a `.keras` generator.
        output: Path to write to.
        format: String, one of `EXPORTS`; if `None`, what the suffix of `output` tells.
        latent_distribution: As in `draw_latents`; if `None`, that of the run that the
            generator lies in, or else `"normal"`.
        quiet: Boolean, whether to show no progress.

    Raises:
        UserError: If the generator cannot be exported, or draws other images then.
        DiskError: If the file cannot be written.
    """
    origin = read_origin(path)
    target = target_at(output, format)
    check_target(target, origin.path)
    start_backend()
    from keras_gan.exports.describe import describe
    from keras_gan.exports.exporting import export
    from keras_gan.networks.loading import load_generator

    generator = load_generator(origin.path)
    about = describe(origin, generator, latent_distribution or origin.latent_distribution)
    if sys.stderr.isatty() and not quiet:
        say(f"{path}: exporting to {target.format.LABEL}, and comparing with Keras.")
    exported = export(generator, target, about)
    batches = "batches of any size" if exported.batch is None else f"batches of {exported.batch}"
    print(
        f"{output}: {target.format.LABEL}, {exported.size:,} bytes, at most "
        f"{exported.difference:.2g} from Keras, {batches}"
    )
