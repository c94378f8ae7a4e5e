"""The command `generate`: from a generator to a data set, a picture or a film."""

import argparse
import contextlib
import signal
import time

from keras_gan.backend import start_backend
from keras_gan.commands.options import add_drawing, add_model
from keras_gan.console import say
from keras_gan.errors import Stopped, UserError
from keras_gan.evaluation.scores import DIGITS_NAME
from keras_gan.generation.digits import EVEN, chosen_classes
from keras_gan.generation.origin import Origin, read_origin
from keras_gan.generation.outputs import Output, check_no_stale_labels, check_output, output_at
from keras_gan.generation.request import DEFAULT_COUNT, Request

HELP = "draw images, and write them as a data set, a picture or a film"
DESCRIPTION = (
    "Draw images with a trained generator, and write them as a data set with a data card, as one "
    "picture, or as a film. The seed decides the images: the same command gives the same ones."
)
DIGITS = tuple("0123456789")
AGAIN = "the same command gives the same images again"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_model(parser)
    group = parser.add_argument_group("what to draw")
    group.add_argument(
        "--count",
        type=int,
        metavar="N",
        help=f"how many images (default: {DEFAULT_COUNT})",
    )
    group.add_argument(
        "--digits",
        metavar="WHICH",
        help="which classes, in turn: 7, 0-4, 1,3,5, names of classes, or even for all of them "
        "(default: even; a generator that takes no labels then draws at random)",
    )
    add_drawing(group)
    group.add_argument(
        "--truncation",
        type=float,
        metavar="T",
        help="keep each value of a latent within T of 0: the smaller, the more typical and the "
        "less varied the images; such as 1 (default: none)",
    )
    group.add_argument(
        "--walk",
        action="store_true",
        help="make a film of 25 walks that end where they began: through latents, or from class "
        "to class if --digits names several",
    )
    group = parser.add_argument_group("where to")
    group.add_argument(
        "--output",
        metavar="PATH",
        required=True,
        help="a folder (new or empty) for PNG files, or a file: .png for one grid, .npz, "
        ".parquet, ...-images-idx3-ubyte or that and .gz; with --walk .gif or .mp4",
    )
    group.add_argument("--quiet", action="store_true", help="show no progress")


def run(
    path: str,
    output: str,
    count: int | None = None,
    digits: str | None = None,
    seed: int = 0,
    truncation: float | None = None,
    latent_distribution: str | None = None,
    walk: bool = False,
    quiet: bool = False,
) -> None:
    """Draws images with a generator, writes them, and tells where they are.

    Args:
        path: Path of a `.keras` generator.
        output: Path to write to; its name tells the format, as `output_at` has it.
        count: Integer, how many images; 1,000 if `None`. A film takes none.
        digits: As in `chosen_classes`, or `None`.
        seed: Integer, decides every latent.
        truncation: As in `draw_latents`.
        latent_distribution: As in `draw_latents`; if `None`, that of the run that the
            generator lies in, or else `"normal"`.
        walk: Boolean, whether to make a film.
        quiet: Boolean, whether to show no progress.

    Raises:
        UserError: If something that is asked for cannot be had.
        Stopped: If the process is asked to stop. Nothing is half written then.
    """
    origin = read_origin(path)
    if walk and count is not None:
        raise UserError("a film shows 25 walks, however many images: leave out --count, or --walk")
    request = Request(
        None if walk else DEFAULT_COUNT if count is None else count,
        digits,
        seed,
        truncation,
        latent_distribution or origin.latent_distribution,
    )
    target = output_at(output, walk)
    check_output(target, origin.path, request.count)
    with _stopped_with_advice():
        start_backend()
        if walk:
            _film(origin, request, target)
        else:
            _images(origin, request, target, quiet)


@contextlib.contextmanager
def _stopped_with_advice():
    try:
        yield
    except KeyboardInterrupt as error:
        raise Stopped(getattr(error, "signum", signal.SIGINT), advice=AGAIN) from error


def _images(origin: Origin, request: Request, output: Output, quiet: bool) -> None:
    from keras_gan.gan.labels import is_conditional
    from keras_gan.generation.card import Card
    from keras_gan.generation.images import generate_images, one_ahead
    from keras_gan.generation.picking import SURE
    from keras_gan.generation.progress import with_progress
    from keras_gan.generation.stream import Stream
    from keras_gan.generation.writing import write
    from keras_gan.networks.loading import load_generator

    generator = load_generator(origin.path)
    picked = not is_conditional(generator) and request.digits is not None
    names, labels = None, None
    if picked:
        if not origin.may_draw_digits:
            raise UserError(
                f"{origin.path}: takes no labels, and is not known to draw digits, so --digits "
                "cannot pick any; leave it out, or train with --conditional"
            )
        names, labels = DIGITS, chosen_classes(request.digits, DIGITS)
        say(
            f"{origin.path}: the generator takes no labels: digits are picked by the classifier "
            f"{DIGITS_NAME}, those that it is at least {SURE:.0%} sure of."
        )
    elif is_conditional(generator):
        names, labels = _asked(origin, request, generator)
    if labels is None:
        check_no_stale_labels(output)
    else:
        labels = labels[: request.count]
    batches = generate_images(
        generator,
        request.count,
        labels,
        request.seed,
        request.truncation,
        request.latent_distribution,
    )
    start = time.monotonic()
    with contextlib.closing(one_ahead(batches)) as batches:
        shown = batches if quiet else with_progress(batches, request.count)
        stream = Stream(shown, request.count, labels, names)
        write(stream, output, Card(origin, request, stream, output, picked).text)
    rate = request.count / (time.monotonic() - start)
    classes = "" if labels is None else f" of {len(labels)} class{'es' * (len(labels) > 1)}"
    print(f"{output.path}: {request.count:,} images{classes}, {rate:,.0f} a second")


def _film(origin: Origin, request: Request, output: Output) -> None:
    from keras_gan.gan.labels import is_conditional
    from keras_gan.generation.walking import COLUMNS, walk_through_classes, walk_through_latents
    from keras_gan.networks.conditional import can_walk_between_classes
    from keras_gan.networks.loading import load_generator
    from keras_gan.pictures.animation import save_walk

    generator = load_generator(origin.path)
    labels, between = None, False
    if is_conditional(generator):
        _, labels = _asked(origin, request, generator)
        between = request.digits is not None and len(labels) > 1
        if between and not can_walk_between_classes(generator):
            raise UserError(
                f"{origin.path}: was not made by make_conditional, so a walk cannot lead from "
                "class to class; give one class, or leave out --digits"
            )
    elif request.digits is not None:
        raise UserError(
            f"{origin.path}: takes no labels, so a walk cannot keep to a digit; leave out "
            "--digits, or train with --conditional"
        )
    walks = walk_through_classes if between else walk_through_latents
    frames = walks(generator, labels, request.seed, request.truncation, request.latent_distribution)
    start = time.monotonic()
    drawn = list(frames)
    save_walk(drawn, output.path, COLUMNS)
    images = sum(map(len, drawn))
    rate = images / (time.monotonic() - start)
    print(f"{output.path}: {len(drawn)} frames, {images:,} images, {rate:,.0f} a second")


def _asked(origin, request, generator):
    """The names of a conditional generator's classes, and the labels that are asked for."""
    from keras_gan.generation.images import number_of_classes

    names = origin.names_of(number_of_classes(generator))
    return names, chosen_classes(EVEN if request.digits is None else request.digits, names)
