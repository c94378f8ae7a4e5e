"""How fast a training step is, and how fast it could be.

    python benchmarks/step_speed.py [--preset NAME] [--peers FOLDER]

Times, in turns, so that a busy machine slows all of them alike:

- the loop: `GanStep`, and all else that `keras_gan.train` does for a step, with as many
  steps in a call as the program takes;
- the same mathematics in one function, written by hand with a gradient tape and
  compiled in the same way;
- the loop with the networks and settings of the preset `tutorial`;
- each layer's part in a step, alone;
- a product of large matrices.

The arithmetic of a step at the rate of that product is the least time that a step
could take. `--peers` names a folder with the recipes of other projects,
`peers_keras.py` and `peers_torch.py`, which print images a second when they run;
`--torch-python` names a Python that has PyTorch, if this one has not.
"""

import argparse
import dataclasses
import math
import os
import re
import tempfile
from typing import NamedTuple

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"

import keras
import numpy as np
import tensorflow as tf
from keras import layers
from machine import add_peer_options, build, describe, medians_of_rounds, print_table, run_peers

from keras_gan import PRESETS, R1Penalty, configure, draw_latents
from keras_gan.data import IMAGE_SHAPE, to_unit_range
from keras_gan.gan.latents import fakes_for
from keras_gan.gan.step import GanStep
from keras_gan.runs.job import STEPS_PER_EXECUTION

ROUNDS = 15
STEPS = 20
TUTORIAL_STEPS = 1  # it takes as long as a hundred of the others
PEER_SECONDS = 20
MATRIX = 2048  # large enough for the machine's best rate


def shapes_of(layer):
    """The shapes that a layer takes and gives, without the batch: also in a model in a model."""
    taken = layer.get_build_config()["input_shape"]
    return taken[1:], layer.compute_output_shape(taken)[1:]


def layer_flops(layer):
    """Floating-point operations of a layer's forward pass for one image."""
    if not isinstance(layer, (layers.Conv2D, layers.Conv2DTranspose, layers.Dense)):
        return 0
    taken, given = shapes_of(layer)
    if isinstance(layer, layers.Conv2DTranspose):
        return 2 * np.prod(taken) * layer.filters * np.prod(layer.kernel_size)
    if isinstance(layer, layers.Conv2D):
        taps = np.prod(layer.kernel_size) * taken[-1]
        return 2 * np.prod(given) * taps
    return 2 * taken[-1] * layer.units


class Use(NamedTuple):
    """What a step does with a layer.

    Attributes:
        what_for: String, the part of the step.
        layer: The Keras layer.
        images: Integer, how many images go through it.
        to_weights: Boolean, whether the gradient of its weights is taken.
        to_inputs: Boolean, whether the gradient of its inputs is taken.
    """

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
    """Yields a `Use` for each layer with arithmetic worth counting, in each part of a step."""
    n = config.batch_size
    fakes = fakes_for(n, config.reals_per_fake)
    m = config.fresh_latents * n or fakes
    penalty = composite.penalized_discriminator.penalty
    drawn = penalty.draw(np.random.default_rng(0), np.zeros((fakes, *IMAGE_SHAPE), "float32"))
    noisy = sum(map(len, drawn))  # how many images the penalty adds noise to
    parts = [
        ("discriminator learns", composite.discriminator, n + fakes + noisy, True, False),
        ("generator learns", composite.generator, m, True, False),
        ("discriminator passes gradients on", composite.discriminator, m, False, True),
    ]
    if composite.guided:
        classifier = composite.guided.auxiliary.classifier
        parts.append(("classifier passes gradients on", classifier, m, False, True))
    if config.fresh_latents or not config.jit_compile:  # else XLA draws once for both
        draws = ("generator draws for the discriminator", composite.generator, fakes, False, False)
        parts.insert(0, draws)
    for what_for, network, images, learns, passes_on in parts:
        first = True
        for layer in network._flatten_layers():
            if layer_flops(layer):
                # Nothing needs the gradient of the first layer's inputs, unless they are images
                # that the generator has drawn.
                yield Use(what_for, layer, images, learns, passes_on or (learns and not first))
                first = False


def step_of_a_layer(use, config):
    """A function that does what a step does with a layer."""
    layer = use.layer
    taken, given = shapes_of(layer)
    inputs = tf.random.normal((use.images, *taken))
    gradients = tf.random.normal((use.images, *given))

    @tf.function(jit_compile=config.jit_compile)
    def passes(inputs, gradients):
        with tf.GradientTape() as tape:
            tape.watch(inputs)
            outputs = layer(inputs)
        wanted = layer.trainable_weights if use.to_weights else []
        if use.to_inputs:
            wanted = [*wanted, inputs]
        found = tape.gradient(outputs, wanted, output_gradients=gradients)
        return outputs[0], outputs, found

    # Waits for the result by copying one image of it: little, so that copying takes no time.
    return lambda: passes(inputs, gradients)[0].numpy()


def product_of_matrices():
    """A function that multiplies two large matrices."""
    matrix = tf.random.normal((MATRIX, MATRIX))
    multiply = tf.function(lambda: tf.reduce_sum(tf.matmul(matrix, matrix)))
    return lambda: multiply().numpy()


def step_by_hand(composite, images, config):
    """A function that takes a step, written by hand with a gradient tape."""
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
    m = fakes_for(n, config.reals_per_fake)
    k = (m + 3) // 4  # the penalty is taken of one real image for every four generated ones
    noise = R1Penalty.noise

    def latents(number):
        shape = (number, config.latent_dim)
        if config.latent_distribution == "uniform":
            return tf.random.uniform(shape, -1, 1)
        return tf.random.normal(shape)

    @tf.function(jit_compile=config.jit_compile)
    def step():
        rows = tf.random.uniform((n,), 0, len(images), tf.int32)
        real = tf.cast(tf.gather(images, rows), "float32") / 255
        points = latents(m)
        fake = generator(points, training=True)
        batch = [real, fake]
        if config.penalty:
            batch.append(real[:k] + noise * tf.random.normal((k, *IMAGE_SHAPE)))
        with tf.GradientTape() as tape:
            logits = discriminator(tf.concat(batch, 0), training=True)
            real_logits, fake_logits, noisy_logits = logits[:n], logits[n : n + m], logits[n + m :]
            d_loss = tf.reduce_mean(tf.nn.softplus(-real_logits)) / 2
            d_loss += tf.reduce_mean(tf.nn.softplus(fake_logits)) / 2
            d_loss += config.label_smoothing / 2 * tf.reduce_mean(real_logits)
            if config.penalty:
                slopes = (noisy_logits - real_logits[:k]) / noise
                d_loss += config.penalty / 2 * tf.reduce_mean(slopes**2)
        variables = discriminator.trainable_variables
        d_optimizer.apply(tape.gradient(d_loss, variables), variables)
        if config.fresh_latents:
            points = latents(config.fresh_latents * n)
        with tf.GradientTape() as tape:
            fake = generator(points, training=True)
            g_loss = tf.reduce_mean(tf.nn.softplus(-discriminator(fake, training=True)))
            if composite.guided:
                g_loss += composite.guided.auxiliary.loss(points, fake)
        variables = generator.trainable_variables
        g_optimizer.apply(tape.gradient(g_loss, variables), variables)
        return d_loss, g_loss

    return lambda: [float(loss) for loss in step()]


def steps_of_the_loop(composite, images, config):
    """A function that takes steps as `keras_gan.train` does, and how many it takes."""
    rng = np.random.default_rng(0)
    step = GanStep(composite)
    most = STEPS_PER_EXECUTION
    in_a_call = step.steps_in_a_call(most, most, config.discriminator_steps)
    penalty = composite.penalized_discriminator.penalty
    n = config.batch_size

    def latents(n):
        return draw_latents(rng, n, config.latent_dim, config.latent_distribution)

    def draw():
        rows = rng.integers(0, len(images), n)
        real_images = to_unit_range(images[rows])
        m = fakes_for(n, config.reals_per_fake)
        batch = (real_images, latents(m), penalty.draw(rng, real_images[:m]))
        return [batch], latents(config.fresh_latents * n) if config.fresh_latents else None

    return lambda: step.take([draw() for _ in range(in_a_call)]), in_a_call


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    with_this_loss = [preset for preset in PRESETS if configure(preset).loss == "bce"]
    parser.add_argument("--preset", choices=with_this_loss, default="default")
    add_peer_options(parser)
    arguments = parser.parse_args()
    print(describe() + "\n")
    images = np.random.default_rng(0).integers(0, 256, (6000, *IMAGE_SHAPE), dtype="uint8")

    config = configure(arguments.preset)
    ours = build(config)
    config = dataclasses.replace(config, jit_compile=ours.jit_compile)
    tutorial = configure("tutorial")
    steps = TUTORIAL_STEPS if arguments.preset == "tutorial" else STEPS
    loop, in_a_call = steps_of_the_loop(ours, images, config)
    tutorial_loop, tutorial_in_a_call = steps_of_the_loop(build(tutorial), images, tutorial)
    tasks = {
        "loop": (loop, math.ceil(steps / in_a_call)),
        "by hand": (step_by_hand(build(config), images, config), steps),
        "tutorial": (tutorial_loop, TUTORIAL_STEPS),
        "product": (product_of_matrices(), 1),
    }

    uses = list(uses_in_a_step(ours, config))
    tasks |= {use: (step_of_a_layer(use, config), steps) for use in uses}
    total = sum(use.flops for use in uses)
    seconds = medians_of_rounds(tasks, ROUNDS)
    seconds["loop"] /= in_a_call
    seconds["tutorial"] /= tutorial_in_a_call
    best_rate = 2 * MATRIX**3 / seconds["product"]
    print_table(
        ["part", "layer", "images", "passes", "MFLOP", "share", "ms at best", "ms alone"],
        [
            [
                use.what_for,
                use.layer.name,
                use.images,
                use.passes,
                f"{use.flops / 1e6:,.0f}",
                f"{use.flops / total:.0%}",
                f"{1e3 * use.flops / best_rate:.2f}",
                f"{1e3 * seconds[use]:.2f}",
            ]
            for use in uses
        ],
    )
    print(f"Matrix products: {best_rate / 1e9:,.0f} GFLOP/s.")
    share = total / best_rate / seconds["loop"]
    alone = sum(seconds[use] for use in uses)
    print(f"A step in the loop: {1e3 * seconds['loop']:.1f} ms.")
    print(
        f"Its arithmetic: {total / 1e9:.2f} GFLOP; at that rate {1e3 * total / best_rate:.1f} ms, "
        f"{share:.0%} of the step."
    )
    print(f"These layers, each alone: {1e3 * alone:.1f} ms; a step has other layers as well.\n")

    loop_rate = config.batch_size / seconds["loop"]
    rates = {
        f"{config.preset}: the loop": loop_rate,
        f"{config.preset}: by hand": config.batch_size / seconds["by hand"],
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
