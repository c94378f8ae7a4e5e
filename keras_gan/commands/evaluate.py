"""The command `evaluate`: from a file to a table, and to files where they are asked for."""

import argparse
import pathlib

import keras_gan
from keras_gan.backend import start_backend
from keras_gan.commands import audit as audits
from keras_gan.commands.audit import add_held_out
from keras_gan.commands.options import add_drawing, add_settings
from keras_gan.console import say, warnings_said
from keras_gan.errors import UserError
from keras_gan.files import check_can_be_written
from keras_gan.generation.origin import read_origin
from keras_gan.kinds import ExistingPath
from keras_gan.settings import Config

HELP = "measure how good generated images are"
DESCRIPTION = (
    "Measure how good generated images are, with a fixed classifier for a yardstick, and print a "
    "table: what the images score, and beside it what real images do."
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "path",
        type=ExistingPath.parse,
        metavar="FILE",
        help="a generator (.keras), or an .npz with images in an array x",
    )
    add_settings(parser, "dataset", "data", title="the real images to compare with")
    group = parser.add_argument_group("how to measure")
    group.add_argument(
        "--samples",
        type=int,
        metavar="N",
        default=10_000,
        help="how many images to measure (default: %(default)s)",
    )
    add_drawing(group)
    group.add_argument(
        "--classification-accuracy",
        action="store_true",
        help="also train a classifier on generated images and their labels alone, and test it on "
        "real ones; it takes some minutes",
    )
    group.add_argument(
        "--audit",
        action="store_true",
        help="also tell whether it copies its training images, as the command audit does",
    )
    add_held_out(group)
    group = parser.add_argument_group("what to keep")
    group.add_argument("--json", metavar="FILE", help="write the scores for programs")
    group.add_argument("--plot", metavar="FILE", help="draw samples, class shares and copies (PNG)")


def run(
    path: str,
    samples: int,
    seed: int,
    latent_distribution: str | None = None,
    dataset: str = Config.dataset,
    data: str | None = None,
    json: str | None = None,
    plot: str | None = None,
    classification_accuracy: bool = False,
    audit: bool = False,
    held_out: str | None = None,
) -> None:
    """Measures a generator, or images from anywhere, and prints a table.

    Args:
        path: Path of a `.keras` generator or an `.npz` of images.
        samples: Integer, how many images to measure.
        seed: Integer, fixes the latents and every random choice.
        latent_distribution: As in `draw_latents`; if `None`, that of the run
            that the generator lies in, or else `"normal"`.
        dataset: As in `load_data`.
        data: As in `load_data`.
        json: Path of a file for the scores, or `None`.
        plot: Path of a picture, or `None`.
        classification_accuracy: Boolean, whether to add the score of that name.
        audit: Boolean, whether to add what the command `audit` tells.
        held_out: Path of images for the audit that the generator was not trained on, or
            `None`.

    Raises:
        UserError: If a file is not what it should be.
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
    import keras

    from keras_gan.data import load_data
    from keras_gan.evaluation import report, usefulness
    from keras_gan.evaluation.classifier import load_yardstick
    from keras_gan.evaluation.evaluate import can_be_compared_with, evaluate, real_sides
    from keras_gan.evaluation.samples import MAX_SAMPLES, MIN_SAMPLES, load_source, samples_from

    source = load_source(path)
    with warnings_said():
        real = load_data(dataset, data)
    distribution = latent_distribution
    if distribution is None and path.suffix == ".keras":
        distribution = read_origin(path).latent_distribution
    images, labels = samples_from(source, samples, real, seed, distribution)
    if classification_accuracy and labels is None:
        raise UserError(
            f"{path}: --classification-accuracy needs images with labels: a conditional "
            "generator, or an .npz with y, and real images with the same labels"
        )
    if not can_be_compared_with(real):
        raise UserError(
            f"{real.source}: too few images to compare with; at least {MIN_SAMPLES} held-out ones "
            f"are needed, or {2 * MIN_SAMPLES} in all"
        )
    yardstick = load_yardstick(real)
    if yardstick is None:
        say(
            f"{real.source}: has no labels, so no classifier can be trained to measure with; "
            "only copying is measured."
        )
    audited_data = audits.with_held_out(real, held_out, yardstick) if audit else None
    learned = {}
    if classification_accuracy:  # first, since it finds mistakes of its own
        (train_images, _), _ = real_sides(real, seed)
        many = len(train_images) if path.suffix == ".keras" else MAX_SAMPLES
        learned_from = samples_from(source, many, real, seed, distribution)
        score = usefulness.classification_accuracy(*learned_from, real, seed)
        learned = {"classification accuracy": score}
    result = evaluate(images, real, yardstick, seed, labels)
    result.scores.update(learned)
    with_test_images = real.test_images is not None
    print(f"{path}: {len(images):,} samples")
    if yardstick is not None:
        print(
            f"compared: {result.compared:,} of them with {result.real:,} real images, "
            f"{'held out' if with_test_images else 'none of them held out'}, of {real.source}"
        )
        print(f"yardstick: {yardstick.name}, sha256 {yardstick.sha256}")
    print(f"\n{result}")
    audited = {}
    if audit:
        found, content = audits.measure(path, source, images, audited_data, yardstick, seed)
        print(f"\ncopies of training images, with {found.held_out:,} held-out images")
        print(found)
        audited = {"audit": content}
    if json:
        about = {
            "file": str(path),
            "samples": len(images),
            "seed": seed,
            "compared": result.compared,
            "real": {"source": real.source, "images": result.real, "held_out": with_test_images},
            "yardstick": yardstick and yardstick.identity,
            "versions": {"keras_gan": keras_gan.__version__, "keras": keras.__version__},
            **audited,
        }
        report.save_json(result, json, about)
        print(f"\nScores: {json}")
    if plot:
        report.plot_result(result, images, real.images, plot)
        print(f"\nPicture: {plot}")
