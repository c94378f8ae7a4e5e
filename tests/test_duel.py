"""A step of both sides in one call does what their own calls do, one after the other."""

import keras
import numpy as np
import pytest

from keras_gan.config import configure
from keras_gan.job import build_networks
from keras_gan.models import Duel
from keras_gan.training import train_step

on_tensorflow = pytest.mark.skipif(
    keras.backend.backend() != "tensorflow", reason="a step is one call on TensorFlow alone"
)


@on_tensorflow
@pytest.mark.parametrize("preset", ["default", "mlp", "wgan-gp"])
def test_one_call_and_three_teach_the_same(preset):
    config = configure(preset)
    images = np.random.default_rng(0).uniform(size=(10, 28, 28, 1)).astype("float32")
    settings = config.step_settings | {"generator_batch_size": 6}
    outcomes = []
    for calls in ("one", "three"):
        keras.utils.set_random_seed(0)
        composite = build_networks(config)
        before = [np.array(weight) for weight in composite.get_weights()]
        duel = Duel(composite)
        duel.in_one_call = calls == "one"
        rng = np.random.default_rng(1)
        logs = [train_step(duel, images[:n], rng, **settings) for n in (10, 10, 7)]
        moves = [now - then for now, then in zip(composite.get_weights(), before, strict=True)]
        outcomes.append((logs, np.concatenate([move.ravel() for move in moves])))
    (logs, moves), (expected_logs, expected_moves) = outcomes
    assert [dict.keys(of) for of in logs] == [dict.keys(of) for of in expected_logs]
    for of, expected in zip(logs, expected_logs, strict=True):
        assert of == pytest.approx(expected, rel=1e-3, abs=1e-5)
    error = np.linalg.norm(moves - expected_moves) / np.linalg.norm(expected_moves)
    assert error < 0.02


@on_tensorflow
def test_a_step_is_one_call(monkeypatch):
    composite = build_networks(configure("mlp"))
    duel = Duel(composite)
    calls = []
    for model in (composite, composite.discriminator, composite.generator):
        for name in ("train_on_batch", "predict_on_batch"):
            monkeypatch.setattr(model, name, lambda *_, **__: calls.append("a call of its own"))
    learn = Duel.train_on_batch
    monkeypatch.setattr(
        Duel, "train_on_batch", lambda self, x: calls.append("one") or learn(self, x)
    )
    train_step(duel, np.zeros((4, 28, 28, 1), "float32"), np.random.default_rng(0))
    assert calls == ["one"]
