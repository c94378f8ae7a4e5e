"""Samples that are copies of one training image, moved, slanted, thickened or noisy ones too."""

import dataclasses

import numpy as np

from keras_gan.auditing.neighbours import nearest
from keras_gan.auditing.planting import COPIES, copies_of
from keras_gan.auditing.views import View, fitted_views

# A copy is far nearer to its original than to the other images. Its nearest image is compared
# with the third, since the second may be another copy of the same one.
COMPARED_WITH = 3
# Samples are counted that are more like a copy than so many of the honest images. None is more
# than this share of them, or the count would tell of other things than copies.
RANKS = (1, 3, 10, 30)
MAX_RANK_SHARE = 1 / 500
# Where no sign of copying is found, the limit that so many of the honest images pass is told.
USUAL_SHARE = 1 / 2000
FALSE_ALARMS = 0.005
CONFIDENCE = 0.95
# Honest images are training images, each compared with the others: as many as there are, up to
# this number. Held-out images join them where there are fewer than `FEW_LEFT_OUT`. They would
# not do alone: two digits of one hand can be as near as a copy, and where other people wrote
# the held-out ones, these have no such pairs.
LEFT_OUT = 30_000
FEW_LEFT_OUT = 2_000
# How many copies of each form are planted to see how many are found.
PLANTED = 400


@dataclasses.dataclass(frozen=True)
class Likeness:
    """How much images are like a copy of a training image.

    Attributes:
        ratios: Array of shape `(n,)`: how far an image is from its nearest training
            image, as a part of how far it is from the third. 0 is a copy; most images
            that are none are near 1.
        nearest: Integer array of shape `(n,)`, the index of the nearest training image.
        next: Integer array of shape `(n,)`, that of the next one.
    """

    ratios: np.ndarray
    nearest: np.ndarray
    next: np.ndarray


class TrainingImages:
    """Training images, ready to be compared with others.

    Args:
        images: `uint8` array of shape `(m, 28, 28, 1)`, from 0 to 255; each differs
            from all others, and there are 4 or more.
    """

    def __init__(self, images: np.ndarray):
        self.images = images
        self.views: list[View] = fitted_views(images)
        self.points = self.described(images)

    def described(self, images: np.ndarray) -> list[np.ndarray]:
        """Images in each view: arrays of shape `(n, axes)`."""
        return [view(images) for view in self.views]

    def likeness(self, described: list[np.ndarray]) -> Likeness:
        """Compares images, in each view, with the training images: a `Likeness`.

        Of the views of an image, the one counts in which it is most like a copy.
        """
        return self._best(
            nearest(queries, points, COMPARED_WITH)
            for queries, points in zip(described, self.points, strict=True)
        )

    def likeness_of_left_out(self, rows: np.ndarray) -> Likeness:
        """Compares training images with the others, as if each had been left out."""
        found = []
        for points in self.points:
            distances, indices = nearest(points[rows], points, COMPARED_WITH + 1)
            # Itself goes to the end.
            order = np.argsort(indices == rows[:, None], axis=1, kind="stable")[:, :COMPARED_WITH]
            found.append([np.take_along_axis(array, order, 1) for array in (distances, indices)])
        return self._best(found)

    def honest(self, held_out: list[np.ndarray]) -> np.ndarray:
        """The ratios of images that are no copies.

        Args:
            held_out: Held-out images as `described` gives them.

        Returns:
            Array of the ratios of up to 30,000 training images, each compared with the
            others, and of the held-out images, if the former are fewer than 2,000; as
            `thinned` leaves them.
        """
        left_out = np.arange(min(len(self.images), LEFT_OUT))
        ratios = self.likeness_of_left_out(left_out).ratios
        if len(left_out) < FEW_LEFT_OUT:
            ratios = np.concatenate([ratios, self.likeness(held_out).ratios])
        return thinned(ratios)

    def _best(self, found):
        likenesses = []
        for distances, indices in found:
            first, last = distances[:, 0], distances[:, COMPARED_WITH - 1]
            ratios = np.divide(first, last, out=np.ones_like(first), where=last > 0)
            likenesses.append((ratios, indices[:, 0], indices[:, 1]))
        ratios, first, second = (np.stack(arrays) for arrays in zip(*likenesses, strict=True))
        best = ratios.argmin(axis=0)[None]
        return Likeness(*(np.take_along_axis(a, best, 0)[0] for a in (ratios, first, second)))


@dataclasses.dataclass(frozen=True)
class Verdict:
    """What the numbers of samples that are like copies come to.

    Attributes:
        p_value: Float, how likely so many are by chance, or more, where nothing was copied.
        rank: Integer, how many of the honest images the limit is put at.
        limit: Float, the ratio below which a sample counts.
        count: Integer, how many samples count.
        expected: Float, how many of so many honest images would.
        share: Float, the estimated share of copies among the samples.
        low: Float, the lower end of its interval.
        high: Float, the upper end.
    """

    p_value: float
    rank: int
    limit: float
    count: int
    expected: float
    share: float
    low: float
    high: float

    @property
    def found(self) -> bool:
        """Whether there are copies: wrong at most once in a hundred where there are none."""
        return self.p_value < FALSE_ALARMS


def judge(
    ratios: np.ndarray, honest: np.ndarray, sensitivity: dict[int, dict[str, float]]
) -> Verdict:
    """Tells whether samples are like copies more often than honest images are.

    The samples are counted that come before the first, the third, the tenth and the
    thirtieth of the honest images, in the order of their ratios. Where samples and honest
    images come from one distribution, every order of them is as likely, so the chance of
    such a count is that of a hypergeometric distribution, whatever the ratios are. The
    least of these chances counts, times their number (Bonferroni).

    Args:
        ratios: Array of shape `(n,)`, of the samples, as in `Likeness`.
        honest: Array of shape `(m,)`, of images that are no copies.
        sensitivity: Dict that maps ranks to dicts from forms of copies to the share of
            planted ones that is found, as of `sensitivity_to`.

    Returns:
        A `Verdict`. The share is the excess of the samples over the honest images,
        divided by the mean share of planted copies found; the interval has the limits of
        Clopper and Pearson, and its upper end is divided by the share of the form that is
        found least.
    """
    from scipy.stats import beta, hypergeom  # slow to import

    n, m = len(ratios), len(honest)
    limits = limits_of(honest)
    counts = {rank: int((ratios < limit).sum()) for rank, limit in limits.items()}
    tried = [rank for rank in limits if rank in ranks_of(m)]
    chances = {
        rank: float(hypergeom.cdf(rank - 1, n + m, m, counts[rank] + rank - 1)) for rank in tried
    }
    p_value = min(1.0, len(tried) * min(chances.values()))
    rank = min(chances, key=chances.get) if p_value < FALSE_ALARMS else usual_rank(m)
    count, base = counts[rank], rank / m
    found = sensitivity[rank].values()
    tail = (1 - CONFIDENCE) / 2
    low = beta.ppf(tail, count, n - count + 1) if count else 0.0
    high = beta.ppf(1 - tail, count + 1, n - count) if count < n else 1.0
    return Verdict(
        p_value,
        rank,
        float(limits[rank]),
        count,
        base * n,
        share=float(np.clip((count / n - base) / max(np.mean(list(found)), 1e-9), 0, 1)),
        low=float(max(0.0, low - base)),
        high=float(min(1.0, high / max(min(found), 1e-9))),
    )


def thinned(ratios: np.ndarray) -> np.ndarray:
    """Every second of the ratios of honest images, in their order.

    Two training images that are near each other are each left out once, so they come in
    pairs, and tell no more than half as many independent images do. And of digits that
    other people wrote, about half as many come near a single training digit.
    """
    return np.sort(ratios)[1::2]


def usual_rank(honest: int) -> int:
    """The rank among so many honest images whose limit is told where nothing is found."""
    return max(1, int(honest * USUAL_SHARE))


def ranks_of(honest: int) -> list[int]:
    """The ranks that are tried with so many honest images."""
    return [rank for rank in RANKS if rank == 1 or rank <= honest * MAX_RANK_SHARE]


def limits_of(honest: np.ndarray) -> dict[int, float]:
    """Maps ranks to the ratio of the honest image of that rank."""
    in_order = np.sort(honest)
    ranks = {*ranks_of(len(honest)), usual_rank(len(honest))}
    return {rank: in_order[rank - 1] for rank in sorted(ranks)}


def sensitivity_to(planted: dict[str, np.ndarray], honest: np.ndarray) -> dict:
    """The share of planted copies of each form below each limit.

    Args:
        planted: Dict that maps names of forms to the ratios of planted copies.
        honest: Array of shape `(m,)`, the ratios of honest images.

    Returns:
        Dict that maps ranks to dicts from forms to shares, as `judge` takes it.
    """
    return {
        rank: {form: float((ratios < limit).mean()) for form, ratios in planted.items()}
        for rank, limit in limits_of(honest).items()
    }


def plant(training: TrainingImages, rng: np.random.Generator) -> dict[str, np.ndarray]:
    """The ratios of copies of each form, of some training images."""
    rows = rng.permutation(len(training.images))[:PLANTED]
    copies = [copies_of(training.images[rows], form, rng) for form in COPIES]
    ratios = training.likeness(training.described(np.concatenate(copies))).ratios
    return dict(zip(COPIES, np.split(ratios, len(COPIES)), strict=True))
