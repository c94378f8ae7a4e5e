"""The command `evaluate`, and the callback that measures while the training runs."""

import hashlib
import importlib.util
import json
import os
import re
import sys
import types
import zipfile

import keras
import numpy as np
import pytest
from keras import layers
from PIL import Image
from program import run_main

from keras_gan import (
    Dataset,
    QualityMetrics,
    UserError,
    build_discriminator,
    build_generator,
    draw_samples,
    evaluate,
    load_yardstick,
)
from keras_gan.cli import main
from keras_gan.evaluation import classifier
from keras_gan.evaluation.batches import predict
from keras_gan.evaluation.classifier import DIGITS_PATH, find_yardstick
from keras_gan.evaluation.samples import load_source, samples_from

SAMPLES = ["--samples", "200"]


@pytest.fixture
def workplace(digits_file, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    keras.utils.set_random_seed(0)
    build_generator(10).save("generator.keras")
    return ["--data", str(digits_file)]


def numbers_in(text):
    return [float(number) for number in re.findall(r"-?\d+\.\d+", text)]


@pytest.mark.slow
def test_two_runs_print_the_same_to_the_last_digit(workplace, capsys):
    tables = []
    for _ in range(2):
        assert main(["evaluate", "generator.keras", *workplace, *SAMPLES]) == 0
        tables.append(capsys.readouterr().out)
    assert tables[0] == tables[1]
    for name in ("FID", "KID", "precision", "recall", "density", "coverage", "near-copies"):
        assert re.search(rf"^{name} +-?\d+\.\d+ +-?\d+\.\d+ ", tables[0], re.MULTILINE)
    assert "200 samples\n" in tables[0]
    assert "compared: 100 of them with 100 real images, none of them held out" in tables[0]
    assert "mnist-1, sha256 " in tables[0]
    main(["evaluate", "generator.keras", *workplace, *SAMPLES, "--seed", "1"])
    assert capsys.readouterr().out != tables[0]


@pytest.mark.slow
@pytest.mark.skipif(importlib.util.find_spec("jax") is None, reason="JAX is not installed")
def test_jax_agrees(workplace, tmp_path):
    arguments = ["evaluate", "generator.keras", *workplace, *SAMPLES]
    tensorflow, jax = (
        run_main(*arguments, cwd=tmp_path, env={**os.environ, "KERAS_BACKEND": backend})
        for backend in ("tensorflow", "jax")
    )
    assert jax.returncode == tensorflow.returncode == 0, jax.stderr
    expected = numbers_in(tensorflow.stdout)
    assert len(expected) > 20
    assert numbers_in(jax.stdout) == pytest.approx(expected, rel=0.01, abs=1e-4)


@pytest.mark.slow
def test_scores_for_programs_and_a_picture(workplace, tmp_path):
    outputs = ["--json", "scores.json", "--plot", "scores.png"]
    assert main(["evaluate", "generator.keras", *workplace, *SAMPLES, *outputs]) == 0
    content = json.loads((tmp_path / "scores.json").read_text())
    assert content["samples"] == 200
    assert content["seed"] == 0
    assert content["yardstick"]["name"] == "mnist-1"
    assert content["scores"]["FID"]["value"] > content["scores"]["FID"]["real"] > 0
    shares = content["class_shares"]
    assert list(shares) == [str(digit) for digit in range(10)]
    assert sum(shares.values()) == pytest.approx(1)
    assert content["scores"]["rarest class"]["value"] == min(shares.values())
    assert not content["real"]["held_out"]
    with Image.open(tmp_path / "scores.png") as picture:
        assert picture.size == (1300, 700)


def test_images_from_anywhere_can_be_measured(workplace, digits, tmp_path, capsys):
    np.savez("real.npz", x=digits[0])
    outputs = ["--json", "scores.json"]
    assert main(["evaluate", "real.npz", *workplace, *outputs]) == 0
    scores = json.loads((tmp_path / "scores.json").read_text())["scores"]
    assert scores["FID"]["value"] < 2 * scores["FID"]["real"]
    assert scores["nearest image"]["value"] == 0
    assert scores["near-copies"]["value"] == 1
    assert scores["coverage"]["value"] > 0.8


def test_of_many_images_some_are_measured_at_random(digits, tmp_path):
    np.savez(tmp_path / "sorted.npz", x=digits[0])
    source = load_source(tmp_path / "sorted.npz")
    some, _ = samples_from(source, 100, Dataset(*digits, "digits"))
    classes = [digits[1][(digits[0] == image).all(axis=(1, 2, 3)).argmax()] for image in some]
    assert len(some) == 100
    assert set(classes) == set(range(10))


def test_a_functional_generator_can_be_measured(workplace, tmp_path):
    latent = keras.Input((10,))
    x = layers.Reshape((28, 28, 1))(layers.Dense(784, activation="tanh")(latent))
    keras.Model(latent, keras.ops.reshape((x + 1) / 2, (-1, 28, 28, 1))).save("functional.keras")
    assert main(["evaluate", "functional.keras", *workplace, *SAMPLES]) == 0


def test_from_python_a_generator_is_evaluated_in_two_lines(digits):
    dataset = Dataset(*digits, "digits")
    samples = draw_samples(build_generator(10), 100, seed=3)
    result = evaluate(samples, dataset)
    assert samples.shape == (100, 28, 28, 1)
    assert samples.dtype == np.uint8
    assert result.scores["FID"].value > result.scores["FID"].reference
    assert str(result) == str(evaluate(samples, dataset, load_yardstick(dataset)))
    unlabelled = evaluate(samples, Dataset(digits[0], None, "digits"))
    assert list(unlabelled.scores) == ["nearest image", "near-copies"]


def test_without_labels_only_copying_is_measured(digits, workplace, capsys):
    np.savez("unlabelled.npz", x=digits[0])
    arguments = ["evaluate", "generator.keras", "--data", "unlabelled.npz", *SAMPLES]
    assert main([*arguments, "--plot", "scores.png"]) == 0
    out, err = capsys.readouterr()
    assert err.count("\n") == 1
    assert "no labels" in err
    assert "near-copies" in out
    assert "FID" not in out


@pytest.mark.slow
def test_other_labelled_images_get_a_yardstick_of_their_own(digits, tmp_path, monkeypatch):
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    monkeypatch.setattr(classifier, "EPOCHS", 1)
    images, labels = digits
    dataset = Dataset(images, 7 * (labels // 5) + 3, "digits, small or large")
    assert find_yardstick(dataset) is None
    trained = load_yardstick(dataset)
    assert trained.name.startswith("data-")
    assert trained.measure(images).probabilities.shape == (200, 2)
    assert find_yardstick(dataset).sha256 == trained.sha256
    [cached] = (tmp_path / "keras_gan").iterdir()
    cached.write_bytes(cached.read_bytes()[:-100])
    assert find_yardstick(dataset) is None
    assert load_yardstick(dataset).name == trained.name


def test_a_broken_yardstick_is_told_or_made_anew(digits, tmp_path, monkeypatch):
    dataset = Dataset(*digits, "digits")
    damaged = tmp_path / "yardstick.keras"
    damaged.write_bytes(DIGITS_PATH.read_bytes()[:-100])
    monkeypatch.setattr(classifier, "DIGITS_PATH", damaged)
    with pytest.raises(UserError, match="is damaged"):
        find_yardstick(dataset)


def test_the_shipped_yardstick_is_small_and_right(digits):
    assert hashlib.sha256(DIGITS_PATH.read_bytes()).hexdigest() == classifier.DIGITS_SHA256
    assert DIGITS_PATH.stat().st_size <= 1_000_000
    network = keras.saving.load_model(DIGITS_PATH)
    predictions = network.predict(digits[0] / 255.0, verbose=0).argmax(axis=1)
    assert (predictions == digits[1]).mean() >= 0.99


def rewrite_config(source, target, rewrite):
    """Copies a `.keras` file, its config changed by hand."""
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(target, "w") as new:
        for name in old.namelist():
            content = old.read(name)
            if name == "config.json":
                config = json.loads(content)
                rewrite(config["config"]["layers"])
                content = json.dumps(config)
            new.writestr(name, content)


@pytest.fixture
def hostile(workplace, tmp_path, monkeypatch):
    """Files that want to run code, which would leave a file `ran`."""
    monkeypatch.syspath_prepend(str(tmp_path))
    (tmp_path / "trap.py").write_text("open('ran', 'w').close()\nclass Layer: pass\n")
    (tmp_path / "keras_trap.py").write_text("open('ran', 'w').close()\nclass Layer: pass\n")
    generator = build_generator(10)
    run = layers.Lambda(lambda x: (open("ran", "w").close(), x)[1], output_shape=(28, 28, 1))
    keras.Sequential([keras.Input((10,)), *generator.layers, run]).save("lambda.keras")
    (tmp_path / "ran").unlink(missing_ok=True)

    def custom(module, registered_name=None):
        def rewrite(layers_config):
            layers_config[-1] |= {
                "module": module,
                "class_name": "Layer",
                "registered_name": registered_name,
            }

        return rewrite

    rewrite_config("generator.keras", "module.keras", custom("trap"))
    rewrite_config("generator.keras", "lookalike.keras", custom("keras_trap"))
    rewrite_config("generator.keras", "registered.keras", custom(None, "trap>Layer"))
    function = {"module": "keras.utils", "class_name": "plot_model", "config": {}}

    def call_a_function(layers_config):
        layers_config[1]["config"] |= {"activation": function}

    def compile_inside(layers_config):
        layers_config[1]["compile_config"] = {"loss": custom_loss}

    custom_loss = {"module": "trap", "class_name": "Layer", "config": {}}
    rewrite_config("generator.keras", "function.keras", call_a_function)
    rewrite_config("generator.keras", "compiled.keras", compile_inside)
    return workplace


@pytest.mark.parametrize(
    "name",
    [
        "lambda.keras",
        "module.keras",
        "lookalike.keras",
        "registered.keras",
        "function.keras",
        "compiled.keras",
    ],
)
def test_a_hostile_model_is_refused_and_never_runs(name, hostile, tmp_path, capfd):
    assert main(["evaluate", name, *hostile, *SAMPLES]) == 2
    out, err = capfd.readouterr()
    assert out == ""
    assert err.count("\n") == 1
    assert "needs code of its own" in err
    assert not (tmp_path / "ran").exists()
    assert not {"trap", "keras_trap"} & set(sys.modules)


@pytest.fixture
def mistaken(workplace, digits, tmp_path):
    (tmp_path / "words.keras").write_text("no model")
    (tmp_path / "empty.keras").touch()
    content = (tmp_path / "generator.keras").read_bytes()
    (tmp_path / "short.keras").write_bytes(content[: len(content) // 2])
    build_discriminator().save("discriminator.keras")
    keras.Sequential(
        [keras.Input((10,)), layers.Dense(1024, "sigmoid"), layers.Reshape((32, 32, 1))]
    ).save("wide.keras")
    keras.Sequential([keras.Input((10,)), layers.Dense(784), layers.Reshape((28, 28, 1))]).save(
        "unbounded.keras"
    )
    np.savez("wide.npz", x=np.zeros((200, 32, 32), "uint8"))
    np.savez("three.npz", x=digits[0][:3])
    np.savez("few.npz", x=digits[0][:150], y=digits[1][:150])
    keras.Sequential(
        [
            keras.Input((None,)),
            layers.Embedding(3, 784),
            layers.GlobalAveragePooling1D(),
            layers.Reshape((28, 28, 1)),
        ]
    ).save("sequence.keras")
    (tmp_path / "generator.h5").write_bytes(content)
    (tmp_path / "folder.keras").mkdir()
    return workplace


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ("", "required: FILE"),
        ("absent.keras", "absent.keras: no such file"),
        ("folder.keras", "folder.keras: is a folder"),
        ("words.keras", "is no Keras model"),
        ("empty.keras", "is no Keras model"),
        ("short.keras", "is no Keras model"),
        ("discriminator.keras", "found a model from (None, 28, 28, 1) to (None, 1)"),
        ("wide.keras", "to (None, 32, 32, 1)"),
        ("unbounded.keras", "expected a generator of values from 0 to 1"),
        ("wide.npz", "found (200, 32, 32)"),
        ("sequence.keras", "found a model from (None, None)"),
        ("generator.h5", "expected a file .keras or .npz"),
        ("generator.keras --data few.npz", "too few images to compare with"),
        ("three.npz", "at least 100 images, found 3"),
        ("generator.keras --samples 3", "samples must be from 100"),
        ("generator.keras --samples 1000000000", "samples must be from 100"),
        ("generator.keras --seed -1", "seed must be from 0"),
        ("generator.keras --json absent/scores.json", "absent/scores.json: cannot be written"),
        ("generator.keras --plot .", "cannot be written"),
        ("generator.keras --plot scores.txt", "scores.txt: expected a name that ends in .png"),
        ("generator.keras --data absent.npz", "absent.npz: no such file"),
        ("words.keras --data short.keras", "words.keras: is no Keras model"),
        ("generator.keras --samples 3 --data short.keras", "samples must be from 100"),
    ],
)
def test_a_mistake_is_one_line(arguments, said, mistaken, capfd):
    arguments = arguments.split()
    if "--data" not in arguments:
        arguments += mistaken
    assert main(["evaluate", *arguments]) == 2
    out, err = capfd.readouterr()
    assert out == ""
    assert err.count("\n") == 1
    assert said in err


def test_what_a_network_gives_batch_by_batch_is_what_keras_predicts():
    inputs = [keras.Input((4,)), keras.Input((), dtype="int32")]
    x = layers.Concatenate()([inputs[0], layers.Embedding(3, 2)(inputs[1])])
    network = keras.Model(inputs, [layers.Dense(5)(x), layers.Dense(1)(x)])
    rng = np.random.default_rng(0)
    values = [rng.standard_normal((701, 4), "float32"), rng.integers(0, 3, 701)]
    for ours, expected in zip(
        predict(network, values), network.predict(values, verbose=0), strict=True
    ):
        np.testing.assert_allclose(ours, expected, atol=1e-6)
    network = keras.Model(inputs[0], layers.Dense(2)(inputs[0]))
    expected = network.predict(values[0], verbose=0)
    np.testing.assert_allclose(predict(network, values[0]), expected, atol=1e-6)


def watched(digits, draw, tmp_path):
    """The callback, watching a generator that draws what it is told to."""
    images, labels = digits
    yardstick = load_yardstick(Dataset(images, labels, "digits"))
    watcher = QualityMetrics(yardstick, images, tmp_path, tmp_path, every=1, samples=200)
    generator = build_generator(10)
    generator.predict_on_batch = lambda latents: draw() / np.float32(255)
    watcher.set_model(
        types.SimpleNamespace(generator=generator, input_shape=(None, 10), stop_training=False)
    )
    watcher.set_params({"epochs": 9})
    watcher.on_train_begin()
    return watcher


def test_a_collapse_is_told_while_there_is_time(digits, tmp_path, capsys):
    drawn = [digits[0]]
    watcher = watched(digits, lambda: drawn[-1], tmp_path)
    logs = {}
    watcher.on_epoch_end(0, logs)
    assert capsys.readouterr().err == ""
    of_all_digits = logs["fid"]
    assert logs["coverage"] == 1
    best = (tmp_path / "generator_best.keras").stat().st_mtime_ns
    drawn.append(np.resize(digits[0][:20], digits[0].shape))
    logs = {}
    watcher.on_epoch_end(1, logs)
    said = capsys.readouterr().err.splitlines()
    assert len(said) == 2
    assert re.match(r"Collapse\? After epoch 2, class [1-9] is 0.0% of the samples", said[0])
    assert re.match(r"Collapse\? After epoch 2, coverage is 0\.\d\d; it was 1\.00", said[1])
    assert logs["fid"] > 3 * of_all_digits
    assert (tmp_path / "generator_best.keras").stat().st_mtime_ns == best
    assert (tmp_path / "metrics_plot.png").exists()


def test_curves_show_the_first_and_the_last_measurement_and_few_between(digits, tmp_path):
    watcher = watched(digits, lambda: digits[0], tmp_path)
    picture = tmp_path / "metrics_plot.png"
    drawn_after = []
    for epoch in range(9):
        picture.unlink(missing_ok=True)
        watcher.on_epoch_end(epoch, {})
        if picture.exists():
            drawn_after.append(epoch + 1)
    assert drawn_after == [1, 9]


def test_samples_that_look_like_nothing_yet_are_no_collapse(digits, tmp_path, capsys):
    watcher = watched(digits, lambda: np.full_like(digits[0], 128), tmp_path)
    logs = {}
    watcher.on_epoch_end(0, logs)
    assert logs["rarest_share"] < 0.01
    assert logs["confident_share"] < 0.5
    assert capsys.readouterr().err == ""


def test_a_digit_that_was_there_and_is_not_is_told_however_unclear(digits, tmp_path, capsys):
    drawn = [digits[0], np.full_like(digits[0], 128)]
    watcher = watched(digits, lambda: drawn.pop(0), tmp_path)
    for epoch in range(2):
        watcher.on_epoch_end(epoch, {})
    assert "Collapse? After epoch 2, class " in capsys.readouterr().err


def test_a_class_that_was_never_drawn_raises_no_alarm(digits, tmp_path, capsys):
    clear = digits[0][digits[1] != 3]  # as after a few epochs, when a digit is still to come
    watcher = watched(digits, lambda: clear, tmp_path)
    logs = {}
    watcher.on_epoch_end(0, logs)
    assert logs["confident_share"] > 0.9
    assert logs["rarest_share"] == 0
    assert capsys.readouterr().err == ""


@pytest.mark.slow
def test_it_measures_every_so_often_and_after_the_last_epoch(digits, tmp_path):
    watcher = watched(digits, lambda: digits[0], tmp_path)
    watcher.every = 4
    measured = []
    for epoch in range(9):
        watcher.model.stop_training = epoch == 5
        logs = {}
        watcher.on_epoch_end(epoch, logs)
        measured.append("fid" in logs)
    assert measured == [False, False, False, True, False, True, False, True, True]


def test_a_class_that_real_images_lack_is_not_missed(digits, tmp_path, capsys):
    images, labels = digits
    few = images[labels < 5], labels[labels < 5]
    watcher = watched(few, lambda: few[0], tmp_path)
    watcher.on_epoch_end(0, {})
    assert capsys.readouterr().err == ""
