"""A step of both sides in one call does what their own calls do, one after the other."""

import contextlib
import pathlib
import re

import keras
import numpy as np
import pytest
from keras import layers

from keras_gan.cli import main
from keras_gan.config import configure
from keras_gan.job import build_networks, settled
from keras_gan.models import Duel, build_discriminator
from keras_gan.models.composite import build_composite
from keras_gan.training import train, train_step

on_tensorflow = pytest.mark.skipif(
    keras.backend.backend() != "tensorflow", reason="a step is one call on TensorFlow alone"
)


@on_tensorflow
@pytest.mark.parametrize(
    ("preset", "steps", "own_points"),
    [
        ("default", 1, None),
        ("mlp", 3, 6),
        ("mlp-dropout", 2, 6),
        ("wgan-gp", 3, None),
        ("dcgan", 1, 6),
        ("dcgan", 3, None),
    ],
)
def test_one_call_and_three_teach_the_same(preset, steps, own_points):
    config = configure(preset, discriminator_steps=steps)
    images = np.random.default_rng(0).uniform(size=(10, 28, 28, 1)).astype("float32")
    settings = config.step_settings | {
        "shared_latents": own_points is None,
        "generator_batch_size": own_points,
    }
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
    for of, expected in zip(logs, expected_logs, strict=True):
        assert of == pytest.approx(expected, rel=1e-3, abs=1e-5)
    error = np.linalg.norm(moves - expected_moves) / np.linalg.norm(expected_moves)
    assert error < 0.02


@on_tensorflow
def test_a_step_is_one_call_compiled_once_for_each_size(monkeypatch):
    composite = build_networks(configure("mlp"))
    duel = Duel(composite)
    traced = []
    monkeypatch.setattr(duel.drawing, "predict_on_batch", None)
    for model in (composite, composite.discriminator):
        monkeypatch.setattr(model, "train_on_batch", None)
        learn = model.train_step
        monkeypatch.setattr(
            model, "train_step", lambda data, learn=learn: traced.append(1) or learn(data)
        )
    for n in (8, 8, 5, 8, 5, 5):
        train_step(duel, np.zeros((n, 28, 28, 1), "float32"), np.random.default_rng(0))
    assert len(traced) == 2 * 2


@on_tensorflow
def test_the_step_is_compiled_as_the_settings_say():
    for compiled in (True, False):
        composite = build_networks(configure("mlp", jit_compile=compiled))
        assert Duel(composite).jit_compile == compiled
    assert not Duel(build_networks(configure("mlp-dropout"))).jit_compile
    assert settled(configure("mlp-dropout")).jit_compile is False


CPUINFO = pathlib.Path("/proc/cpuinfo")


@on_tensorflow
@pytest.mark.skipif(not CPUINFO.exists(), reason="no list of what the processor can")
def test_what_is_left_to_the_machine_is_compiled_where_there_is_avx2():
    flags = re.search(r"flags\s*: (.*)|$", CPUINFO.read_text())[1] or ""
    on_cpu = all("cpu" in name for name in keras.distribution.list_devices())
    expected = on_cpu and "avx2" in flags.split()
    assert settled(configure("mlp")).jit_compile == expected
    assert Duel(build_networks(configure("mlp"))).jit_compile == expected
    expected &= "avx512f" not in flags.split()
    assert settled(configure("tutorial")).jit_compile == expected


@on_tensorflow
@pytest.mark.parametrize(
    ("best", "narrow", "wide"),
    [
        ("X86_V4", True, False),
        ("AVX512_SKX", True, False),
        ("X86_V3", True, True),
        ("FMA3 AVX2", True, True),
        ("baseline(X86_V2)", False, False),
        ("baseline(NEON NEON_FP16 NEON_VFPV4 ASIMD)", False, False),
    ],
)
def test_wide_networks_are_left_to_the_kernels_for_avx_512(monkeypatch, best, narrow, wide):
    if keras.distribution.list_devices("gpu"):
        pytest.skip("that is left to the machine on a CPU alone")
    found = {"exp": {"ff": {"current": best, "available": best}}}
    monkeypatch.setattr(np.lib.introspect, "opt_func_info", lambda *_: found)
    for preset in ("default", "mlp", "dcgan", "wgan-gp", "lsgan", "hinge"):
        assert settled(configure(preset)).jit_compile is narrow
    assert settled(configure("tutorial")).jit_compile is wide
    assert settled(configure("default", networks="tutorial")).jit_compile is wide
    assert settled(configure("default", discriminator="mine.keras")).jit_compile is wide


@on_tensorflow
def test_what_xla_cannot_compile_trains_without(digits):
    import tensorflow as tf

    class Unknown(layers.Layer):
        """Calls Python in the middle of the graph, which XLA cannot."""

        def call(self, inputs):
            nothing = tf.numpy_function(lambda: np.float32(0), [], tf.float32)
            return inputs + tf.reshape(tf.stop_gradient(nothing), ())

    outcomes = []
    for compiled in (True, False):
        keras.utils.set_random_seed(0)
        generator = keras.Sequential(
            [keras.Input((4,)), layers.Dense(784), Unknown(), layers.Reshape((28, 28, 1))]
        )
        discriminator = keras.Sequential(
            [keras.Input((28, 28, 1)), layers.Flatten(), layers.Dense(1)]
        )
        composite = build_composite(generator, discriminator, jit_compile=compiled)
        told = pytest.warns(UserWarning, match=r"XLA cannot compile the step \(\w+\): it will do")
        with told if compiled else contextlib.nullcontext():
            history = train(composite, digits[0], epochs=2, batch_size=64).history
        outcomes.append((history["d_loss"], composite.get_weights()))
    (losses, weights), (expected_losses, expected_weights) = outcomes
    assert losses == pytest.approx(expected_losses, rel=1e-4)
    for of, expected in zip(weights, expected_weights, strict=True):
        np.testing.assert_allclose(of, expected, rtol=1e-3, atol=1e-5)


@on_tensorflow
def test_the_program_says_in_a_line_that_it_does_without_xla(
    digits_file, tmp_path, monkeypatch, capfd
):
    failures = [RuntimeError("no kernel")]

    def fail_once(*arguments, **options):
        if failures:
            raise failures.pop()
        return train_step(*arguments, **options)

    monkeypatch.setattr("keras_gan.training.train_step", fail_once)
    monkeypatch.chdir(tmp_path)
    command = "--preset mlp --jit-compile --epochs 1 --quiet --data"
    assert main([*command.split(), str(digits_file)]) == 0
    said = capfd.readouterr().err.splitlines()
    assert "XLA cannot compile the step (RuntimeError): it will do without." in said


@on_tensorflow
def test_xla_draws_once_where_both_sides_learn_from_the_same_points():
    import tensorflow as tf

    if tf.config.list_physical_devices("GPU"):
        pytest.skip("on a GPU, products are calls of its libraries")
    images, labels, points = tf.ones((4, 28, 28, 1)), tf.ones((8, 1)), tf.ones((4, 64))

    def products(step, *inputs):
        step = tf.function(step, jit_compile=True)
        compiled = step.experimental_get_compiler_ir(*inputs)(stage="optimized_hlo")
        return compiled.count(" dot(")

    duel = Duel(build_networks(configure("mlp")))
    shared = products(
        lambda *batch: duel.train_step((([batch], None),)), images, points, images[:0], labels
    )
    own = products(
        lambda *inputs: duel.train_step((([inputs[:4]], inputs[4]),)),
        *(images, points, images[:0], labels, points),
    )
    assert shared > 0
    assert own - shared == 3  # the generator's layers


def test_the_discriminator_is_shown_what_is_drawn_in_training_mode():
    points = np.random.default_rng(1).standard_normal((6, 100), dtype="float32")
    generator = build_networks(configure("dcgan")).generator
    duel = Duel(build_composite(generator, build_discriminator()))
    shown = []
    duel.in_one_call = False
    duel.composite.discriminator.train_on_batch = lambda x, *_, **__: shown.append(x) or {}
    real_images = np.zeros((6, 28, 28, 1), "float32")
    labels = np.ones((12, 1), "float32")
    duel.train_on_batch(([(real_images, points, real_images[:0], labels)], points[:1]))
    fake_images = keras.ops.convert_to_numpy(shown[0])[6:]
    outside = keras.ops.convert_to_numpy(generator(points, training=False))
    # The one step of the composite has moved the weights, by little.
    drawn = keras.ops.convert_to_numpy(generator(points, training=True))
    assert np.abs(fake_images - drawn).mean() < 0.2 * np.abs(fake_images - outside).mean()


def test_drawing_for_the_discriminator_leaves_the_generator_as_it_is():
    """After a step, its moving statistics are as if it had learned alone."""
    left = []
    points = np.random.default_rng(1).standard_normal((6, 100), dtype="float32")
    images = np.zeros((6, 28, 28, 1), "float32")
    for alone in (True, False):
        keras.utils.set_random_seed(0)
        composite = build_networks(configure("dcgan"))
        if alone:
            composite.train_on_batch(points, np.ones((6, 1)))
        else:
            train_step(Duel(composite), images, np.random.default_rng(1))
        left.append(map(np.array, composite.generator.non_trainable_variables))
    for variable, expected in zip(*left, strict=True):
        np.testing.assert_allclose(variable, expected, rtol=1e-4, atol=1e-5)


def test_each_drawing_leaves_out_other_units():
    duel = Duel(build_networks(configure("mlp-dropout")))
    points = np.ones((2, 100), "float32")
    for draw in (duel.drawing, duel.drawing.predict_on_batch):
        first, second = (keras.ops.convert_to_numpy(draw(points)) for _ in range(2))
        assert not np.array_equal(first, second)


def test_a_step_tells_of_itself_alone():
    """Whatever the networks were used for since the one before."""
    images = np.random.default_rng(0).uniform(size=(6, 28, 28, 1)).astype("float32")
    labels = np.zeros((6, 1), "float32")
    logs = []
    for used in (False, True):
        keras.utils.set_random_seed(0)
        composite = build_networks(configure("mlp"))
        duel, rng = Duel(composite), np.random.default_rng(1)
        train_step(duel, images, rng)
        if used:
            composite.discriminator.evaluate(images, labels, verbose=0)
            composite.evaluate(np.ones((6, 64), "float32"), labels, verbose=0)
        logs.append(train_step(duel, images, rng))
    assert logs[0] == logs[1]


def test_a_discriminator_frozen_by_hand_learns():
    composite = build_networks(configure("mlp"))
    composite.discriminator.trainable = False
    before = composite.discriminator.get_weights()
    images = np.zeros((4, 28, 28, 1), "float32")
    train_step(Duel(composite), images, np.random.default_rng(0))
    after = composite.discriminator.get_weights()
    assert not any(np.array_equal(*pair) for pair in zip(before, after, strict=True))
