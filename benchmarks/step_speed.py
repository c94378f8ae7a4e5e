"""How fast a training step is, and how fast it could be.

    python benchmarks/step_speed.py [--preset NAME] [--peers FOLDER]

In one run, one after the other and again, so that a busy machine slows all of
them alike: the loop of `train_step`; the same mathematics in one function
written by hand with a gradient tape, compiled the same way; the loop with the
networks and settings of the tutorial; each layer's part in a step, alone; and a
product of large matrices. The arithmetic of a step at the rate of that product is
how fast a step could be at best. `--peers` names a folder with other projects'
recipes, `peers_keras.py` and `peers_torch.py`, which print images a second when
they run; `--torch-python` an interpreter that has PyTorch, if this one has not.
"""

import argparse
import os
import pathlib
import re
import sys
import tempfile
from typing import NamedTuple

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
MATRIX = 2048  # large enough for the machine's best rate


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


class Use(NamedTuple):
    """What a step does with a layer: passes forward, and back to the weights and to the inputs."""

    what_for: str
    layer: layers.Layer
    images: int
    to_weights: bool
    to_inputs: bool

    @property
    def passes(self):
        return 1 + self.to_weights + self.to_inputs

    @property
    def flops(self):
        return int(layer_flops(self.layer)) * self.images * self.passes


def uses_in_a_step(composite, config):
    """One `Use` for each time that a step comes to a layer with arithmetic worth counting."""
    n = config.batch_size
    m = config.generator_batch_size or n
    copies = copies_of(config)
    uses = [
        ("discriminator learns", composite.discriminator, 2 * n + copies, True, False),
        ("generator learns", composite.generator, m, True, False),
        ("discriminator judges for the generator", composite.discriminator, m, False, True),
    ]
    shared = config.shared_latents and not config.generator_batch_size
    if not (shared and config.jit_compile):  # else XLA draws once for both
        draws = ("generator draws for the discriminator", composite.generator, n, False, False)
        uses.insert(0, draws)
    for what_for, network, images, learns, passes_on in uses:
        first = True
        for layer in network.layers:
            if layer_flops(layer):
                # No layer before the first one waits for gradients, unless a network does.
                yield Use(what_for, layer, images, learns, passes_on or (learns and not first))
                first = False


def step_of_a_layer(use, config):
    """A layer's part in a step, and the call that it takes."""
    layer = use.layer
    inputs = tf.random.normal((use.images, *layer.input.shape[1:]))
    gradients = tf.random.normal((use.images, *layer.output.shape[1:]))

    @tf.function(jit_compile=config.jit_compile)
    def passes(inputs, gradients):
        with tf.GradientTape() as tape:
            tape.watch(inputs)
            outputs = layer(inputs)
        wanted = layer.trainable_weights if use.to_weights else []
        if use.to_inputs:
            wanted = [*wanted, inputs]
        found = tape.gradient(outputs, wanted, output_gradients=gradients)
        return outputs[0], outputs, found  # one image's, so that little is copied to wait for it

    return lambda: passes(inputs, gradients)[0].numpy()


def product_of_matrices():
    matrix = tf.random.normal((MATRIX, MATRIX))
    multiply = tf.function(lambda: tf.reduce_sum(tf.matmul(matrix, matrix)))
    return lambda: multiply().numpy()


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
        points = latents(n)
        fake = generator(points, training=True)
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
        if config.generator_batch_size or not config.shared_latents:
            points = latents(m)
        with tf.GradientTape() as tape:
            fake = generator(points, training=True)
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
        "product": (product_of_matrices(), 1),
    }

    uses = list(uses_in_a_step(ours, config))
    tasks |= {use: (step_of_a_layer(use, config), steps) for use in uses}
    total = sum(use.flops for use in uses)
    seconds = medians_of_rounds(tasks, ROUNDS)
    ceiling = 2 * MATRIX**3 / seconds["product"]
    print_table(
        ["use", "layer", "images", "passes", "MFLOP", "share", "ms at the ceiling", "ms alone"],
        [
            [
                use.what_for,
                use.layer.name,
                use.images,
                use.passes,
                f"{use.flops / 1e6:,.0f}",
                f"{use.flops / total:.0%}",
                f"{1e3 * use.flops / ceiling:.2f}",
                f"{1e3 * seconds[use]:.2f}",
            ]
            for use in uses
        ],
    )
    print(f"Matrix products: {ceiling / 1e9:,.0f} GFLOP/s.")
    print(f"A step: {total / 1e9:.2f} GFLOP, {1e3 * total / ceiling:.1f} ms at that rate.")
    share = total / ceiling / seconds["loop"]
    alone = sum(seconds[use] for use in uses)
    print(f"The loop: {1e3 * seconds['loop']:.1f} ms, {share:.0%} of it.")
    print(f"These layers, each alone: {1e3 * alone:.1f} ms; the loop has all the others, too.\n")

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
