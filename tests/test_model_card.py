"""The model card of a run: what it tells, that its code runs, and what it leaves alone."""

import dataclasses
import json
import pathlib
import re
import shlex

import keras
import numpy as np
import pytest
import yaml
from keras import layers
from PIL import Image
from test_page import EPOCHS, make_run
from test_resume import tiny_networks

from keras_gan import PRESETS, DiskError, ModelCard, configure, make_conditional
from keras_gan.commands import train
from keras_gan.commands.options import Parser
from keras_gan.evaluation.metrics import METRICS
from keras_gan.generation.origin import read_origin
from keras_gan.report import read_run
from keras_gan.report.model_card import MARK, model_card
from keras_gan.report.repeating import command
from keras_gan.runs import job

NASTY = "a | b\n---\n# Head `x` ``` ``` <script> [a](b) \\ \"q\": {y} 'z' \u2028 \ud800 😀 é *e* $$"
CLOTHES = ["T-shirt/top", "Trouser", "Pullover"]


def small_generator(latent_dim, classes=None):
    generator = keras.Sequential(
        [
            keras.Input((latent_dim,)),
            layers.Dense(784, activation="sigmoid"),
            layers.Reshape((28, 28, 1)),
        ]
    )
    if classes is None:
        return generator
    discriminator = keras.Sequential([keras.Input((28, 28, 1)), layers.Flatten(), layers.Dense(1)])
    return make_conditional(generator, discriminator, classes)[0]


def made_up(folder, **more):
    """The models' folder of a made-up run."""
    models = make_run(folder, **{"labels_checksum": None, "classes": None, **more}) / "models"
    (models / "generator.keras").touch()
    return models


def write_scores(models, scores, real=()):
    names = ",".join(["epoch", "d_loss", *scores])
    values = ",".join(map(str, [EPOCHS, 0.5, *scores.values()]))
    (models / "history.csv").write_text(f"{names}\n{values}\n")
    (models / "real_metrics.json").write_text(json.dumps(dict(real)))


def card_of(models, parameters=None):
    return model_card(read_run(models), read_origin(models / "generator.keras"), parameters)


def front_matter(card):
    """The lines of the front matter, and the metrics in it."""
    head, front, _ = card.split("---\n", 2)
    assert head == ""
    metrics = re.findall(r"^    - \{type: (\w+), value: (\S+), name: (.*)\}$", front, re.M)
    found = {name: (json.loads(value), json.loads(label)) for name, value, label in metrics}
    return front.splitlines(), found


def blocks(card, language):
    return re.findall(rf"^```{language}\n(.*?)^```$", card, re.M | re.S)


def section(card, title):
    return re.search(rf"^## {title}\n\n(.*?)\n(?=\n## |\n<!-- )", card, re.M | re.S)[1]


def rows_of(text):
    """The cells of each row of a table."""
    lines = [line for line in text.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]] for line in lines[2:]]


def end_training(models, generator=None):
    callback = ModelCard(models, generator or small_generator(10))
    callback.set_params({"epochs": EPOCHS})
    callback.on_train_begin()
    callback.on_train_end()


@pytest.mark.parametrize("distribution", ["normal", "uniform"])
@pytest.mark.parametrize("classes", [None, 3, 10, 12])
def test_its_code_draws_a_picture_with_keras_alone(classes, distribution, tmp_path, monkeypatch):
    labelled = {"conditional": True, "classes": list(map(str, range(classes)))} if classes else {}
    settings = {"latent_dim": 6, "latent_distribution": distribution, **labelled}
    models = made_up(tmp_path / "run", **settings)
    small_generator(6, classes).save(models / "generator.keras")
    [code] = blocks(card_of(models), "python")
    assert "keras_gan" not in code
    assert len(code.splitlines()) <= 10
    monkeypatch.chdir(models)
    names = {}
    exec(code, names)
    with Image.open("images.png") as picture:
        assert picture.size == (280, 28)
    assert names["latents"].shape == (10, 6)
    assert (np.abs(names["latents"]).max() <= 1) == (distribution == "uniform")
    assert names["latents"].min() < -0.5
    assert names["images"].std(axis=0).max() > 0
    if classes:
        assert names["labels"].tolist() == [label % classes for label in range(10)]


def test_the_front_matter_is_what_the_hub_reads(tmp_path):
    scores = {"fid": 0.123456, "kid": 0.0000123456, "coverage": 1.0, "precision": "nan"}
    models = made_up(tmp_path / "run")
    write_scores(models, scores)
    lines, metrics = front_matter(card_of(models))
    for line in (
        "license: cc-by-sa-3.0",
        "library_name: keras",
        "pipeline_tag: unconditional-image-generation",
        "tags: [gan, keras, 28x28]",
        "datasets: [ylecun/mnist]",
        '- name: "keras_gan default"',
        "  - task: {type: unconditional-image-generation}",
        '    dataset: {type: ylecun/mnist, name: "made up", split: train}',
    ):
        assert line in lines
    assert metrics == {
        "fid": (0.1235, METRICS["fid"].label),
        "kid": (0.00001235, METRICS["kid"].label),
        "coverage": (1.0, METRICS["coverage"].label),
    }


def test_the_front_matter_is_yaml(tmp_path):
    models = made_up(tmp_path / "run", source=NASTY, data=NASTY)
    write_scores(models, {"fid": 0.5, "kid": 1e-5})
    lines, metrics = front_matter(card_of(models))
    found = yaml.safe_load("\n".join(lines))
    [model] = found["model-index"]
    [result] = model["results"]
    assert [(metric["type"], metric["value"]) for metric in result["metrics"]] == [
        (name, value) for name, (value, _) in metrics.items()
    ]
    assert result["dataset"]["name"].startswith("a | b ---")
    assert found["license"] == "unknown"


@pytest.mark.parametrize(
    ("settings", "licence", "told"),
    [
        ({"dataset": "fashion_mnist"}, "mit", "Fashion-MNIST, by Zalando Research"),
        ({"data": "mine/own.npz"}, "unknown", r"see the source, own\.npz\."),
    ],
)
def test_the_licence_is_that_of_the_images(settings, licence, told, tmp_path):
    card = card_of(made_up(tmp_path / "run", **settings))
    assert f"license: {licence}" in front_matter(card)[0]
    assert re.search(told, section(card, "Licence"))
    assert ("datasets: [" in card) == (licence != "unknown")


def test_scores_stand_beside_what_real_images_score(tmp_path):
    models = made_up(tmp_path / "run", yardstick={"name": "mnist-1", "sha256": "0"})
    scores = {"fid": 1.5, "precision": 0.75, "coverage": 0.875, "confident_share": 0.9}
    write_scores(models, scores, {"fid": 0.25, "precision": "NaN", "confident_share": 0.99})
    card = card_of(models)
    quality = section(card, "Quality")
    assert rows_of(quality) == [
        [METRICS["fid"].label, "1.5", "0.25"],
        [METRICS["precision"].label, "0.75", "-"],
        [METRICS["coverage"].label, "0.875", "-"],
        [METRICS["confident_share"].label, "0.9", "0.99"],
    ]
    assert "features of the classifier mnist-1, against images that it was trained on" in quality
    limits = section(card, "Limits")
    assert "10.0% of its images are no clear digit" in limits
    assert "(1.0% with real images in their place)" in limits
    assert "12.5% of the real images have none of its own near them." in limits
    assert "`python main.py evaluate --audit models/generator.keras --dataset mnist`" in section(
        card, "Copies of training images"
    )


def test_nothing_is_made_up_where_nothing_was_measured(tmp_path):
    models = made_up(tmp_path / "run")  # measured after epoch 10, but not after the last one
    card = card_of(models)
    assert front_matter(card)[1] == {}
    assert "model-index" not in card
    assert section(card, "Quality") == "It was not measured after the last epoch of the training."
    assert "%" not in card
    assert "parameters" not in card
    assert "It has 1,234 parameters." in card_of(models, 1234)
    (models / "history.csv").unlink()
    assert "| epochs done | 0 of 12 |" in card_of(models)


def test_settings_that_were_chosen_are_told(tmp_path):
    settings = {"preset": "wgan-gp", "seed": 7, "quiet": True, "models_dir": "/home/me/models"}
    card = card_of(made_up(tmp_path / "run", **settings))
    told = dict(rows_of(section(card, "Training")))
    for name, value in {
        "trained on": "5,000 images, made up",
        "epochs done": "12 of 12",
        "seed": "7",
        "preset": "wgan-gp",
        "loss": "wgan-gp",
        "penalty": "10.0",
        "learning_rate": "0.001",
        "started": "2026-01-02, 03:04:05",
        "device": "CPU (2 cores), tensorflow",
        "versions": "keras 3.15.1",
    }.items():
        assert told[name] == value
    assert {"beta_2", "batch_size", "quiet"} & set(told) == {"beta_2"}
    assert "/home" not in card


@pytest.mark.parametrize("conditional", [False, True])
@pytest.mark.parametrize("preset", PRESETS)
def test_its_command_does_the_same_run(preset, conditional, tmp_path):
    (tmp_path / "my digits.npz").touch()
    own = {"data": str(tmp_path / "my digits.npz"), "seed": 3, "learning_rate": 0.5}
    more = {"jit_compile": True, "epochs": 7, "clusters": 0}
    for settings in ({}, own | {"jit_compile": False}, more):
        config = configure(preset, conditional=conditional, **settings)
        words = shlex.split(command(dataclasses.asdict(config)))
        assert words[:2] == ["python", "main.py"]
        given = vars(Parser(train, None, {}).parse_args(words[2:]))
        given.pop("resume", None)
        assert configure(**given) == config
    assert command(dataclasses.asdict(configure())) == "python main.py"


def test_the_classes_are_named(tmp_path):
    card = card_of(made_up(tmp_path / "run", conditional=True, classes=CLOTHES))
    assert "The labels: 0 is T-shirt/top, 1 is Trouser, 2 is Pullover." in card
    assert "tags: [gan, keras, 28x28, conditional]" in card
    card = card_of(made_up(tmp_path / "like", conditional=True, classes=["0", "1", "7"]))
    assert "The labels: 0, 1, 2 is 7." in card
    card = card_of(made_up(tmp_path / "unsound", conditional=True, classes=["a", "a"]))
    assert "The labels: 0, 1." in card


def test_what_a_user_calls_things_cannot_break_the_card(tmp_path):
    plain = {"source": "a", "device": "b", "data": "c", "generator": "d", "versions": {"e": "f"}}
    calm = card_of(made_up(tmp_path / "calm", conditional=True, classes=["g", "h"], **plain))
    nasty = dict.fromkeys(plain, NASTY) | {"versions": {NASTY: NASTY}, "classes": [NASTY, "h"]}
    card = card_of(made_up(tmp_path / "nasty", conditional=True, **nasty))
    lines, calm_lines = card.splitlines(), calm.splitlines()
    assert len(lines) == len(calm_lines)
    for kind in ("#", "---", "- ", "|---"):
        starts = [n for n, line in enumerate(lines) if line.startswith(kind)]
        assert starts == [n for n, line in enumerate(calm_lines) if line.startswith(kind)]
    assert all(len(cells) == 2 for cells in rows_of(section(card, "Training")))
    # As it is, in code alone, which ends at as many backticks as no name has.
    in_code = re.findall(r"(?<!\\)<script>", card)
    assert len(in_code) == 3  # data twice, and the generator
    assert re.search(r"^````bash\npython main\.py .*<script>.*\n````$", card, re.M)
    assert re.search(r"```` python main\.py evaluate .*<script>.* ````$", card, re.M)
    card.encode("utf-8")


def test_the_same_run_gives_the_same_card_but_for_its_start(tmp_path):
    places = {"plots_dir": "elsewhere", "models_dir": "there", "data": "/other/digits.npz"}
    cards = [
        card_of(made_up(tmp_path / "one", data="digits.npz")),
        card_of(made_up(tmp_path / "two" / "deeper", **places)),
    ]
    assert cards[0] == cards[1]
    later = card_of(made_up(tmp_path / "later", data="digits.npz", started="2027-01-02T03:04:05"))
    differing = set(later.splitlines()) ^ set(cards[0].splitlines())
    assert differing == {"| started | 2026-01-02, 03:04:05 |", "| started | 2027-01-02, 03:04:05 |"}


def test_a_readme_that_no_run_has_written_stays(tmp_path, capsys):
    models = made_up(tmp_path / "run")
    end_training(models)
    card = (models / "README.md").read_text()
    assert card.endswith(f"{MARK}\n")
    assert "It has 8,624 parameters." in card
    (models / "README.md").write_text(f"stale\n{MARK}")
    end_training(models)
    assert (models / "README.md").read_text() == card
    assert capsys.readouterr().err == ""
    for own in ("My own words.\n", card.replace(MARK, ""), f"{card}More.\n"):
        (models / "README.md").write_text(own)
        end_training(models)
        assert (models / "README.md").read_text() == own
        said = capsys.readouterr().err
        assert said.count("\n") == 1
        assert "README.md: no run has written this file, so it stays" in said
    (models / "README.md").unlink()
    (models / "README.md").mkdir()
    end_training(models)
    assert "so it stays" in capsys.readouterr().err


def test_a_card_that_cannot_be_made_ends_no_training_but_a_full_disk_does(
    tmp_path, monkeypatch, capsys
):
    models = made_up(tmp_path / "run")
    with monkeypatch.context() as patch:
        patch.setattr("os.replace", lambda *_: (_ for _ in ()).throw(OSError(28, "No space left")))
        with pytest.raises(DiskError, match=r"README\.md: No space left"):
            end_training(models)
    assert not list(models.glob(".*tmp*"))
    (models / "config.json").write_text("{}")
    end_training(models)
    assert not (models / "README.md").exists()
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert said.startswith("README.md could not be made, and is left out: ")


@pytest.fixture
def settings(digits, tmp_path, monkeypatch, quick_pictures):
    tiny_networks(monkeypatch)
    monkeypatch.chdir(tmp_path)
    np.savez("digits.npz", x=digits[0][:100, ..., 0])
    return {"data": "digits.npz", "epochs": 2, "batch_size": 50, "latent_dim": 3, "quiet": True}


def without_start(card):
    return re.sub(r"\| started \|.*", "", card)


@pytest.mark.slow
def test_a_run_that_goes_on_ends_with_the_card_of_one_that_did_not_stop(settings, tmp_path):
    card = pathlib.Path("models/README.md")
    job.run(configure(**settings | {"epochs": 1}))
    assert "| epochs done | 1 of 1 |" in card.read_text()
    job.resume(epochs=2, quiet=True)
    resumed = card.read_text()
    job.run(configure(**settings))
    assert without_start(card.read_text()) == without_start(resumed)
    assert "python main.py --data digits.npz --epochs 2 --batch-size 50 --latent-dim 3" in resumed
    assert "It was not measured" in resumed
    [moved] = tmp_path.glob("models-*")
    assert (moved / "README.md").read_text() == resumed
