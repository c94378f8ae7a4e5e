"""How fast a training step is, and how fast it could be.

    python benchmarks/step_speed.py [--preset NAME] [--peers FOLDER]

In one run, one after the other and again, so that a busy machine slows all of
them alike: the loop of `train_step`; the same mathematics in one
function written by hand with a gradient tape, compiled the same way; the loop with the networks and
settings of the tutorial. Before them the arithmetic of one step, layer by layer,
and how fast the machine multiplies matrices: together they say how fast a step
could be at best. `--peers` names a folder with other projects' recipes,
`peers_keras.py` and `peers_torch.py`, which print images a second when they run;
`--torch-python` an interpreter that has PyTorch, if this one has not.
"""

import argparse
import os
import pathlib
import re
import sys
import tempfile

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

import keras
import numpy as np
import tensorflow as tf
from keras import layers
from machine import add_peer_options, describe, medians_of_rounds, print_table, run_peers

from keras_gan.config import PRESETS, configure
from keras_gan.job import build_networks, settled
from keras_gan.models import Duel
from keras_gan.training import train_step

ROUNDS = 15
STEPS = 20
TUTORIAL_STEPS = 1  # it takes as long as a hundred of the others
PEER_SECONDS = 20


def layer_flops(layer):
    """Floating-point operations of a layer's forward pass for one image."""
    if isinstance(layer, layers.Conv2DTranspose):
        return 2 * np.prod(layer.input.shape[1:]) * layer.filters * np.prod(layer.kernel_size)
    if isinstance(layer, layers.Conv2D):
        taps = np.prod(layer.kernel_size) * layer.input.shape[-1]
        return 2 * np.prod(layer.output.shape[1:]) * taps
    if isinstance(layer, layers.Dense):
        return 2 * layer.input.shape[-1] * layer.units
    return 0


def copies_of(config):
    """How many noisy copies of real images a step judges, if there is a penalty."""
    return (config.batch_size + 3) // 4 if config.penalty else 0


def flops_of_a_step(composite, config):
    """Rows of `(network, layer, images, passes, operations)`: one for each use of a layer."""
    n = config.batch_size
    m = config.generator_batch_size or n
    copies = copies_of(config)
    uses = [
        ("generator draws for the discriminator", composite.generator, n, 1),
        ("discriminator learns", composite.discriminator, 2 * n + copies, 3),
        ("generator learns", composite.generator, m, 3),
        ("discriminator judges for the generator", composite.discriminator, m, 2),
    ]
    for use, network, images, passes in uses:
        first = True
        for layer in network.layers:
            if flops := layer_flops(layer):
                # Forward, and back to the weights and to the inputs; the first has no such inputs.
                each = passes - 1 if first and passes == 3 else passes
                yield use, layer.name, images, each, int(flops) * images * each
                first = False


def matmul_ceiling():
    """The machine's best rate in float32 operations a second, of matrices of 2,048 by 2,048."""
    size = 2048
    matrix = tf.random.normal((size, size))
    multiply = tf.function(lambda: tf.reduce_sum(tf.matmul(matrix, matrix)))
    return 2 * size**3 / medians_of_rounds({"": (lambda: multiply().numpy(), 1)}, 9)[""]


def fused_step(composite, images, config):
    """The mathematics of `train_step` in one function, written by hand with a gradient tape."""
    generator, discriminator = composite.generator, composite.discriminator
    rates = {
        "learning_rate": config.learning_rate,
        "beta_1": config.beta_1,
        "beta_2": config.beta_2,
    }
    g_optimizer, d_optimizer = keras.optimizers.Adam(**rates), keras.optimizers.Adam(**rates)
    g_optimizer.build(generator.trainable_variables)
    d_optimizer.build(discriminator.trainable_variables)
    images = tf.constant(images)
    n = config.batch_size
    m = config.generator_batch_size or n
    k = copies_of(config)
    noise = discriminator.loss.noise

    def latents(number):
        shape = (number, config.latent_dim)
        if config.latent_distribution == "uniform":
            return tf.random.uniform(shape, -1, 1)
        return tf.random.normal(shape)

    @tf.function(jit_compile=config.jit_compile)
    def step():
        rows = tf.random.uniform((n,), 0, len(images), tf.int32)
        real = tf.cast(tf.gather(images, rows), "float32") / 255
        fake = generator(latents(n), training=False)
        batch = [real, fake]
        if config.penalty:
            batch.append(real[:k] + noise * tf.random.normal((k, 28, 28, 1)))
        with tf.GradientTape() as tape:
            logits = discriminator(tf.concat(batch, 0), training=True)
            real_logits, fake_logits, copies = logits[:n], logits[n : 2 * n], logits[2 * n :]
            d_loss = tf.reduce_mean(tf.nn.softplus(tf.concat([-real_logits, fake_logits], 0)))
            d_loss += config.label_smoothing / 2 * tf.reduce_mean(real_logits)
            if config.penalty:
                slope = (copies - real_logits[:k]) / noise
                d_loss += config.penalty / 2 * tf.reduce_mean(slope**2)
        variables = discriminator.trainable_variables
        d_optimizer.apply(tape.gradient(d_loss, variables), variables)
        with tf.GradientTape() as tape:
            fake = generator(latents(m), training=True)
            g_loss = tf.reduce_mean(tf.nn.softplus(-discriminator(fake, training=True)))
        variables = generator.trainable_variables
        g_optimizer.apply(tape.gradient(g_loss, variables), variables)
        return d_loss, g_loss

    return lambda: [float(loss) for loss in step()]


def loop_step(composite, images, config):
    rng, duel = np.random.default_rng(0), Duel(composite)

    def step():
        rows = rng.integers(0, len(images), config.batch_size)
        real = images[rows].astype("float32") / 255
        train_step(duel, real, rng, **config.step_settings)

    return step


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    by_hand = [preset for preset in PRESETS if configure(preset=preset).loss == "bce"]
    parser.add_argument("--preset", choices=by_hand, default="default")
    add_peer_options(parser)
    arguments = parser.parse_args()
    print(describe() + "\n")
    images = np.random.default_rng(0).integers(0, 256, (6000, 28, 28, 1), dtype="uint8")

    config = settled(configure(preset=arguments.preset))
    ours = build_networks(config)
    tutorial = configure(preset="tutorial")
    steps = TUTORIAL_STEPS if arguments.preset == "tutorial" else STEPS
    tasks = {
        "loop": (loop_step(ours, images, config), steps),
        "fused": (fused_step(build_networks(config), images, config), steps),
        "tutorial": (loop_step(build_networks(tutorial), images, tutorial), TUTORIAL_STEPS),
    }

    rows = list(flops_of_a_step(ours, config))
    total = sum(row[-1] for row in rows)
    ceiling = matmul_ceiling()
    seconds = medians_of_rounds(tasks, ROUNDS)
    print_table(
        ["use", "layer", "images", "passes", "MFLOP", "share", "ms at the ceiling"],
        [
            [*use, f"{flops / 1e6:,.0f}", f"{flops / total:.0%}", f"{1e3 * flops / ceiling:.2f}"]
            for *use, flops in rows
        ],
    )
    print(f"Matrix products: {ceiling / 1e9:,.0f} GFLOP/s.")
    print(f"A step: {total / 1e9:.2f} GFLOP, {1e3 * total / ceiling:.1f} ms at that rate.")
    share = total / ceiling / seconds["loop"]
    print(f"The loop: {1e3 * seconds['loop']:.1f} ms, {share:.0%} of it.\n")

    loop_rate = config.batch_size / seconds["loop"]
    rates = {
        f"{config.preset}: the loop": loop_rate,
        f"{config.preset}: fused by hand": config.batch_size / seconds["fused"],
        "tutorial: the loop": tutorial.batch_size / seconds["tutorial"],
    }
    with tempfile.TemporaryDirectory() as out:
        for peer, said in run_peers(arguments, PEER_SECONDS, out):
            rates[f"peer {peer}"] = int(re.search(r"rate (\d+) img/s", said)[1])
    print_table(
        ["step", "real images/s", "the loop is this many times as fast"],
        [[name, f"{rate:,.0f}", f"{loop_rate / rate:.2f}"] for name, rate in rates.items()],
    )


if __name__ == "__main__":
    main()
