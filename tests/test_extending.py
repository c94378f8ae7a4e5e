"""What a user adds from outside the package: one of each kind, and trains with it."""

import argparse
import types

import keras
import numpy as np
import pytest
from conftest import ROOT
from keras import layers, ops

from keras_gan import (
    LOSSES,
    NETWORKS,
    PRESETS,
    AveragedGenerator,
    CurvePlots,
    Dataset,
    GanCallback,
    GanLoss,
    HistoryFile,
    LogFile,
    ModelFiles,
    NetworkDiagrams,
    Penalty,
    ProgressReport,
    QualityMetrics,
    SampleFilm,
    SamplePlots,
    WalkPlot,
    build_composite,
    configure,
    load_yardstick,
    registry,
    run,
    settings,
    train,
)
from keras_gan.cli import main
from keras_gan.commands.options import flag, settings_table
from keras_gan.registry import Registry
from keras_gan.runs import preparing
from keras_gan.training.checkpoint import load_newest


class SmallOutputs(Penalty):
    """A term of its own: the mean square of the outputs."""

    def call(self, discriminator, real_images, fake_images):
        outputs, _ = super().call(discriminator, real_images, fake_images)
        return outputs, ops.mean(outputs**2)


SQUARED_HINGE = GanLoss(
    label="squared hinge",
    real=lambda x, label: ops.relu(1 - x) ** 2,
    fake=lambda x: ops.relu(1 + x) ** 2,
    generator=lambda x: -x,
    penalty=SmallOutputs,
)


def tiny_networks(latent_dim, dropout):
    generator = keras.Sequential(
        [keras.Input((latent_dim,)), layers.Dense(784, "sigmoid"), layers.Reshape((28, 28, 1))],
        name="generator",
    )
    discriminator = keras.Sequential(
        [keras.Input((28, 28, 1)), layers.Flatten(), layers.Dense(1)], name="discriminator"
    )
    return generator, discriminator


class Brightness(GanCallback):
    """Writes how bright the samples are into the logs."""

    @classmethod
    def for_run(cls, run):
        brightness = cls(run.generator)
        brightness.latents = run.latents
        return brightness

    def after_epoch(self, epoch, logs):
        logs["brightness"] = float(self.generator.predict_on_batch(self.latents).mean())


@pytest.fixture
def added(monkeypatch):
    """A loss with a penalty of its own, networks, a callback before the history, a preset."""
    monkeypatch.setitem(LOSSES, "squared-hinge", SQUARED_HINGE)
    monkeypatch.setitem(NETWORKS, "tiny", tiny_networks)
    # Before the history, which writes down what it adds to the logs.
    others = dict(registry.CALLBACKS.items())
    monkeypatch.setattr(registry, "CALLBACKS", Registry({"brightness": Brightness, **others}))
    monkeypatch.setattr(preparing, "CALLBACKS", registry.CALLBACKS)
    recipe = {"loss": "squared-hinge", "networks": "tiny", "penalty": 0.5, "batch_size": 50}
    monkeypatch.setitem(PRESETS, "mine", recipe)


@pytest.mark.slow
def test_one_of_each_is_an_entry_and_trains(added, digits_file, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert main(["--preset", "mine", "--data", str(digits_file), "--epochs", "1", "--quiet"]) == 0
    heads = (tmp_path / "models" / "history.csv").read_text().splitlines()[0]
    assert "brightness" in heads.split(",")
    page = (tmp_path / "plots" / "report.html").read_text()
    assert "squared hinge" in page


@pytest.mark.slow
def test_the_penalty_of_ones_own_counts(added, digits_file, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    weights = []
    for weight in (0.5, 100.0):
        config = configure("mine", penalty=weight, epochs=1, data=str(digits_file), quiet=True)
        keras.utils.set_random_seed(0)
        composite = run(config)
        weights.append(np.square(composite.discriminator.get_weights()[0]).sum())
    assert weights[1] < weights[0]


@pytest.mark.slow
def test_a_callback_at_the_end_is_in_the_checkpoint_too(digits_file, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setitem(registry.CALLBACKS, "brightness", Brightness)
    run(configure("mlp", epochs=1, batch_size=50, data=str(digits_file), quiet=True))
    newest, _ = load_newest(tmp_path / "models" / "checkpoints")
    assert "brightness" in newest.position.history[0]


def test_a_command_is_a_module_and_an_entry(monkeypatch, capsys):
    def add_arguments(parser: argparse.ArgumentParser):
        parser.add_argument("name")

    greet = types.SimpleNamespace(
        HELP="say hello",
        DESCRIPTION="Say hello.",
        add_arguments=add_arguments,
        run=lambda name: print(f"Hello, {name}"),
    )
    monkeypatch.setitem(registry.COMMANDS, "greet", greet)
    assert main(["greet", "Ada"]) == 0
    assert capsys.readouterr().out == "Hello, Ada\n"
    with pytest.raises(SystemExit):
        main(["--help"])
    assert "greet      say hello" in capsys.readouterr().out


def test_every_setting_has_its_option_its_check_and_its_row_in_the_docs(capsys):
    with pytest.raises(SystemExit):
        main(["--help"])
    said = capsys.readouterr().out
    page = (ROOT / "docs" / "settings.md").read_text(encoding="utf-8")
    assert page == settings_table() + "\n"
    for name in settings.SETTINGS:
        assert flag(name) in said
        assert f"`{flag(name)}`" in page
        with pytest.raises(ValueError, match=f"^{name} must be "):
            settings.Config(**{name: object()})


class SomeonesGan(keras.Model):
    """A GAN as people write it with a `train_step` of their own; only the fit matters here."""

    def __init__(self):
        super().__init__()
        self.generator, self.discriminator = tiny_networks(4, 0.0)

    def train_step(self, data):
        return {"d_loss": ops.mean(data), "g_loss": ops.mean(data) / 2}

    def call(self, latents):
        return self.discriminator(self.generator(latents))


@pytest.mark.skipif(
    keras.backend.backend() != "tensorflow", reason="its train_step is TensorFlow's"
)
def test_callbacks_watch_the_fit_of_someone_elses_gan(digits, tmp_path, monkeypatch, capfd):
    monkeypatch.chdir(tmp_path)
    gan = SomeonesGan()
    gan.compile()
    latents = np.random.default_rng(0).standard_normal((10, 4)).astype("float32")
    average = AveragedGenerator(gan.generator)
    watchers = [
        average,
        ProgressReport(),
        HistoryFile("models/history.csv"),
        LogFile("run.log"),
        ModelFiles("models", every=2, generator=average.generator),
        SamplePlots("plots", latents),
        SampleFilm("plots", "models", latents),
        WalkPlot("plots", latents),
        CurvePlots("plots"),
        NetworkDiagrams("plots"),
    ]
    gan.fit(digits[0] / np.float32(255), epochs=3, batch_size=50, callbacks=watchers, verbose=0)
    rows = (tmp_path / "models" / "history.csv").read_text().splitlines()
    assert [row.split(",")[0] for row in rows] == ["epoch", "1", "2", "3"]
    pictures = {path.name for path in (tmp_path / "plots").iterdir()}
    assert pictures >= {f"generated_plot_e{epoch:03}.png" for epoch in range(4)}
    assert pictures >= {"training.gif", "loss_plot.png", "interpolation_plot.png"}
    assert (tmp_path / "models" / "generator_e002.keras").exists()
    assert (tmp_path / "models" / "discriminator.keras").exists()
    assert "epoch 3/3 d_loss=" in (tmp_path / "run.log").read_text()
    assert "Epoch 3/3 - d_loss: " in capfd.readouterr().err


def test_quality_is_measured_in_the_fit_of_someone_elses_gan(digits, tmp_path, monkeypatch):
    if keras.backend.backend() != "tensorflow":
        pytest.skip("its train_step is TensorFlow's")
    monkeypatch.chdir(tmp_path)
    gan = SomeonesGan()
    gan.compile()
    yardstick = load_yardstick(Dataset(*digits, "digits"))
    metrics = QualityMetrics(yardstick, digits[0], "plots", "models", every=1, samples=100)
    history = gan.fit(digits[0] / np.float32(255), epochs=1, callbacks=[metrics], verbose=0)
    assert history.history["fid"][0] > 0
    assert (tmp_path / "models" / "generator_best.keras").exists()


def test_an_optimizer_may_be_an_object(digits):
    optimizer = keras.optimizers.Adam(1e-2, clipnorm=1.0)
    composite = build_composite(*tiny_networks(4, 0.0), optimizer=optimizer)
    for side in (composite, composite.discriminator):
        assert side.optimizer is not optimizer
        assert side.optimizer.clipnorm == 1.0
    train(composite, digits[0], epochs=1, batch_size=100)


def test_a_fit_that_goes_on_keeps_the_pictures_of_the_first(digits, tmp_path):
    if keras.backend.backend() != "tensorflow":
        pytest.skip("its train_step is TensorFlow's")
    gan = SomeonesGan()
    gan.compile()
    latents = np.zeros((10, 4), "float32")
    for first, last in ((0, 2), (2, 3)):
        film = SampleFilm(tmp_path, tmp_path, latents)
        images = digits[0] / np.float32(255)
        gan.fit(images, initial_epoch=first, epochs=last, callbacks=[film], verbose=0)
    kept = [path.name for path in sorted((tmp_path / "samples").iterdir())]
    assert kept == [f"e{epoch:06}.npz" for epoch in range(4)]


def test_a_model_without_a_discriminator_can_be_watched(digits, tmp_path):
    autoencoder = keras.Sequential([keras.Input((28, 28, 1)), layers.Dense(1)])
    autoencoder.compile("sgd", "mse")
    watchers = [NetworkDiagrams(tmp_path), CurvePlots(tmp_path), ProgressReport()]
    images = digits[0][:10] / np.float32(255)
    autoencoder.fit(images, images, epochs=1, callbacks=watchers, verbose=0)
    assert (tmp_path / "gan_plot.png").exists()
    assert not (tmp_path / "discriminator_plot.png").exists()
