"""The code in the README and the docs does what they say, and their commands are real."""

import re
import subprocess
import sys

import keras
import numpy as np
import pytest
from conftest import ROOT

from keras_gan import build_discriminator, build_generator, make_conditional

README = (ROOT / "README.md").read_text(encoding="utf-8")
PAGES = [ROOT / "README.md", ROOT / "benchmarks" / "README.md", *(ROOT / "docs").glob("*.md")]


@pytest.fixture
def workplace(digits, tmp_path, monkeypatch):
    """A folder as a run leaves it, and a small MNIST in place of a download."""
    monkeypatch.chdir(tmp_path)
    small_mnist = (digits[0][..., 0], digits[1]), (digits[0][..., 0], digits[1])
    monkeypatch.setattr(keras.datasets.mnist, "load_data", lambda: small_mnist)
    (tmp_path / "models").mkdir()
    (tmp_path / "plots").mkdir()
    build_generator().save(tmp_path / "models" / "generator.keras")
    return tmp_path


def block_with(words, page="README.md"):
    text = (ROOT / page).read_text(encoding="utf-8")
    blocks = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
    [block] = [block for block in blocks if words in block]
    return block


def test_the_saved_generator_draws_digits_with_plain_keras(workplace):
    block = block_with("save_img")
    assert "keras_gan" not in block
    assert len(block.strip().splitlines()) <= 10
    exec(block, {})
    assert (workplace / "digits.png").stat().st_size > 1000


@pytest.mark.parametrize("page", ["README.md", "docs/guide.md"])
def test_a_thousand_sevens_take_three_lines(page, workplace):
    pair = make_conditional(build_generator(), build_discriminator(), 10)
    pair[0].save(workplace / "models" / "generator.keras")
    block = block_with("sevens = ", page)
    assert len([line for line in block.splitlines() if "import" not in line and line]) <= 3
    names = {"keras": keras, "np": np}
    exec(block, names)
    assert names["sevens"].shape == (1000, 28, 28, 1)


@pytest.mark.slow
def test_the_same_job_from_python(workplace):
    names = {}
    exec(block_with("kg.load_data"), names)
    assert len(names["history"].history["d_loss"]) == 5
    assert (workplace / "plots" / "generated_plot_e005.png").exists()
    assert (workplace / "my_digits.png").exists()


@pytest.mark.on_tensorflow
def test_the_keras_2_composite_stops_learning_and_ours_does_not(workplace, capsys):
    names = {}
    with pytest.warns(UserWarning, match="does not have any trainable weights"):
        exec(block_with("as written for Keras 2"), names)
    exec(block_with("composite.train_on_batch"), names)
    assert capsys.readouterr().out.splitlines() == [
        "discriminator learned: False",
        "discriminator learned: True",
    ]


@pytest.mark.slow
def test_the_recipes_page_adds_one_of_each_that_trains(workplace, digits_file, monkeypatch):
    """Its loss with a penalty, its networks and its callback, as a reader would paste them."""
    from keras_gan import LOSSES, NETWORKS, configure, registry, run

    names = {}
    for words in ("class DriftPenalty", "def build(latent_dim", "class Brightness"):
        exec(block_with(words, "docs/recipes.md"), names)
    monkeypatch.setitem(LOSSES, "drift", names["LOSS"])
    monkeypatch.setitem(NETWORKS, "tiny", names["build"])
    others = dict(registry.CALLBACKS.items())
    callbacks = registry.Registry({"brightness": names["Brightness"], **others})
    monkeypatch.setattr("keras_gan.runs.preparing.CALLBACKS", callbacks)
    (workplace / "plots").rmdir()
    (workplace / "models" / "generator.keras").unlink()
    run(configure(loss="drift", networks="tiny", epochs=1, data=digits_file, quiet=True))
    assert "brightness" in (workplace / "models" / "history.csv").read_text()


def test_every_recipe_is_in_the_readme_and_the_example_of_one_is_one():
    from keras_gan import PRESETS, configure

    for preset in PRESETS:
        assert f"`{preset}`" in README
    (settings,) = eval(f"[{{{block_with('calm', 'docs/recipes.md').strip()}}}]")
    configure(**settings["calm"])


FLAG = r"(?<![-\w])--(?!xla_)[a-z][a-z0-9-]+"


def flags_of(command):
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    return set(re.findall(FLAG, ended.stdout))


@pytest.fixture(scope="module")
def known_flags():
    main = [sys.executable, "main.py"]
    commands = ([], ["generate"], ["export"], ["playground"], ["evaluate"], ["compare"])
    return set().union(*(flags_of([*main, *command, "--help"]) for command in commands))


@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.name)
def test_every_flag_in_the_docs_is_one(page, known_flags):
    """But those of pip, XLA and a hub, and those of a benchmark, whose own help tells them."""
    lines = page.read_text(encoding="utf-8").splitlines()
    text = "\n".join(line for line in lines if not re.search("pip |^hf ", line))
    for command in re.findall(r"`python benchmarks/([^`]*)`", text):
        script, *words = command.split()
        source = (ROOT / "benchmarks" / script).read_text(encoding="utf-8")
        shared = (ROOT / "benchmarks" / "machine.py").read_text(encoding="utf-8")
        for flag in (word for word in words if word.startswith("--")):
            assert flag in known_flags or f'"{flag}"' in source + shared, (script, flag)
    if page.parent.name != "benchmarks":
        ours = re.sub(r"`python benchmarks/[^`]*`", "", text)
        assert set(re.findall(FLAG, ours)) <= known_flags


def anchors_in(page):
    """The names of a page's headings in links, as GitHub makes them."""
    text = re.sub(r"```.*?```", "", page.read_text(encoding="utf-8"), flags=re.DOTALL)
    headings = re.findall(r"^#+ (.*)", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.name)
def test_every_link_in_the_docs_leads_somewhere(page):
    text = page.read_text(encoding="utf-8")
    for target, anchor in re.findall(r"\]\(([^)#]*)#?([^)]*)\)", text):
        if target.startswith("http"):
            continue
        led_to = page.parent / target if target else page
        assert led_to.exists(), target
        assert not anchor or anchor in anchors_in(led_to), f"{target}#{anchor}"


def test_the_readme_and_the_pages_stay_short():
    assert len(README.splitlines()) <= 150
    assert len(README.split()) <= 1300
    for page in PAGES:
        assert len(page.read_text(encoding="utf-8").splitlines()) < 300, page


def test_no_module_is_longer_than_300_lines():
    for module in (ROOT / "keras_gan").rglob("*.py"):
        assert len(module.read_text(encoding="utf-8").splitlines()) <= 300, module
