"""The README's code does what the README says."""

import re

import keras
import pytest
from conftest import ROOT

README = (ROOT / "README.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```python\n(.*?)```", README, re.DOTALL)


@pytest.fixture
def workplace(digits, tmp_path, monkeypatch):
    """A folder as a run leaves it, and a small MNIST in place of a download."""
    from keras_gan import build_generator

    monkeypatch.chdir(tmp_path)
    small_mnist = (digits[0][..., 0], digits[1]), (digits[0][..., 0], digits[1])
    monkeypatch.setattr(keras.datasets.mnist, "load_data", lambda: small_mnist)
    (tmp_path / "models").mkdir()
    (tmp_path / "plots").mkdir()
    build_generator().save(tmp_path / "models" / "generator.keras")
    return tmp_path


def block_with(words):
    [block] = [block for block in BLOCKS if words in block]
    return block


def test_the_saved_generator_draws_digits_with_plain_keras(workplace):
    block = block_with("load_model")
    assert "keras_gan" not in block
    assert len(block.strip().splitlines()) <= 10
    exec(block, {})
    assert (workplace / "digits.png").stat().st_size > 1000


def test_the_same_job_from_python(workplace):
    names = {}
    exec(block_with("load_data"), names)
    assert len(names["history"].history["d_loss"]) == 5
    assert (workplace / "plots" / "generated_plot_e005.png").exists()
    assert (workplace / "my_digits.png").exists()


def test_the_keras_2_composite_stops_learning_and_ours_does_not(workplace, capsys):
    names = {}
    with pytest.warns(UserWarning, match="does not have any trainable weights"):
        exec(block_with("as written for Keras 2"), names)
    exec(block_with("composite.train_on_batch"), names)
    assert capsys.readouterr().out.splitlines() == [
        "discriminator learned: False",
        "discriminator learned: True",
    ]


FLAG = r"(?<![-\w])--[a-z][a-z0-9-]+"


def test_every_flag_in_the_readme_is_one(capsys):
    from keras_gan.cli import main

    for arguments in (["--help"], ["evaluate", "--help"]):
        with pytest.raises(SystemExit):
            main(arguments)
    known = set(re.findall(r"--[a-z][a-z0-9-]+", capsys.readouterr().out))
    lines = [line for line in README.splitlines() if "pip " not in line]
    ours = re.sub(r"`python benchmarks/[^`]*`", "", "\n".join(lines))
    assert set(re.findall(FLAG, ours)) <= known


def test_every_benchmark_in_the_readme_is_one_and_takes_its_flags():
    shared = (ROOT / "benchmarks" / "machine.py").read_text(encoding="utf-8")
    program = (ROOT / "keras_gan" / "cli.py").read_text(encoding="utf-8")
    commands = re.findall(r"`python benchmarks/(\w+\.py)([^`]*)`", README)
    assert commands
    for script, arguments in commands:
        source = (ROOT / "benchmarks" / script).read_text(encoding="utf-8")
        source += shared if "add_peer_options(parser)" in source else ""
        source += program if "run_program(" in source else ""
        for flag in re.findall(FLAG, arguments):
            assert f'"{flag}"' in source


def test_every_recipe_is_in_the_readme_and_its_example_is_one():
    from keras_gan.config import PRESETS, configure

    for preset in PRESETS:
        assert f"`{preset}`" in README
    (settings,) = eval(f"[{{{block_with('calm').strip()}}}]")
    configure(**settings["calm"])
