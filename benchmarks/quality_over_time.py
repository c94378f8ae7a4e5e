"""How good the samples are after so many seconds of training, ours and others'.

    python benchmarks/quality_over_time.py --data mnist.npz [--preset NAME]
        [--peers FOLDER] [--torch-python FILE] [--marks 60,120,240] [--rounds 1]
        [--plot FILE]

Each recipe trains alone, on one clock: the seconds of its training steps, without
start-up, drawing and measuring. At each mark it draws 10,000 samples, which one
and the same yardstick scores. `--peers` names a folder with other projects'
recipes, `peers_keras.py` and `peers_torch.py`, that do the same. Rounds follow one
another, and the table gives medians; the peers repeat one seed, ours take another
each round.
"""

import argparse
import dataclasses
import os
import pathlib
import statistics
import sys
import tempfile
import time

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

import keras
import numpy as np
from machine import add_peer_options, describe, print_table, run_peers
from matplotlib.figure import Figure

from keras_gan import AveragedGenerator, draw_latents, load_data, train
from keras_gan.config import PRESETS, configure
from keras_gan.data import to_bytes
from keras_gan.evaluation.classifier import load_yardstick
from keras_gan.evaluation.evaluate import evaluate
from keras_gan.job import build_networks
from keras_gan.plots import save_figure

SAMPLES = 10_000
SCORES = ("FID", "precision", "recall", "coverage", "confident share")


class EndOfClockError(Exception):
    """All marks have been reached."""


class SamplesAtMarks(keras.callbacks.Callback):
    """Draws samples when the training has taken so many seconds or, `by_images`, images."""

    def __init__(self, generator, latents, marks, name, folder, epoch_size, by_images):
        super().__init__()
        self.epoch_size = epoch_size
        self.generator, self.latents = generator, latents
        self.marks, self.name, self.folder = list(marks), name, folder
        self.by_images, self.images = by_images, 0

    def on_train_begin(self, logs=None):
        self.start = time.perf_counter()

    def on_train_batch_end(self, batch, logs=None):
        now = time.perf_counter()
        self.seconds = now - self.start
        batch_size = self.params["batch_size"]
        self.images += min(batch_size, self.epoch_size - batch * batch_size)
        if (self.images if self.by_images else self.seconds) >= self.marks[0]:
            images = self.generator.predict(self.latents, batch_size=500, verbose=0)
            mark = self.marks.pop(0)
            np.savez(self.folder / f"{self.name}_{mark:05}.npz", x=to_bytes(images)[..., 0])
            if not self.marks:
                raise EndOfClockError
            self.start += time.perf_counter() - now


def train_ours(preset, images, marks, folder, seed, by_images=False):
    """Trains a preset, leaves samples at marks, and returns the seconds until the last."""
    config = configure(preset=preset, seed=seed)
    keras.utils.set_random_seed(seed)
    composite = build_networks(config)
    average = AveragedGenerator(composite.generator, config.average)
    generator = average.generator if config.average else composite.generator
    rng = np.random.default_rng([seed, 2])
    latents = draw_latents(rng, SAMPLES, config.latent_dim, config.latent_distribution)
    name = f"our_{preset}"
    samples = SamplesAtMarks(generator, latents, marks, name, folder, len(images), by_images)
    try:
        train(
            composite,
            images,
            epochs=1_000_000,
            batch_size=config.batch_size,
            seed=seed,
            callbacks=[average, samples],
            **config.step_settings,
        )
    except EndOfClockError:
        return samples.seconds


def samples_of_a_round(arguments, images, marks, seed, folder):
    """Trains each recipe, and yields `(name, mark, path)` of what they drew."""
    for preset in arguments.preset or ["default"]:
        train_ours(preset, images, marks, folder, seed)
    data = str(pathlib.Path(arguments.data).resolve())
    in_order = ",".join(map(str, marks))
    for peer, _ in run_peers(arguments, marks[-1], folder, in_order, MNIST_NPZ=data):
        print(f"{peer} is trained.", file=sys.stderr, flush=True)
    for path in sorted(folder.glob("*.npz")):
        name, mark = path.stem.rsplit("_", 1)
        yield name, int(mark), path


def score(path, dataset, yardstick):
    """What the samples in a file score, as `evaluate` says it."""
    with np.load(path) as file:
        return evaluate(file["x"][..., None], dataset, yardstick)


def plot(curves, floor, path):
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
    marks = sorted(int(mark) for mark in arguments.marks.split(","))
    print(describe() + "\n")

    dataset = load_data(data=arguments.data)
    if dataset.labels is None or dataset.test_images is None:
        parser.error("the data need labels, for a yardstick, and test images to compare with")
    if arguments.rounds < 1:
        parser.error("there must be a round")
    yardstick = load_yardstick(dataset)
    # What real digits score takes some of them; a search for copies among all would take long.
    some = np.random.default_rng(0).permutation(len(dataset.images))[: 2 * SAMPLES]
    few = dataclasses.replace(dataset, images=dataset.images[some], labels=None)
    found, floor = {}, None
    for seed in range(arguments.rounds):
        with tempfile.TemporaryDirectory() as out:
            samples = samples_of_a_round(arguments, dataset.images, marks, seed, pathlib.Path(out))
            for name, mark, path in samples:
                result = score(path, few, yardstick)
                floor = result.scores["FID"].reference
                shares = min(result.class_shares), max(result.class_shares)
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
