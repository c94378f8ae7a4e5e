"""The audit: every measure of copying, of one set of samples."""

import dataclasses
from typing import TYPE_CHECKING

import numpy as np

from keras_gan.auditing import copies, membership
from keras_gan.auditing.data_copying import data_copying
from keras_gan.auditing.likelihood import generalisation_gap
from keras_gan.auditing.membership import Attack
from keras_gan.auditing.sides import Described, Sides
from keras_gan.auditing.wording import DISCRIMINATOR, sentences
from keras_gan.data import Dataset, to_unit_range
from keras_gan.evaluation.batches import predict
from keras_gan.gan.labels import is_conditional, with_labels

if TYPE_CHECKING:
    import keras

    from keras_gan.evaluation.classifier import Yardstick

ROW = "{:<22}{:>8}{:>18}{:>8}   {}"
MEANINGS = {
    "C_T": "far below 0: nearer to training images than held-out ones are",
    "FLD gap": "far below 0: likelier near training images than near held-out ones",
}


@dataclasses.dataclass(frozen=True)
class Audit:
    """What `audit` returns. Printed, it is a verdict and a table.

    Attributes:
        samples: Integer, the number of samples.
        held_out: Integer, the number of held-out images.
        copies: A `copies.Verdict`: how many samples are copies.
        likeness: A `copies.Likeness`, an item for each sample, whose indices are those
            of the data set's images.
        sensitivity: Dict that maps forms of copies to the share of planted ones that are
            found at the limit of `copies`.
        by_class: Dict that maps names of classes to how many samples count as copies of
            training images of that class, or `None` without labels.
        attacks: Dict that maps names of attacks to pairs of `membership.Attack`: with the
            samples, and with real images in their place, or `None`.
        measures: Dict that maps `"C_T"` and `"FLD gap"` to pairs of floats: of the samples,
            and of real images in their place.
        features: String, what the features of attacks and of `FLD gap` come from.
    """

    samples: int
    held_out: int
    copies: copies.Verdict
    likeness: copies.Likeness
    sensitivity: dict[str, float]
    by_class: dict[str, int] | None
    attacks: dict[str, tuple[Attack, Attack | None]]
    measures: dict[str, tuple[float, float]]
    features: str

    @property
    def verdict(self) -> str:
        """What it comes to, in a line."""
        return sentences(self.copies, self.attacks)

    def __str__(self):
        found = self.copies
        lines = [
            self.verdict,
            "",
            f"{found.count:,} of {self.samples:,} samples are like copies (distance ratio below "
            f"{found.limit:.2f}); of as many honest images, {found.expected:.1f} are; "
            f"p = {found.p_value:.2g}",
        ]
        if self.by_class and found.count:
            counts = (f"{name}: {count}" for name, count in self.by_class.items() if count)
            lines.append(f"by the class of the training image:  {'  '.join(counts)}")
        shares = (f"{form}: {share:.0%}" for form, share in self.sensitivity.items())
        lines += [f"of planted copies, this finds:  {'  '.join(shares)}", ""]
        lines.append(ROW.format("measure", "value", "95% interval", "real", "what it means"))
        for name, (attack, real) in self.attacks.items():
            interval = f"{attack.low:.3f} to {attack.high:.3f}"
            control = "-" if real is None else f"{real.auc:.3f}"
            meaning = f"AUC, 0.5 is guessing; at 1% false ones it finds {attack.found:.1%}"
            lines.append(ROW.format(name, f"{attack.auc:.3f}", interval, control, meaning))
        for name, values in self.measures.items():
            value, real = (f"{value:.2f}" for value in values)
            lines.append(ROW.format(name, value, "", real, MEANINGS[name]))
        return "\n".join(lines)


def audit(
    samples: np.ndarray,
    dataset: Dataset,
    yardstick: "Yardstick | None" = None,
    discriminator: "keras.Model | None" = None,
    seed: int = 0,
) -> Audit:
    """Tells whether samples are copies of training images.

    Args:
        samples: `uint8` array of shape `(n, 28, 28, 1)`, from 0 to 255, at least 100.
        dataset: A `Dataset`: the images that the generator was trained on, and as
            `test_images` at least 100 images that it never saw.
        yardstick: The `Yardstick` whose features to use; without one, the features are
            pixels in a view that forgives shifts and slants.
        discriminator: The discriminator that the generator was trained with, or `None`.
        seed: Integer, fixes every random choice.

    Returns:
        An `Audit`.

    Raises:
        UserError: If there are too few images, or the held-out ones are among the
            training images.

    Example:

    >>> samples = draw_samples(generator, 10_000)
    >>> print(audit(samples, load_data("mnist")).verdict)
    """
    sides = Sides(samples, dataset, seed)
    rng = np.random.default_rng([seed, 1])
    training = copies.TrainingImages(sides.train)
    drawn, held_out = training.described(samples), training.described(sides.held_out)
    likeness = training.likeness(drawn)
    honest = training.honest(held_out)
    sensitivity = copies.sensitivity_to(copies.plant(training, rng), honest)
    verdict = copies.judge(likeness.ratios, honest, sensitivity)
    by_class = None
    if dataset.labels is not None:
        copied = sides.train_classes[likeness.nearest[likeness.ratios < verdict.limit]]
        counts = np.bincount(copied, minlength=len(dataset.classes))
        by_class = dict(zip(dataset.classes, counts.tolist(), strict=True))
    features = Described(sides, _describe(yardstick, training))
    return Audit(
        len(samples),
        len(sides.held_out),
        verdict,
        dataclasses.replace(
            likeness,
            nearest=sides.train_rows[likeness.nearest],
            next=sides.train_rows[likeness.next],
        ),
        sensitivity[verdict.rank],
        by_class,
        _attacks(sides, features, discriminator, seed),
        _measures(training.points[0], held_out[0], drawn[0], features, seed),
        "pixels" if yardstick is None else yardstick.name,
    )


def _describe(yardstick, training):
    if yardstick is None:
        return training.views[0]
    return lambda images: yardstick.measure(images).features


def _attacks(sides, features, discriminator, seed):
    def nearest(at, drawn):
        return [membership.nearness(points, drawn) for points in (at.members, at.others)]

    def density(at, drawn):
        judged = np.concatenate([at.members, at.others])
        ratios = membership.density_ratio(judged, drawn, at.reference)
        return np.split(ratios, [len(at.members)])

    pixels = Described(sides, _flat)
    attacks = {
        name: tuple(
            membership.measure_attack(*score(at, drawn), seed) for drawn in (at.samples, at.real)
        )
        for name, score, at in (
            ("nearest in pixels", nearest, pixels),
            ("nearest in features", nearest, features),
            ("density ratio", density, features),
        )
    }
    if discriminator is not None:
        scores = _logits(sides, discriminator)
        if scores is not None:
            attacks[DISCRIMINATOR] = membership.measure_attack(*scores, seed), None
    return attacks


def _logits(sides, discriminator):
    """What a discriminator says of the images to judge; `None` if it needs labels they lack."""
    scores = []
    for images, classes, n in (
        (sides.train, sides.train_classes, sides.members),
        (sides.held_out, sides.held_out_classes, sides.others),
    ):
        labels = None
        if is_conditional(discriminator):
            if classes is None or classes[:n].min() < 0:
                return None
            labels = classes[:n]
        inputs = with_labels(to_unit_range(images[:n]), labels)
        scores.append(predict(discriminator, inputs)[:, 0])
    return scores


def _measures(train, held_out, drawn, features, seed):
    n = min(len(held_out), len(train) // 2)
    gaps = (
        generalisation_gap(features.members, features.others, each)
        for each in (features.samples, features.real)
    )
    return {
        "C_T": (
            data_copying(train, held_out, drawn, seed),
            data_copying(train[n:], held_out, train[:n], seed),
        ),
        "FLD gap": tuple(gaps),
    }


def _flat(images):
    return to_unit_range(images).reshape(len(images), -1)
