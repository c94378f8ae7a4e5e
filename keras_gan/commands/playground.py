"""The command `playground`: a page that draws with a generator, in any browser."""

import argparse
import os
import pathlib

from keras_gan.backend import start_backend
from keras_gan.commands.options import add_latent_distribution, add_model
from keras_gan.errors import UserError
from keras_gan.files import place_errors
from keras_gan.generation.origin import Origin, read_origin
from keras_gan.generation.outputs import check_file

HELP = "make a page that draws with a generator in any browser"
DESCRIPTION = (
    "Make a page that draws with a trained generator by itself, in any browser: with sliders, "
    "morphing and downloads. It is one file that needs no server and no network."
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_model(parser)
    parser.add_argument(
        "--output",
        metavar="FILE",
        default="playground.html",
        help="the page to write (default: %(default)s)",
    )
    add_latent_distribution(parser)


def run(path: str, output: str, latent_distribution: str | None = None) -> None:
    """Writes the page of a generator, and tells where it is.

    Args:
        path: Path of a `.keras` generator.
        output: Path of the HTML file to write.
        latent_distribution: As in `draw_latents`; if `None`, that of the run that the
            generator lies in, or else `"normal"`.

    Raises:
        UserError: If the generator cannot be loaded, or has a layer that the page does
            not know; if the page cannot be written there.
        DiskError: If the disk fails.
    """
    origin = read_origin(path)
    output = pathlib.Path(output)
    if output.suffix.lower() not in (".html", ".htm"):
        raise UserError(f"{output}: a page is a file .html; name it so")
    with place_errors(output):
        check_file(output, origin.path)
    start_backend()
    from keras_gan.gan.labels import is_conditional
    from keras_gan.generation.images import number_of_classes
    from keras_gan.networks.loading import load_generator
    from keras_gan.playground.writing import write_playground

    generator = load_generator(origin.path)
    names = origin.names_of(number_of_classes(generator)) if is_conditional(generator) else None
    difference = write_playground(
        generator,
        output,
        latent_distribution or origin.latent_distribution,
        names,
        summary=_sentences(origin),
    )
    print(f"{output}: {os.path.getsize(output):,} bytes, at most {difference:.2g} from Keras")


def _sentences(origin: Origin):
    on = f", trained on {origin.trained_on}" if origin.trained_on else ""
    yield f"A generator{on}, draws in this page while you watch. It needs no network."
