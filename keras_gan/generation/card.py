"""The data card of generated images: what they are, and how to make them again."""

import dataclasses
import platform

import keras
import numpy as np

import keras_gan
from keras_gan.evaluation.metrics import METRICS
from keras_gan.evaluation.scores import DIGITS_NAME
from keras_gan.generation.digits import label_and_name
from keras_gan.generation.markdown import block, plain
from keras_gan.generation.origin import Origin
from keras_gan.generation.outputs import CARD_MARK, FOLDER, Output
from keras_gan.generation.picking import SURE
from keras_gan.generation.request import Request
from keras_gan.generation.stream import Stream

FROM_RUN = {"preset": "preset", "seed": "its seed", "source": "trained on", "started": "trained"}
# Prints what the checksum of a folder is one of.
LISTING = "find . -name '*.png' | sort -t / -k {key} | xargs -d '\\n' sha256sum | sha256sum"


@dataclasses.dataclass(frozen=True)
class Card:
    """What a data card tells.

    Attributes:
        origin: An `Origin`.
        request: A `Request`.
        stream: A `Stream`.
        output: An `Output`.
        picked: Boolean, whether a classifier picked the digits.
    """

    origin: Origin
    request: Request
    stream: Stream
    output: Output
    picked: bool

    def text(self, checksums: dict[str, str]) -> str:
        """The card as Markdown, with front matter as Hugging Face's dataset cards have it.

        Args:
            checksums: Dict that maps names of files to their SHA-256; `""` stands for
                all files of a folder.
        """
        return "\n".join(
            [
                *self._front_matter(),
                "",
                "# Generated images",
                "",
                f"{self.stream.count:,} grey images of 28x28 pixels{self._of_classes()}. All of "
                "them are synthetic: a GAN drew them, none is a photograph or a scan.",
                "",
                "| | |",
                "|---|---|",
                *(f"| {name} | {plain(value)} |" for name, value in self._facts()),
                "",
                "The same command gives the same images again, on the same machine with the same "
                "versions:",
                "",
                *block(self.request.command(self.origin.path, self.output.path), "bash"),
                "",
                *self._checksums(checksums),
                *self._scores(),
                *self._copies(),
                "",
                self.origin.licence,
                "",
                CARD_MARK,
                "",
            ]
        )

    def _front_matter(self):
        task = "image-classification" if self.stream.labelled else "unconditional-image-generation"
        return [
            "---",
            f"license: {self.origin.licence_id}",
            "task_categories:",
            f"- {task}",
            "size_categories:",
            f"- {_size_category(self.stream.count)}",
            "tags:",
            *(f"- {tag}" for tag in ("synthetic", "gan", "keras", "28x28")),
            "---",
        ]

    def _of_classes(self):
        if not self.stream.labelled:
            return ", without labels"
        names = [self.stream.class_names[label] for label in self.stream.labels]
        if len(names) == 1:
            return f", all of the class {plain(names[0])}"
        return f" of {len(names)} classes, which come in turn"

    def _facts(self):
        yield "generator", self.origin.path.name
        yield "its SHA-256", self.origin.sha256
        for setting, name in FROM_RUN.items():
            if self.origin.text(setting) is not None:
                yield name, self.origin.text(setting)
        yield "images", f"{self.stream.count:,}"
        if self.stream.labelled:
            yield "classes", ", ".join(map(self._class, self.stream.labels))
        if self.picked:
            yield "labels", f"picked by the classifier {DIGITS_NAME}, at least {SURE:.0%} sure"
        yield "seed", self.request.seed
        yield "latents", self.request.latent_distribution
        truncation = self.request.truncation
        yield "truncation", "none" if truncation is None else truncation
        versions = {
            "keras_gan": keras_gan.__version__,
            "python": platform.python_version(),
            "keras": keras.__version__,
            "backend": keras.backend.backend(),
            "numpy": np.__version__,
        }
        yield "versions", ", ".join(f"{name} {version}" for name, version in versions.items())

    def _class(self, label):
        return label_and_name(label, self.stream.class_names[label])

    def _checksums(self, checksums):
        if self.output.kind == FOLDER:
            key = 3 if self.stream.labelled else 2
            yield f"SHA-256 of the list of all checksums: `{checksums['']}`, which this prints:"
            yield from ("", *block(LISTING.format(key=key), "bash"), "")
            return
        yield from ("SHA-256 of each file:", "", "```")
        yield from (f"{checksum}  {name}" for name, checksum in checksums.items())
        yield from ("```", "")

    def _scores(self):
        scores = self.origin.scores()
        if scores is None:
            yield "The quality of the generator was not measured, or is not known here."
        else:
            yield (
                f"Measured after epoch {scores['epoch']:.0f} of the training, against the images "
                "that it was trained on:"
            )
            yield ""
            yield from (
                f"- {metric.label}: {scores[name]:.4g}"
                for name, metric in METRICS.items()
                if name in scores
            )
            if self.request.truncation is not None or self.picked:
                yield ""
                yield "These images were chosen among what it draws, so their own scores differ."
        yield ""

    def _copies(self):
        audit = self.origin.audit
        yield self.origin.copies(audit)
        if audit is not None and (self.request.truncation is not None or self.picked):
            yield "These images were chosen among what it draws, and were not looked at."


def _size_category(count):
    """As Hugging Face names them: `1K<n<10K`."""
    names = ("1K", "10K", "100K", "1M", "10M", "100M", "1B")
    place = sum(count >= 10**power for power in range(3, 9))
    return f"{names[place - 1]}<n<{names[place]}" if place else f"n<{names[0]}"
