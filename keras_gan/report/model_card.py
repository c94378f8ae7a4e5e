"""The model card of a run: what its generator is, how to use it, and how good it is."""

import dataclasses
import json
import math
import pathlib
import string

import numpy as np

from keras_gan.auditing.records import Record
from keras_gan.evaluation.metrics import METRICS
from keras_gan.evaluation.scores import DIGITS_NAME
from keras_gan.generation.digits import label_and_name
from keras_gan.generation.markdown import block, code, plain
from keras_gan.generation.origin import Origin
from keras_gan.report.reading import Run
from keras_gan.report.repeating import chosen, command, published
from keras_gan.report.tables import NONE, short
from keras_gan.settings import LATENT_DISTRIBUTIONS

# Stands at the end of a card that a run may replace.
MARK = (
    "<!-- Written by keras_gan. Delete this line, and a run that goes on leaves the file as it is. "
    "-->"
)
# How the folder is called in the commands of a card, wherever it lies.
FOLDER = pathlib.PurePosixPath("models")
SHOWN = 10
CODE = """\
import keras
import numpy as np

generator = keras.saving.load_model("generator.keras")
latents = $latents
images = generator.predict($inputs)
keras.utils.save_img("images.png", np.hstack(images))
"""
LATENTS = {
    "normal": "np.random.standard_normal(({n}, {size}))",
    "uniform": "np.random.uniform(-1, 1, ({n}, {size}))",
}


@dataclasses.dataclass(frozen=True)
class Facts:
    """What a card is made from.

    Attributes:
        run: A `Run`.
        origin: An `Origin` whose path and settings are those that others may read.
        scores: Dict of what the generator scored after the last epoch; empty if that was
            not measured.
        parameters: Integer, how many the generator has, or `None`.
        audit: What an audit has said of the generator, a `Record`, or `None`.
    """

    run: Run
    origin: Origin
    scores: dict[str, float]
    parameters: int | None
    audit: Record | None

    @property
    def settings(self) -> dict:
        return self.origin.settings

    @property
    def classes(self) -> list[str] | None:
        """The name of each label, or `None` where the generator takes no labels."""
        if not self.settings.get("conditional"):
            return None
        return list(self.origin.names_of(len(self.settings["classes"])))

    def real(self, name: str) -> float | None:
        """What real images score, where that was measured."""
        value = self.run.real.get(name, math.nan)
        return value if math.isfinite(value) else None


def model_card(run: Run, origin: Origin, parameters: int | None = None) -> str:
    """The model card of a run as Markdown, with front matter as Hugging Face's hub reads it.

    The same run gives the same card wherever its folders are, but for the time at which
    it started.

    Args:
        run: A `Run`, as `read_run` returns it.
        origin: The `Origin` of its generator.
        parameters: Integer, how many the generator has, or `None`.

    Example:

    >>> card = model_card(read_run("models"), read_origin("models/generator.keras"))
    """
    shown = Origin(FOLDER / origin.path.name, published(run.settings))
    measured = origin.scores() or {}
    scores = {name: measured[name] for name in METRICS if name in measured}
    facts = Facts(run, shown, scores, parameters, origin.audit)
    lines = [*_front_matter(facts), "", "# A GAN that draws 28x28 grey images", "", *_what(facts)]
    for title, section in SECTIONS.items():
        lines += ["", f"## {title}", "", *section(facts)]
    return "\n".join([*lines, "", MARK, ""])


def _front_matter(facts):
    known, tags = facts.origin.images, ["gan", "keras", "28x28"]
    return [
        "---",
        f"license: {facts.origin.licence_id}",
        "library_name: keras",
        "pipeline_tag: unconditional-image-generation",
        f"tags: [{', '.join([*tags, 'conditional'] if facts.classes else tags)}]",
        *([f"datasets: [{known.hub_id}]"] if known else []),
        *(_model_index(facts, known) if facts.scores else []),
        "---",
    ]


def _model_index(facts, known):
    images = known.hub_id if known else "other"
    name, source = f"keras_gan {facts.settings['preset']}", facts.origin.text("source")
    # Any JSON is YAML, too.
    name, source = (json.dumps(text, ensure_ascii=False) for text in (name, source))
    return [
        "model-index:",
        f"- name: {name}",
        "  results:",
        "  - task: {type: unconditional-image-generation}",
        f"    dataset: {{type: {images}, name: {source}, split: train}}",
        "    metrics:",
        *(f"    - {_metric(name, value)}" for name, value in facts.scores.items()),
    ]


def _metric(name, value):
    # Never 1e-05, which some readers of YAML take for a text.
    number = np.format_float_positional(value, 4, unique=False, fractional=False, trim="0")
    return f"{{type: {name}, value: {number}, name: {json.dumps(METRICS[name].label)}}}"


def _what(facts):
    takes = "the class to draw and a latent, a vector" if facts.classes else "a latent, a vector"
    size = "" if facts.parameters is None else f" It has {facts.parameters:,} parameters."
    settings = facts.settings
    yield (
        f"The generator of a generative adversarial network (GAN). It takes {takes} of "
        f"{settings['latent_dim']} random numbers, and draws a grey image of 28x28 pixels.{size} "
        f"keras_gan trained it with the preset {code(settings['preset'])} and the loss "
        f"{code(settings['loss'])} on {settings['images']:,} images "
        f"({plain(settings['source'])})."
    )


def _drawing(facts):
    settings, classes = facts.settings, facts.classes
    distribution = facts.origin.latent_distribution
    inputs, labels = "latents", ""
    if classes:
        inputs = "[latents, labels]"
        of_few = "" if len(classes) >= SHOWN else f" % {len(classes)}"
        labels = f"\nlabels = np.arange({SHOWN}){of_few}  # the class to draw, for each image"
    latents = LATENTS[distribution].format(n=SHOWN, size=settings["latent_dim"]) + labels
    yield (
        "Keras 3 with one of its backends is enough, and Pillow for the picture. Latents are drawn "
        f"from {LATENT_DISTRIBUTIONS[distribution]}; images have the shape `(n, 28, 28, 1)` and "
        "values from 0 (black) to 1 (white)."
    )
    yield ""
    lines = string.Template(CODE).substitute(latents=latents, inputs=inputs)
    yield from block(lines.rstrip(), "python")
    if classes:
        named = ", ".join(label_and_name(*pair) for pair in enumerate(classes))
        yield from ("", f"The labels: {plain(named)}.")
    yield ""
    yield (
        "From the hub, `hf download USER/NAME generator.keras --local-dir .` fetches the file. "
        '`keras.saving.load_model("hf://...")` expects another layout, and does not load it.'
    )


def _quality(facts):
    if not facts.scores:
        yield "It was not measured after the last epoch of the training."
    else:
        yield from ("| | generator | real images |", "|---|---|---|")
        for name, value in facts.scores.items():
            floor = facts.real(name)
            yield f"| {METRICS[name].label} | {short(value)} | {short(floor)} |"
        yardstick = facts.origin.yardstick
        features = f"with the features of the classifier {plain(yardstick)}, " if yardstick else ""
        yield ""
        yield (
            f"Measured after the last epoch of the training, {features}against images that it was "
            "trained on. The column *real images* has what other real images score: the best "
            "that can be reached. Compare these figures with one another only; an FID with other "
            "features is another number. The command in the next section measures against test "
            "images, where there are any."
        )


def _copies(facts):
    yield facts.origin.copies(facts.audit)


def _limits(facts):
    yield "- It draws 28x28 grey images that are like those it was trained on, and nothing else."
    yield "- What is rare or missing among those is so among its own images, too."
    clear = "digit" if facts.origin.yardstick == DIGITS_NAME else "image of a class"
    for name, limit in (
        (
            "confident_share",
            f"of its images are no clear {clear}: the classifier is less than 95% sure",
        ),
        ("label_accuracy", "of its images look like another class than was asked for"),
        ("coverage", "of the real images have none of its own near them"),
    ):
        if name in facts.scores:
            real = facts.real(name)
            floor = "" if real is None else f" ({1 - real:.1%} with real images in their place)"
            yield f"- {1 - facts.scores[name]:.1%} {limit}{floor}."
    yield (
        "- Its images are made up. They tell nothing about a person, and are for no decision "
        "about one."
    )


def _training(facts):
    yield from ("| | |", "|---|---|")
    yield from (f"| {name} | {plain(value)} |" for name, value in _rows(facts))
    yield from ("", "This does the same run again, in a clone of keras_gan:", "")
    yield from block(command(facts.settings), "bash")
    yield ""
    yield (
        "The same images, machine and versions give the same generator, bit for bit. In all "
        f"commands here, `{FOLDER}` is the folder that this file is in."
    )


def _rows(facts):
    settings, run = facts.settings, facts.run
    yield "trained on", f"{settings['images']:,} images, {settings['source']}"
    yield "their SHA-256", settings.get("images_checksum", NONE)
    yield "epochs done", f"{run.epochs} of {settings['epochs']}"
    yield "seed", settings["seed"]
    for name, value in chosen(settings).items():
        if name not in ("epochs", "seed", "data"):
            yield name, value
    yield "started", settings["started"].replace("T", ", ")
    yield "device", f"{settings['device']}, {settings['backend']}"
    yield (
        "versions",
        ", ".join(f"{name} {version}" for name, version in settings["versions"].items()),
    )


def _licence(facts):
    yield facts.origin.licence


def _publishing(facts):
    # Not the whole folder: `config.json` names folders of this machine.
    files = (facts.origin.path, FOLDER / "README.md")
    uploads = (f"hf upload USER/NAME {path} {path.name}" for path in files)
    yield from block("\n".join(["hf auth login", *uploads]), "bash")


# Functions from `Facts` to the lines of a section, under its title.
SECTIONS = {
    "Draw images": _drawing,
    "Quality": _quality,
    "Copies of training images": _copies,
    "Limits": _limits,
    "Training": _training,
    "Licence": _licence,
    "Publish": _publishing,
}
