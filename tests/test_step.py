"""One step of a GAN: what it shows to each network, and how it is compiled."""

import contextlib
import pathlib
import re

import keras
import numpy as np
import pytest
from keras import layers

from keras_gan import Composite, GanCallback, build_composite, devices, train
from keras_gan.cli import main
from keras_gan.devices import xla_is_faster  # before conftest.py switches XLA off
from keras_gan.gan.step import GanStep, gan_step
from keras_gan.registry import CALLBACKS, NETWORKS
from keras_gan.runs.building import build_networks
from keras_gan.settings import configure

LATENT_DIM = 3


@pytest.fixture
def machine_decides(monkeypatch):
    """XLA where it is known to be faster, as outside of the tests."""
    monkeypatch.setattr(devices, "xla_is_faster", xla_is_faster)


def small_networks(dropout=0.0, normalization=True, extra=()):
    """Convolutions, normalization and dropout, in a few small layers."""
    after = [layers.Dropout(dropout)] if dropout else []
    generator = keras.Sequential(
        [
            keras.Input((LATENT_DIM,)),
            layers.Dense(49, "relu"),
            layers.BatchNormalization(),
            *after,
            *extra,
            layers.Reshape((7, 7, 1)),
            layers.Conv2DTranspose(1, 4, strides=4, activation="sigmoid"),
        ],
        name="generator",
    )
    discriminator = keras.Sequential(
        [
            keras.Input((28, 28, 1)),
            layers.Conv2D(2, 4, strides=4),
            *([layers.BatchNormalization()] if normalization else []),
            layers.LeakyReLU(0.2),
            *after,
            layers.Flatten(),
            layers.Dense(1),
        ],
        name="discriminator",
    )
    return generator, discriminator


def dense_networks(extra=()):
    generator = keras.Sequential(
        [
            keras.Input((LATENT_DIM,)),
            layers.Dense(784, "sigmoid"),
            *extra,
            layers.Reshape((28, 28, 1)),
        ]
    )
    discriminator = keras.Sequential([keras.Input((28, 28, 1)), layers.Flatten(), layers.Dense(1)])
    return generator, discriminator


def real_images(n, seed=0):
    return np.random.default_rng(seed).uniform(size=(n, 28, 28, 1)).astype("float32")


def latents(n, seed=1, latent_dim=LATENT_DIM):
    return np.random.default_rng(seed).standard_normal((n, latent_dim), dtype="float32")


def batch(composite, n, rng):
    images = rng.uniform(size=(n, 28, 28, 1)).astype("float32")
    points = rng.standard_normal((n, composite.input_shape[1]), dtype="float32")
    return images, points, composite.penalized_discriminator.penalty.draw(rng, images)


def to_numpy(tensor):
    return np.array(keras.ops.convert_to_numpy(tensor))


@pytest.mark.parametrize("fakes", [4, 2])
@pytest.mark.parametrize("fresh_latents", [None, latents(5, seed=9)])
@pytest.mark.parametrize("updates", [1, 3])
def test_a_step_updates_the_discriminator_and_then_the_generator(updates, fresh_latents, fakes):
    """And without fresh latents, the generator learns from those that were drawn last."""
    composite = build_composite(*small_networks(), penalty=0)
    batches = [
        (real_images(4, seed), latents(fakes, seed), (f"random {seed}",)) for seed in (1, 2, 3)
    ]
    drawn, seen = [], []

    def draw(latents):
        drawn.append(latents)
        return np.full((len(latents), 28, 28, 1), len(drawn) / 10, "float32")

    def record(model, inputs, labels, weights=None):
        seen.append((model, inputs, to_numpy(labels), weights))
        return {"loss": 10.0 * len(seen), "real_score": float(len(seen))}

    logs = gan_step(composite, draw, record, batches[:updates], fresh_latents)

    *discriminator_updates, (last, learned_from, labels, weights) = seen
    assert len(drawn) == len(discriminator_updates) == updates
    for number, (model, inputs, batch_labels, batch_weights) in enumerate(discriminator_updates):
        images, points, random = batches[number]
        assert model is composite.penalized_discriminator
        assert inputs[0] is images
        assert drawn[number] is points
        assert (inputs[1] == (number + 1) / 10).all()
        assert inputs[2:] == random
        assert batch_labels.tolist() == [[1]] * 4 + [[0]] * fakes
        expected = [[(4 + fakes) / 8]] * 4 + [[(4 + fakes) / fakes / 2]] * fakes
        assert to_numpy(batch_weights).tolist() == expected
    assert last is composite
    assert learned_from is (points if fresh_latents is None else fresh_latents)
    assert labels.tolist() == [[1]] * len(learned_from)
    assert weights is None
    assert logs["g_loss"] == 10 * (updates + 1)
    assert logs["real_score"] == (updates + 1) / 2


@pytest.mark.parametrize("in_one_call", [True, False])
def test_fewer_generated_images_have_as_much_say(in_one_call):
    """The discriminator learns as if each of them were shown often enough."""
    outcomes = []
    for repeated in (1, 3):
        keras.utils.set_random_seed(0)
        networks = small_networks(normalization=False)
        composite = build_composite(*networks, optimizer="sgd", penalty=0)
        composite.penalized_discriminator.run_eagerly = not in_one_call
        points = np.repeat(latents(2), repeated, axis=0)
        logs = GanStep(composite, in_one_call)([(real_images(6), points, ())])
        outcomes.append((logs, composite.discriminator.get_weights()))
    (logs, weights), (expected_logs, expected_weights) = outcomes
    assert logs == pytest.approx(expected_logs, rel=1e-4)
    for weight, expected in zip(weights, expected_weights, strict=True):
        np.testing.assert_allclose(weight, expected, rtol=1e-3, atol=1e-6)


def take_two_steps(composite, updates, fresh_latents, in_one_call):
    """The logs of two steps, and how far they moved all weights."""
    if not in_one_call:
        for model in (composite, composite.penalized_discriminator):
            model.run_eagerly = True  # so that nothing has to be compiled
    before = composite.get_weights()
    step, rng = GanStep(composite, in_one_call), np.random.default_rng(1)
    step.generate.run_eagerly = composite.run_eagerly
    logs = []
    for seed in (1, 2):
        batches = [batch(composite, 4, rng) for _ in range(updates)]
        fresh = latents(6, seed, composite.input_shape[1]) if fresh_latents else None
        logs.append(step(batches, fresh))
    moves = [now - then for now, then in zip(composite.get_weights(), before, strict=True)]
    return logs, np.concatenate([move.ravel() for move in moves])


def assert_one_call_and_separate_calls_agree(build, updates=1, fresh_latents=False):
    outcomes = []
    for in_one_call in (True, False):
        keras.utils.set_random_seed(0)
        outcomes.append(take_two_steps(build(), updates, fresh_latents, in_one_call))
    (logs, moves), (expected_logs, expected_moves) = outcomes
    for of, expected in zip(logs, expected_logs, strict=True):
        assert of == pytest.approx(expected, rel=1e-3, abs=1e-5)
    assert np.linalg.norm(moves - expected_moves) < 0.02 * np.linalg.norm(expected_moves)


@pytest.mark.parametrize(
    ("networks", "settings", "updates", "fresh_latents"),
    [
        (lambda: small_networks(dropout=0.3), {"penalty": 0, "learning_rate": 0.1}, 2, True),
        pytest.param(
            small_networks,
            {"penalty": 0, "jit_compile": True},
            1,
            True,
            marks=pytest.mark.slow,
        ),
        pytest.param(
            lambda: small_networks(normalization=False),
            {"loss": "wgan-gp", "penalty": 10, "jit_compile": True},
            2,
            False,
            marks=pytest.mark.slow,
        ),
        pytest.param(dense_networks, {}, 9, False, marks=pytest.mark.slow),
    ],
    ids=["dropout", "normalization, XLA", "wgan-gp, XLA", "many updates"],
)
def test_one_call_and_separate_calls_give_the_same_weights(
    networks, settings, updates, fresh_latents
):
    def build():
        return build_composite(*networks(), optimizer="sgd", **settings)

    assert_one_call_and_separate_calls_agree(build, updates, fresh_latents)


@pytest.mark.slow
def test_the_default_networks_learn_the_same_in_one_call_with_xla():
    assert_one_call_and_separate_calls_agree(lambda: build_networks(configure(jit_compile=True)))


@pytest.mark.every_backend
def test_several_steps_in_a_call_are_as_one_after_the_other():
    outcomes = []
    for in_a_call in (1, 3):
        keras.utils.set_random_seed(0)
        composite = build_composite(*dense_networks(), optimizer="sgd", jit_compile=True)
        step, rng = GanStep(composite), np.random.default_rng(1)
        steps = [([batch(composite, 4, rng)], None) for _ in range(3)]
        calls = range(0, 3, in_a_call)
        logs = [log for first in calls for log in step.take(steps[first : first + in_a_call])]
        outcomes.append((logs, composite.get_weights()))
    (logs, weights), (expected_logs, expected_weights) = outcomes
    for of, expected in zip(logs, expected_logs, strict=True):
        assert of == pytest.approx(expected, rel=1e-4)
    assert logs[0] != logs[1] != logs[2]
    for weight, expected in zip(weights, expected_weights, strict=True):
        np.testing.assert_allclose(weight, expected, rtol=1e-3, atol=1e-6)


@pytest.mark.parametrize(
    ("most", "steps", "updates", "expected"),
    [(3, 468, 1, 3), (3, 8, 1, 2), (3, 7, 1, 1), (1, 6, 1, 1), (3, 6, 4, 2), (3, 6, 9, 1)],
)
def test_the_steps_of_a_call_divide_those_of_an_epoch(most, steps, updates, expected):
    compiled, separate = (
        GanStep(build_composite(*dense_networks(), jit_compile=jit_compile))
        for jit_compile in (True, False)
    )
    assert compiled.steps_in_a_call(most, steps, updates) == expected
    assert separate.steps_in_a_call(most, steps, updates) == 1


def test_a_training_compiles_its_step_once(digits):
    """Python runs through the networks for the first step alone."""

    class Counting(layers.Layer):
        calls = 0

        def call(self, inputs):
            Counting.calls += 1
            return inputs

    composite = build_composite(*dense_networks(extra=[Counting()]), optimizer="sgd")
    Counting.calls, calls = 0, []
    counter = keras.callbacks.LambdaCallback(
        on_train_batch_end=lambda batch, logs: calls.append(Counting.calls)
    )
    train(composite, digits[0][:30], epochs=2, batch_size=8, callbacks=[counter])
    assert calls == [calls[0]] * 6
    assert calls[0] > 0


@pytest.mark.on_tensorflow
def test_the_step_is_compiled_as_the_settings_say(machine_decides):
    for compiled in (True, False):
        composite = build_networks(configure("mlp", jit_compile=compiled))
        assert GanStep(composite).jit_compile is compiled
    assert GanStep(build_networks(configure("mlp-dropout"))).jit_compile is False


@pytest.fixture(scope="module")
def networks():
    """Those of each kind."""
    return {name: build(latent_dim=100, dropout=0.0) for name, build in NETWORKS.items()}


CPUINFO = pathlib.Path("/proc/cpuinfo")


@pytest.mark.on_tensorflow
@pytest.mark.skipif(not CPUINFO.exists(), reason="no list of what the processor can")
def test_what_is_left_to_the_machine_is_compiled_where_there_is_avx2(machine_decides, networks):
    flags = re.search(r"flags\s*: (.*)|$", CPUINFO.read_text())[1] or ""
    on_cpu = all("cpu" in name for name in keras.distribution.list_devices())
    expected = on_cpu and "avx2" in flags.split()
    assert GanStep(build_networks(configure("mlp"))).jit_compile == expected
    assert GanStep(build_composite(*small_networks(), penalty=0)).jit_compile == expected
    expected &= "avx512f" not in flags.split()
    assert GanStep(build_composite(*networks["tutorial"])).jit_compile == expected


@pytest.mark.on_tensorflow
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
def test_wide_networks_are_left_to_the_kernels_for_avx_512(
    monkeypatch, networks, best, narrow, wide
):
    if keras.distribution.list_devices("gpu"):
        pytest.skip("that is left to the machine on a CPU alone")
    found = {"exp": {"ff": {"current": best, "available": best}}}
    monkeypatch.setattr(np.lib.introspect, "opt_func_info", lambda *_: found)
    for name, pair in networks.items():
        assert xla_is_faster(*pair) is (wide if name == "tutorial" else narrow)
    generator, discriminator = networks["tutorial"][0], networks["default"][1]
    assert xla_is_faster(generator, discriminator) is wide


def without_xla():
    """A layer that calls Python in the middle of the graph, which XLA cannot."""
    import tensorflow as tf

    class CallsPython(layers.Layer):
        def call(self, inputs):
            nothing = tf.numpy_function(lambda: np.float32(0), [], tf.float32)
            return inputs + tf.reshape(tf.stop_gradient(nothing), ())

    return CallsPython()


@pytest.mark.slow
@pytest.mark.on_tensorflow
def test_what_xla_cannot_compile_trains_without(digits):
    outcomes = []
    for compiled in (True, False):
        keras.utils.set_random_seed(0)
        networks = dense_networks(extra=[without_xla()])
        composite = build_composite(*networks, optimizer="sgd", jit_compile=compiled)
        told = pytest.warns(UserWarning, match=r"XLA cannot compile the step \(\w+\): ")
        with told if compiled else contextlib.nullcontext():
            history = train(composite, digits[0], epochs=2, batch_size=64).history
        outcomes.append((history["d_loss"], composite.get_weights()))
    (losses, weights), (expected_losses, expected_weights) = outcomes
    assert losses == pytest.approx(expected_losses, rel=1e-4)
    for of, expected in zip(weights, expected_weights, strict=True):
        np.testing.assert_allclose(of, expected, rtol=1e-3, atol=1e-5)


@pytest.mark.slow
@pytest.mark.on_tensorflow
def test_the_program_says_in_a_line_that_it_does_without_xla(
    digits_file, tmp_path, monkeypatch, capfd
):
    for name in ("diagrams", "metrics", "samples", "film", "walks", "curves", "report"):
        monkeypatch.setitem(CALLBACKS, name, GanCallback)  # which a run does not need
    monkeypatch.setitem(
        NETWORKS, "without XLA", lambda latent_dim, dropout: dense_networks([without_xla()])
    )
    monkeypatch.chdir(tmp_path)
    command = "--jit-compile --latent-dim 3 --epochs 1 --optimizer sgd --quiet --data"
    assert main([*command.split(), str(digits_file), "--networks", "without XLA"]) == 0
    said = [line for line in capfd.readouterr().err.splitlines() if "XLA" in line]
    assert len(said) == 1
    assert re.fullmatch(r"XLA cannot compile the step \(\w+\): [^.]+\.", said[0])


def test_the_discriminator_is_shown_what_is_drawn_in_training_mode(monkeypatch):
    """With batch normalization, an image then depends on the batch that it is drawn in."""
    composite = build_composite(*small_networks(), optimizer="sgd", penalty=0)
    composite.optimizer.learning_rate = 0.0  # so that it draws after the step as before
    discriminator, shown = composite.penalized_discriminator, []
    train_on_batch = discriminator.train_on_batch

    def record(inputs, *arguments, **options):
        shown.append(to_numpy(inputs[1]))
        return train_on_batch(inputs, *arguments, **options)

    monkeypatch.setattr(discriminator, "train_on_batch", record)
    GanStep(composite, in_one_call=False)([(real_images(6), latents(6), ())])
    outside = to_numpy(composite.generator(latents(6), training=False))
    in_training = to_numpy(composite.generator(latents(6), training=True))
    np.testing.assert_allclose(shown[0], in_training, rtol=1e-4, atol=1e-5)
    assert np.abs(shown[0] - outside).max() > 1e-3


def test_drawing_for_the_discriminator_leaves_the_generator_as_it_is():
    """After a step, its moving statistics are as if it had learned alone."""
    left = []
    for alone in (True, False):
        keras.utils.set_random_seed(0)
        composite = build_composite(*small_networks(), optimizer="sgd", penalty=0)
        before = [to_numpy(weight) for weight in composite.generator.non_trainable_weights]
        if alone:
            composite.train_on_batch(latents(6), np.ones((6, 1)))
        else:
            GanStep(composite)([(real_images(6), latents(6), ())])
        after = [to_numpy(weight) for weight in composite.generator.non_trainable_weights]
        assert not any(map(np.array_equal, before, after))
        left.append(after)
    for variable, expected in zip(*left, strict=True):
        np.testing.assert_allclose(variable, expected, rtol=1e-4, atol=1e-5)


@pytest.mark.every_backend
def test_each_drawing_leaves_out_other_units_and_no_trace_in_the_weights():
    step = GanStep(build_composite(*small_networks(dropout=0.5), penalty=0))
    before = step.composite.generator.get_weights()
    for draw in (step.generate, step.generate.predict_on_batch):
        first, second = (to_numpy(draw(latents(4))) for _ in range(2))
        assert not np.array_equal(first, second)
    assert all(map(np.array_equal, before, step.composite.generator.get_weights()))


def test_a_step_reports_itself_alone():
    """Whatever the networks were used for since the step before."""
    composite = build_composite(
        *dense_networks(), optimizer="sgd", learning_rate=1e-30, penalty=0
    )  # which leaves the weights as they are
    step = GanStep(composite)
    logs = [step([(real_images(6), latents(6), ())])]
    composite.discriminator.evaluate(real_images(9, seed=2), np.zeros((9, 1)), verbose=0)
    composite.evaluate(latents(9, seed=2), np.zeros((9, 1)), verbose=0)
    logs.append(step([(real_images(6), latents(6), ())]))
    assert logs[0] == logs[1]


def test_a_discriminator_frozen_by_hand_learns():
    composite = build_composite(*small_networks(), optimizer="sgd", penalty=0)
    composite.discriminator.trainable = False
    before = composite.discriminator.get_weights()
    GanStep(composite)([(real_images(6), latents(6), ())])
    after = composite.discriminator.get_weights()
    assert not any(map(np.array_equal, before, after))


def test_a_composite_not_made_by_build_composite_is_refused():
    with pytest.raises(ValueError, match="build_composite"):
        GanStep(Composite(*dense_networks()))
