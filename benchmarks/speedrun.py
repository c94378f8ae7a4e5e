"""How long a recipe takes from the command to a generator that reaches a target.

    python benchmarks/speedrun.py RECIPE --data mnist.npz --seeds 3

`docs/records.md` has the rules, the targets and the records. A recipe is a name in
`benchmarks/recipes/`, or a path: a text file with options of `main.py`. A line that
begins with # says what the recipe changes. Two options are of this script:

- `--images N` trains on as many of the images, chosen anew for each seed;
- `--networks-from FILE` first runs a Python file beside the recipe, which adds
  networks to `keras_gan.NETWORKS`.

A run is a process of its own, one seed after the other. Its clock starts with the
process, and ends when a saved generator is whole on disk: Python's start, imports,
compiling, reading and pictures are in it. Nothing compiled is kept between runs. When
all runs have ended, 10,000 samples of each saved generator are scored against the test
images. A target is reached when the mean of the seeds' scores reaches it, in the mean
of their times.
"""

import argparse
import dataclasses
import os
import pathlib
import runpy
import shlex
import statistics
import subprocess
import sys
import tempfile
import time

from machine import build, describe, print_table

RECIPES = pathlib.Path(__file__).parent / "recipes"
SAMPLES = 10_000
TARGETS = {
    "bronze": {"FID": 1.0},
    "silver": {"FID": 0.40},
    "gold": {"FID": 0.20, "coverage": 0.90},
}
LABEL_ACCURACY = 0.99  # of a conditional generator, beside each of these
SCORES = ("FID", "precision", "recall", "coverage", "confident share", "label accuracy")


@dataclasses.dataclass(frozen=True)
class Recipe:
    """A recipe's file, read.

    Attributes:
        path: Path of the file.
        title: String, what the recipe changes.
        words: List of strings, all options of the file.
        options: List of strings, those of `main.py` alone.
        images: Integer, how many images it trains on; `None` for all.
        networks_from: Path of a Python file, or `None`.
    """

    path: pathlib.Path
    title: str
    words: list[str]
    options: list[str]
    images: int | None
    networks_from: pathlib.Path | None


def read_recipe(name):
    """Reads the recipe of that name, or in that file."""
    path = pathlib.Path(name)
    if not path.suffix:
        path = RECIPES / f"{name}.txt"
    lines = path.read_text(encoding="utf-8").splitlines()
    comments = [line.lstrip("# ") for line in lines if line.startswith("#")]
    words = shlex.split(" ".join(line for line in lines if not line.startswith("#")))
    parser = argparse.ArgumentParser(prog=str(path), allow_abbrev=False)
    parser.add_argument("--images", type=int)
    parser.add_argument("--networks-from")
    ours, options = parser.parse_known_args(words)
    networks_from = ours.networks_from and path.parent / ours.networks_from
    return Recipe(path, " ".join(comments), words, options, ours.images, networks_from)


def train(recipe, data, seed):
    """One run, in the current folder: what the clock is for. Ends the process."""
    import numpy as np

    if recipe.images:
        with np.load(data) as file:
            rows = np.random.default_rng(seed).permutation(len(file["x_train"]))[: recipe.images]
            np.savez("images.npz", x_train=file["x_train"][rows], y_train=file["y_train"][rows])
        data = "images.npz"
    if recipe.networks_from:
        from keras_gan.backend import start_keras

        start_keras()
        runpy.run_path(str(recipe.networks_from))
    from keras_gan.cli import main

    sys.exit(main([*recipe.options, "--data", data, "--seed", str(seed), "--quiet"]))


def seconds_to_generators(arguments, seed, folder):
    """Runs a recipe with a seed.

    Returns:
        A list of pairs: the seconds to a saved generator, and its path. The last is
        `generator.keras`.
    """
    command = [sys.executable, str(pathlib.Path(__file__).resolve()), arguments.recipe]
    if pathlib.Path(arguments.recipe).suffix:
        command[-1] = os.path.abspath(arguments.recipe)
    command += ["--data", os.path.abspath(arguments.data), "--train", str(seed)]
    folder.mkdir()
    start = time.time()
    environment = os.environ | {"KERAS_HOME": str(folder)}  # without code compiled earlier
    subprocess.run(command, cwd=folder, env=environment, check=True, stdout=subprocess.DEVNULL)
    saved = [*sorted(folder.glob("models/generator_e*.keras")), folder / "models/generator.keras"]
    return [(path.stat().st_mtime - start, path) for path in saved]


def score(path, dataset, yardstick, seed):
    """The scores of a generator: a dict from their names to their values."""
    import keras

    from keras_gan import evaluate
    from keras_gan.evaluation.samples import samples_from
    from keras_gan.generation.origin import read_origin

    distribution = read_origin(path).latent_distribution
    generator = keras.saving.load_model(path)
    images, labels = samples_from(generator, SAMPLES, dataset, seed, distribution)
    scores = evaluate(images, dataset, yardstick, seed, labels).scores
    return {name: scores[name].value for name in SCORES if name in scores}


def targets_reached(scores):
    """The names of the targets that scores reach."""
    if scores.get("label accuracy", 1.0) < LABEL_ACCURACY:
        return []
    return [
        name
        for name, target in TARGETS.items()
        if scores["FID"] <= target["FID"] and scores["coverage"] >= target.get("coverage", 0)
    ]


def operations(recipe):
    """Floating-point operations of a run, those of layers with weights alone."""
    from step_speed import uses_in_a_step

    from keras_gan.commands.options import Parser
    from keras_gan.registry import COMMANDS
    from keras_gan.settings import configure

    if recipe.networks_from:
        runpy.run_path(str(recipe.networks_from))
    given = vars(Parser(COMMANDS["train"], "train", {}).parse_args(recipe.options))
    config = configure(**{name: value for name, value in given.items() if name != "resume"})
    composite = build(config)
    steps = (recipe.images or 60_000) // (config.batch_size * config.discriminator_steps)
    return config.epochs * steps * sum(use.flops for use in uses_in_a_step(composite, config))


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("recipe", help="a name in benchmarks/recipes, or a file")
    parser.add_argument("--data", required=True, help="MNIST in Keras' layout")
    parser.add_argument("--seeds", type=int, default=3, help="how many runs")
    parser.add_argument("--train", type=int, metavar="SEED", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    recipe = read_recipe(arguments.recipe)
    if arguments.train is not None:
        train(recipe, arguments.data, arguments.train)

    print(f"{recipe.path.stem}: {recipe.title}\n{shlex.join(recipe.words)}")
    with tempfile.TemporaryDirectory() as folder:
        runs = [
            seconds_to_generators(arguments, seed, pathlib.Path(folder) / str(seed))
            for seed in range(arguments.seeds)
        ]
        report(recipe, arguments.data, runs)


def report(recipe, data, runs):
    """Scores the generators of all runs, and prints a table."""
    import numpy as np

    from keras_gan import load_data, load_yardstick

    dataset = load_data(data=data)
    yardstick = load_yardstick(dataset)
    # Enough for the scores of real digits. With all, the search for copies would take long.
    some = np.random.default_rng(0).permutation(len(dataset.images))[:SAMPLES]
    few = dataclasses.replace(dataset, images=dataset.images[some], labels=dataset.labels[some])
    print(f"{describe()}; {operations(recipe) / 1e12:,.1f} Tflop a run\n")
    rows, reached = [], {}
    for generators in zip(*runs, strict=True):
        seconds = [seconds for seconds, _ in generators]
        scores = [score(path, few, yardstick, seed) for seed, (_, path) in enumerate(generators)]
        means = {name: statistics.mean(each[name] for each in scores) for name in scores[0]}
        for target in targets_reached(means):
            reached.setdefault(target, statistics.mean(seconds))
        rows.append(
            [
                generators[0][1].stem,
                _mean_of(seconds, ".1f"),
                _mean_of([each["FID"] for each in scores], ".3f"),
                *(f"{means[name]:.3f}" for name in SCORES[1:] if name in means),
            ]
        )
    print_table(["generator", "seconds", "FID", *(n for n in SCORES[1:] if n in means)], rows)
    for target in TARGETS:
        told = f"reached in {reached[target]:.1f} s" if target in reached else "not reached"
        print(f"{target}: {told}")


def _mean_of(values, form):
    each = ", ".join(format(value, form) for value in values)
    return f"{statistics.mean(values):{form}} ({each})"


if __name__ == "__main__":
    main()
