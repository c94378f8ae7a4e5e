"""How often an audit finds planted copies, and how often it cries wolf.

    python benchmarks/audit_power.py mnist.npz

Copies of training digits are planted among honest digits, and `judge`, which decides what
`audit` says of copies, is asked about them. A trial divides digits at random into 30,000
training digits, 10,000 held-out ones and 10,000 honest samples; some of the samples are then
replaced by copies of training digits. None of these digits was looked at when the audit was
made: that was done with the first 20,000 training digits of MNIST, which are left out here.

There are two kinds of division. In the first, all three parts are drawn from the same digits.
In the second, the held-out ones are MNIST's 10,000 test digits, which other people wrote than
the rest.

What is known of each digit, its nearest digits among all, is computed once. A trial takes of
these the ones that are training digits in it, so a hundred trials take little longer than one.
"""

import argparse
import time

import numpy as np
from machine import describe, print_table
from scipy.stats import beta

from keras_gan.auditing import copies
from keras_gan.auditing.neighbours import nearest
from keras_gan.auditing.planting import COPIES, copies_of
from keras_gan.auditing.views import fitted_views
from keras_gan.data import load_data

TUNED_ON = 20_000
HELD_OUT, SAMPLES = 10_000, 10_000
SHARES = (0.01, 0.003, 0.001)
# So many digits have copies made of them, in each form; a trial takes of those some whose
# originals are training digits in it.
COPIED = 4_000
NEIGHBOURS = 40
# With fewer training digits than this, the nearest are searched for in each trial.
FEW = 20_000


class Known:
    """The digits that trials are made of, and the nearest of these to each and to copies.

    Attributes:
        training: Integer, how many of them are training digits in a trial.
        digits: Integer, how many there are.
        tests: Integer, how many of them, the last ones, are test digits.
        originals: Integer array, the digits that copies are made of.
    """

    def __init__(self, path, training, seed):
        data = load_data(data=path)
        images = np.concatenate([data.images[TUNED_ON:], data.test_images])
        self.training, self.digits, self.tests = training, len(images), len(data.test_images)
        rng = np.random.default_rng(seed)
        self.originals = rng.permutation(self.digits)[:COPIED]
        views = fitted_views(images)
        self.points = [view(images) for view in views]
        self.queries = {None: self.points}
        for form in COPIES:
            planted = copies_of(images[self.originals], form, rng)
            self.queries[form] = [view(planted) for view in views]
        self.near = {}
        if training >= FEW:
            self.near = {
                form: [
                    nearest(*pair, NEIGHBOURS) for pair in zip(queries, self.points, strict=True)
                ]
                for form, queries in self.queries.items()
            }

    def ratios(self, rows, trial, form=None):
        """The ratios, as in `Likeness`, of digits or copies to the training digits of a trial."""
        found = []
        for view, points in enumerate(self.points):
            if self.near:
                distances, indices = (array[rows] for array in self.near[form][view])
            else:
                queries = self.queries[form][view][rows]
                distances, places = nearest(queries, points[trial.training], 4)
                indices = trial.training[places]
            others = trial.in_training[indices]
            if form is None:
                others &= indices != rows[:, None]
            distances = np.sort(np.where(others, distances, np.inf), axis=1)
            first, last = distances[:, 0], distances[:, copies.COMPARED_WITH - 1]
            if not np.isfinite(last).all():
                raise RuntimeError("too few neighbours are known; raise NEIGHBOURS")
            found.append(np.where(last > 0, first / np.maximum(last, 1e-9), 1))
        return np.min(found, axis=0)


class Trial:
    """A division of the digits, and the ratios of each part."""

    def __init__(self, known, rng, other_writers):
        self.known = known
        count = known.digits - known.tests if other_writers else known.digits
        order = rng.permutation(count)
        ends = np.cumsum([known.training, SAMPLES, HELD_OUT])
        self.training, samples, held_out, _ = np.split(order, ends)
        if other_writers:
            held_out = np.arange(count, known.digits)  # the test digits
        self.in_training = np.zeros(known.digits, bool)
        self.in_training[self.training] = True
        # As `TrainingImages.honest` has it.
        left_out = self.training[: copies.LEFT_OUT]
        if len(left_out) < copies.FEW_LEFT_OUT:
            left_out = np.concatenate([left_out, held_out])
        self.honest = copies.thinned(known.ratios(left_out, self))
        self.samples = known.ratios(samples, self)
        # Two parts: copies to plant, and others that tell how many of such are found.
        can = rng.permutation(np.flatnonzero(self.in_training[known.originals]))
        self.to_plant, others = np.array_split(can, 2)
        planted = {form: known.ratios(others, self, form) for form in COPIES}
        self.sensitivity = copies.sensitivity_to(planted, self.honest)

    def verdict(self, form=None, share=0.0):
        """What is said where a share of the samples are copies."""
        ratios = self.samples.copy()
        if form is not None:
            # Where there are few training digits, some are copied again and again.
            rows = np.resize(self.to_plant, round(share * len(ratios)))
            ratios[: len(rows)] = self.known.ratios(rows, self, form)
        return copies.judge(ratios, self.honest, self.sensitivity)


def rate(hits):
    """A rate as text, with its interval of 95% by Clopper and Pearson."""
    n, k = len(hits), int(np.sum(hits))
    low = beta.ppf(0.025, k, n - k + 1) if k else 0.0
    high = beta.ppf(0.975, k + 1, n - k) if k < n else 1.0
    return f"{k} of {n} ({low:.1%} to {high:.1%})"


def print_power(known, trials, null_trials, seed, other_writers):
    rng = np.random.default_rng([seed, other_writers])
    found = {(form, share): [] for form in COPIES for share in SHARES}
    covered = {case: [] for case in found}
    shares = {case: [] for case in found}
    alarms, limits = [], []
    for number in range(null_trials):
        trial = Trial(known, rng, other_writers)
        verdict = trial.verdict()
        alarms.append(verdict.found)
        limits.append(verdict.high)
        if number < trials:
            for form, share in found:
                verdict = trial.verdict(form, share)
                found[form, share].append(verdict.found)
                covered[form, share].append(verdict.low <= share <= verdict.high)
                shares[form, share].append(verdict.share)
    print(f"\nfalse alarms on honest digits: {rate(alarms)}")
    print(f"of honest digits it says that at most {np.median(limits):.2%} are copies (median)\n")
    columns = ["copies", "planted", "found", "share told, mean", "its interval holds the true one"]
    rows = []
    for case, hits in found.items():
        form, share = case
        told, holds = f"{np.mean(shares[case]):.2%}", f"{np.mean(covered[case]):.0%}"
        rows.append([form, f"{share:.1%}", rate(hits), told, holds])
    print_table(columns, rows)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", help="mnist.npz, as Keras downloads it")
    parser.add_argument("--trials", type=int, default=100, help="for each form and share")
    parser.add_argument("--null-trials", type=int, default=1000, help="without any copies")
    parser.add_argument("--training", type=int, default=30_000, help="training digits of a trial")
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    print(describe())
    start = time.monotonic()
    known = Known(arguments.data, arguments.training, arguments.seed)
    for other_writers in (False, True):
        writers = "other" if other_writers else "the same"
        print(f"\nheld-out digits of {writers} writers")
        print_power(known, arguments.trials, arguments.null_trials, arguments.seed, other_writers)
    print(f"\n{time.monotonic() - start:.0f} s")


if __name__ == "__main__":
    main()
