"""How good the samples are after so many seconds of training: our recipes and others.

    python benchmarks/quality_over_time.py --data mnist.npz [--preset NAME]
        [--peers FOLDER] [--torch-python FILE] [--marks 60,120,240] [--rounds 1]
        [--plot FILE]

Each recipe trains alone, at a constant learning rate. Only the seconds of its training
steps count: not start-up, sorting into clusters, drawing and measuring. At each mark it
draws 10,000 samples, and one yardstick measures those of all recipes. `--peers` names a
folder with the recipes of other projects, `peers_keras.py` and `peers_torch.py`, which
are trained in the same way.
The table gives medians over the rounds. Each round has another seed for our recipes;
the peers repeat one seed.
"""

import argparse
import contextlib
import dataclasses
import pathlib
import statistics
import sys
import tempfile
import time

import numpy as np
from machine import add_peer_options, describe, print_table, run_peers
from matplotlib.figure import Figure

from keras_gan import (
    PRESETS,
    GanCallback,
    configure,
    draw_samples,
    evaluate,
    load_data,
    load_yardstick,
    train,
)
from keras_gan.pictures.plots import save_figure
from keras_gan.runs.job import STEPS_PER_EXECUTION
from keras_gan.runs.preparing import prepare

SAMPLES = 10_000
SCORES = ("FID", "precision", "recall", "coverage", "confident share")


class AllMarksReachedError(Exception):
    """The training has reached its last mark."""


class SamplesAtMarks(GanCallback):
    """Draws samples each time that the training reaches a mark, and ends it at the last.

    Args:
        generator: The model that draws.
        draw: Function from that model to samples, `uint8` array `(n, 28, 28, 1)`.
        marks: List of integers, in order: seconds of training.
        by_images: Boolean, whether marks are numbers of real images instead.
        path: Function from a mark to the path of a file for the samples.

    Attributes:
        seconds: Float, how long the training has taken, without the drawing.
    """

    def __init__(self, generator, draw, marks, by_images, path):
        super().__init__(generator)
        self.draw = draw
        self.marks = list(marks)
        self.by_images = by_images
        self.path = path

    def before_training(self):
        self.images = 0
        self.start = time.perf_counter()

    def on_train_batch_end(self, batch, logs=None):
        now = time.perf_counter()
        self.seconds = now - self.start
        self.images += self.params["batch_size"]
        if (self.images if self.by_images else self.seconds) >= self.marks[0]:
            np.savez(self.path(self.marks.pop(0)), x=self.draw(self.generator)[..., 0])
            if not self.marks:
                raise AllMarksReachedError
            self.start += time.perf_counter() - now


def train_preset(preset, data, marks, folder, seed, by_images=False):
    """Trains a preset up to the last mark, and leaves its samples in a folder.

    Args:
        preset: String, a key of `PRESETS`.
        data: Path of the images to train on.
        marks: List of integers, in order: seconds of training.
        folder: Path of a folder for files `our_PRESET_MARK.npz`.
        seed: Integer, start of all random numbers.
        by_images: Boolean, whether marks are numbers of real images instead.

    Returns:
        The seconds of the training, without start-up and drawing.
    """
    config = configure(preset, seed=seed, data=data, learning_rate_decay=0.0, quiet=True)
    run = prepare(config, None)
    samples = SamplesAtMarks(
        run.generator if config.average else run.composite.generator,
        lambda generator: draw_samples(generator, SAMPLES, seed, config.latent_distribution),
        marks,
        by_images,
        lambda mark: folder / f"our_{preset}_{mark:05}.npz",
    )
    with contextlib.suppress(AllMarksReachedError):
        train(
            run.composite,
            run.dataset.images,
            run.labels,
            epochs=1_000_000,
            batch_size=config.batch_size,
            callbacks=[run.average, samples],
            seed=seed,
            discriminator_steps=config.discriminator_steps,
            reals_per_fake=config.reals_per_fake,
            fresh_latents=config.fresh_latents,
            latent_distribution=config.latent_distribution,
            steps_per_execution=STEPS_PER_EXECUTION,
        )
    return samples.seconds


def samples_of_a_round(arguments, marks, seed, folder):
    """Trains each recipe, and yields `(name, mark, path)` of the samples at each mark."""
    for preset in arguments.preset or ["default"]:
        train_preset(preset, arguments.data, marks, folder, seed)
    data = str(pathlib.Path(arguments.data).resolve())
    in_order = ",".join(map(str, marks))
    for peer, _ in run_peers(arguments, marks[-1], folder, in_order, MNIST_NPZ=data):
        print(f"{peer} is trained.", file=sys.stderr, flush=True)
    for path in sorted(folder.glob("*.npz")):
        name, mark = path.stem.rsplit("_", 1)
        yield name, int(mark), path


def score(path, dataset, yardstick):
    """Evaluates the samples in a file, and returns what `evaluate` does."""
    with np.load(path) as file:
        return evaluate(file["x"][..., None], dataset, yardstick)


def plot(curves, floor, path):
    """Draws FID over seconds: `curves` maps names to lists of `(seconds, fid)`."""
    figure = Figure(figsize=(8, 5), layout="constrained")
    axes = figure.add_subplot()
    for name, points in curves.items():
        axes.plot(*zip(*points, strict=True), marker="o", label=name)
    axes.axhline(floor, color="gray", linestyle="--", label="real digits")
    axes.set(
        xlabel="seconds of training",
        xticks=sorted({seconds for points in curves.values() for seconds, _ in points}),
        ylabel="FID of 10,000 samples, lower is better",
        yscale="log",
    )
    axes.grid(alpha=0.3)
    figure.legend(loc="outside right upper")
    save_figure(figure, path)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--data", required=True)
    parser.add_argument("--preset", choices=PRESETS, action="append")
    add_peer_options(parser)
    parser.add_argument("--marks", default="60,120,240")
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--plot", metavar="FILE")
    arguments = parser.parse_args()
    if arguments.rounds < 1:
        parser.error("--rounds must be at least 1")
    marks = sorted(int(mark) for mark in arguments.marks.split(","))
    print(describe() + "\n")

    dataset = load_data(data=arguments.data)
    if dataset.labels is None or dataset.test_images is None:
        parser.error("--data needs labels, for a yardstick, and test images to compare with")
    yardstick = load_yardstick(dataset)
    # Enough for the scores of real digits. With all, the search for copies would take long.
    some = np.random.default_rng(0).permutation(len(dataset.images))[: 2 * SAMPLES]
    few = dataclasses.replace(dataset, images=dataset.images[some], labels=None)
    found, floor = {}, None
    for seed in range(arguments.rounds):
        with tempfile.TemporaryDirectory() as out:
            samples = samples_of_a_round(arguments, marks, seed, pathlib.Path(out))
            for name, mark, path in samples:
                result = score(path, few, yardstick)
                floor = result.scores["FID"].reference
                shares = result.class_shares.values()
                shares = min(shares), max(shares)
                scores = *(result.scores[kind].value for kind in SCORES), *shares
                found.setdefault((name, mark), []).append(scores)
                print(f"Round {seed + 1}: {name}, {mark} s, {scores}", file=sys.stderr, flush=True)
    curves, rows = {}, []
    for (name, mark), rounds in found.items():
        *scores, least, most = map(statistics.median, zip(*rounds, strict=True))
        curves.setdefault(name, []).append((mark, scores[0]))
        values = [f"{value:.3f}" for value in scores]
        rows.append([name, mark, *values, f"{least:.1%} to {most:.1%}"])
    print_table(["recipe", "seconds", *SCORES, "digits' shares"], rows)
    print(f"FID of real digits: {floor:.3f}. Medians of {arguments.rounds} rounds.")
    if arguments.plot:
        plot(curves, floor, arguments.plot)


if __name__ == "__main__":
    main()
