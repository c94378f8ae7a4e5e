"""The command `audit`: does a generator copy its training images?"""

import argparse
import contextlib
import dataclasses
import json as json_format
import pathlib

import keras_gan
from keras_gan.backend import start_backend
from keras_gan.commands.options import add_drawing, add_settings
from keras_gan.console import say, warnings_said
from keras_gan.errors import UserError
from keras_gan.files import CONFIG_NAME, check_can_be_written, write_text
from keras_gan.generation.origin import read_origin
from keras_gan.kinds import ExistingPath
from keras_gan.settings import Config

HELP = "tell whether a generator copies its training images"
DESCRIPTION = (
    "Tell whether a generator copies its training images, with figures for how sure that is. It "
    "looks for copies, moved, slanted, thickened or noisy ones too, and tries to tell the training "
    "images from images that the generator never saw."
)
EPILOG = (
    "In the folder of a run, the verdict is kept in audit.json, and stands in its model card, in "
    "its report, and in the data cards of images that are drawn with the generator."
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "path",
        type=ExistingPath.parse,
        metavar="FILE",
        help="a generator (.keras), or an .npz with images in an array x",
    )
    add_settings(parser, "dataset", "data", title="the images that it was trained on")
    group = parser.add_argument_group("how to measure")
    add_held_out(group)
    group.add_argument(
        "--samples",
        type=int,
        metavar="N",
        default=10_000,
        help="how many images to look at (default: %(default)s)",
    )
    add_drawing(group)
    group = parser.add_argument_group("what to keep")
    group.add_argument("--json", metavar="FILE", help="write the result for programs")
    group.add_argument(
        "--plot", metavar="FILE", help="draw the likeliest copies and their originals (PNG)"
    )


def add_held_out(group: argparse._ActionsContainer) -> None:
    """Adds the option for the images that a generator never saw."""
    group.add_argument(
        "--held-out",
        type=ExistingPath.parse,
        metavar="PATH",
        help="images that it was not trained on, as --data takes them (default: the test images "
        "of --data, or MNIST's for digits)",
    )


def run(
    path: str,
    samples: int,
    seed: int,
    latent_distribution: str | None = None,
    dataset: str = Config.dataset,
    data: str | None = None,
    held_out: str | None = None,
    json: str | None = None,
    plot: str | None = None,
) -> None:
    """Audits a generator, or images from anywhere, and prints a verdict and a table.

    Args:
        path: Path of a `.keras` generator or an `.npz` of images.
        samples: Integer, how many images to look at.
        seed: Integer, fixes the latents and every random choice.
        latent_distribution: As in `draw_latents`; if `None`, that of the run that the
            generator lies in, or else `"normal"`.
        dataset: As in `load_data`: the images that it was trained on.
        data: As in `load_data`.
        held_out: Path of images that it was not trained on, or `None`.
        json: Path of a file for the result, or `None`.
        plot: Path of a picture, or `None`.

    Raises:
        UserError: If a file is not what it should be, or there are too few images.
    """
    path = pathlib.Path(path)
    for file in filter(None, (json, plot)):
        check_can_be_written(file)
    if plot and pathlib.Path(plot).suffix.lower() != ".png":
        raise UserError(f"{plot}: expected a name that ends in .png")
    if not path.is_file():
        raise UserError(f"{path}: {'is a folder' if path.is_dir() else 'no such file'}")
    from keras_gan.evaluation.samples import check_numbers

    check_numbers(samples, seed)
    start_backend()
    from keras_gan.auditing.report import pairs, plot_pairs
    from keras_gan.data import load_data
    from keras_gan.evaluation.classifier import find_yardstick
    from keras_gan.evaluation.samples import load_source, samples_from

    source = load_source(path)
    with warnings_said():
        real = load_data(dataset, data)
    yardstick = find_yardstick(real)
    real = with_held_out(real, held_out, yardstick)
    distribution = latent_distribution
    if distribution is None and path.suffix == ".keras":
        distribution = read_origin(path).latent_distribution
    images, _ = samples_from(source, samples, real, seed, distribution)
    result, content = measure(path, source, images, real, yardstick, seed)
    print(f"{path}: {len(images):,} samples, {result.held_out:,} held-out images")
    print(f"\n{result}")
    if json:
        content = {**content, "pairs": pairs(result)}
        write_text(json, json_format.dumps(content, indent=2) + "\n")
        print(f"\nResult: {json}")
    if plot:
        plot_pairs(result, images, real.images, plot)
        print(f"\nPicture: {plot}")


def with_held_out(real, held_out, yardstick):
    """A data set with images that a generator never saw: its own, those of a path, or MNIST's.

    Raises:
        UserError: If there are none.
    """
    from keras_gan.data import load_data

    if held_out is None and real.test_images is not None:
        return real
    from keras_gan.evaluation.scores import DIGITS_NAME

    found = None
    if held_out is not None:
        found = load_data(data=held_out)
    elif yardstick is not None and yardstick.name == DIGITS_NAME:
        with warnings_said():
            found = load_data("mnist")
        found = None if found.test_images is None else found
    if found is None:
        raise UserError(
            f"{real.source}: has no held-out images; give images that the generator never saw with "
            "--held-out"
        )
    if held_out is None:
        say(f"{real.source}: has no held-out images, so those of {found.source} are used.")
    images, labels = found.test_images, found.test_labels
    if images is None:
        images, labels = found.images, found.labels
    return dataclasses.replace(real, test_images=images, test_labels=labels)


def measure(path, source, images, real, yardstick, seed):
    """Audits samples, and keeps the verdict where they are those of a run's generator.

    Returns:
        An `Audit`, and what of it is for programs.
    """
    import keras

    from keras_gan.auditing.audit import audit
    from keras_gan.auditing.records import write_record
    from keras_gan.auditing.report import as_json
    from keras_gan.runs.pages import write_pages_again

    result = audit(images, real, yardstick, _discriminator_beside(path), seed)
    about = {
        "seed": seed,
        "yardstick": yardstick and yardstick.identity,
        "versions": {"keras_gan": keras_gan.__version__, "keras": keras.__version__},
    }
    content = {**as_json(result), **about}
    if path.suffix == ".keras" and path.with_name(CONFIG_NAME).is_file():
        record = write_record(path, content)
        say(f"{record}: has the verdict, for the cards of the generator.")
        write_pages_again(path, source)
    content = {"file": str(path), "trained_on": real.source, **content}
    return result, content


def _discriminator_beside(path):
    """The discriminator that a generator was trained with, where it is at hand."""
    from keras_gan.networks.loading import load_discriminator

    beside = path.with_name("discriminator.keras")
    if path.name != "generator.keras" or not beside.is_file():
        return None
    with contextlib.suppress(UserError):
        return load_discriminator(beside)
    say(f"{beside}: cannot be read, so it is left out.")
    return None
