"""The speedrun: its recipes, its clock and its targets."""

import argparse
import sys

import pytest
from conftest import ROOT

from keras_gan.commands.options import Parser
from keras_gan.registry import COMMANDS
from keras_gan.settings import configure

sys.path.insert(0, str(ROOT / "benchmarks"))
import speedrun

RECIPES = sorted(speedrun.RECIPES.glob("*.txt"))


@pytest.mark.parametrize("path", RECIPES, ids=lambda path: path.stem)
def test_each_recipe_has_a_title_and_options_of_the_program(path):
    recipe = speedrun.read_recipe(path.stem)
    assert recipe.title.endswith(".")
    given = vars(Parser(COMMANDS["train"], "train", {}).parse_args(recipe.options))
    assert not given.pop("resume")
    config = configure(**given)
    assert config.epochs
    if "falls to 0" in recipe.title:
        assert config.learning_rate_decay > 0 == config.learning_rate_end


def test_a_recipe_has_options_of_its_own(tmp_path):
    path = tmp_path / "mine.txt"
    path.write_text("# One line,\n# and another.\n--images 500\n--epochs 2 --networks-from nets.py")
    recipe = speedrun.read_recipe(str(path))
    assert recipe.title == "One line, and another."
    assert recipe.options == ["--epochs", "2"]
    assert (recipe.images, recipe.networks_from) == (500, tmp_path / "nets.py")


@pytest.mark.parametrize(
    ("scores", "reached"),
    [
        ({"FID": 1.1, "coverage": 0.9}, []),
        ({"FID": 1.0, "coverage": 0.1}, ["bronze"]),
        ({"FID": 0.3, "coverage": 0.95}, ["bronze", "silver"]),
        ({"FID": 0.2, "coverage": 0.89}, ["bronze", "silver"]),
        ({"FID": 0.2, "coverage": 0.9}, ["bronze", "silver", "gold"]),
        ({"FID": 0.2, "coverage": 0.9, "label accuracy": 0.98}, []),
        ({"FID": 0.9, "coverage": 0.9, "label accuracy": 0.99}, ["bronze"]),
    ],
)
def test_targets(scores, reached):
    assert speedrun.targets_reached(scores) == reached


@pytest.mark.parametrize(
    ("labels", "reals_per_fake"),
    [("--conditional", 1), ("--clusters 100 --auxiliary-weight 0", 3), ("", 3)],
)
def test_operations_are_counted_within_networks_that_take_labels(labels, reals_per_fake, tmp_path):
    def operations(options):
        path = tmp_path / "recipe.txt"
        path.write_text(f"# A recipe.\n{options} --epochs 1")
        return speedrun.operations(speedrun.read_recipe(str(path)))

    without_labels = f"--clusters 0 --reals-per-fake {reals_per_fake}"
    assert 1 < operations(labels) / operations(without_labels) < 1.2


NETWORKS = """
from keras_gan import NETWORKS
from keras_gan.networks.mlp import build
NETWORKS["mine"] = build
"""


@pytest.mark.slow
def test_the_clock_runs_until_a_generator_is_saved(digits_file, tmp_path):
    (tmp_path / "nets.py").write_text(NETWORKS)
    recipe = tmp_path / "tiny.txt"
    recipe.write_text(
        "# Tiny.\n--images 100 --networks-from nets.py --networks mine --latent-dim 4 "
        "--batch-size 50 --epochs 2 --save-every 1 --no-jit-compile"
    )
    arguments = argparse.Namespace(recipe=str(recipe), data=str(digits_file))
    saved = speedrun.seconds_to_generators(arguments, 0, tmp_path / "run")
    names = [path.name for _, path in saved]
    assert names == ["generator_e001.keras", "generator_e002.keras", "generator.keras"]
    seconds = [seconds for seconds, _ in saved]
    assert 0 < seconds[0] < seconds[1] <= seconds[2]
    assert '"images": 100' in (tmp_path / "run" / "models" / "config.json").read_text()
