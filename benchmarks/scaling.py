"""What several devices move between them in a step, and what they could gain.

    python benchmarks/scaling.py --preset default --batch-size 64 --devices 1,2,4

It trains on virtual devices, which share this machine's processor: their times show
what dividing a step costs here, not what it gains elsewhere. The counts are those of
JAX's compiler, for one device each: floating-point operations, bytes that it reads
and writes, and what it exchanges with the others. From these the second table
calculates the time of a step on GPUs, by

    operations / rate + exchanges x latency + 2 x bytes / bandwidth

A sum over N devices in a ring sends 2 (N - 1) / N times its bytes from each, which is
about 2 x bytes. Rate, latency and bandwidth are assumptions: options name others.

It needs JAX.
"""

import argparse
import json
import os
import re
import statistics
import subprocess
import sys
import time

os.environ |= {"KERAS_BACKEND": "jax", "JAX_PLATFORMS": "cpu"}

from machine import build, describe, print_table

EXCHANGE = re.compile(
    r" = (.*?) (?:all-reduce|all-gather|all-to-all|reduce-scatter|collective-permute)(?:-start)?\("
)
ARRAY = re.compile(r"\bf(32|16)\[([\d,]*)\]")
ROUNDS = 30
LONGEST = 10  # seconds, of all rounds
# Pairs of machines and GPUs in each. The GPUs of a machine exchange over NVLink, machines
# over a network, which all GPUs of a machine share.
LAYOUTS = ((1, 1), (1, 2), (1, 8), (100, 8))


def measure(devices, preset, batch_size):
    """Prints the counts and the time of a step on so many devices, as JSON."""
    import keras
    import numpy as np

    import keras_gan as kg
    from keras_gan.data import to_unit_range
    from keras_gan.gan.latents import fakes_for
    from keras_gan.gan.step import GanStep

    keras.utils.set_random_seed(0)
    config = kg.configure(preset, batch_size=batch_size)
    with kg.spread(devices):
        composite = build(config)
    rng = np.random.default_rng(0)
    images = np.resize(kg.embedded_digits().images, (batch_size, 28, 28, 1))

    def draw_batch():
        real_images = to_unit_range(images)
        fakes = fakes_for(batch_size, config.reals_per_fake)
        random = composite.penalized_discriminator.penalty.draw(rng, real_images[:fakes])
        latents = kg.draw_latents(rng, fakes, config.latent_dim)
        return real_images, latents, random

    fresh = None
    if config.fresh_latents:
        fresh = kg.draw_latents(rng, config.fresh_latents * batch_size, config.latent_dim)
    arguments = [draw_batch() for _ in range(config.discriminator_steps)], fresh
    step = GanStep(composite)
    compiled = step.lower(*arguments).compile()
    exchanges = EXCHANGE.findall(compiled.as_text())
    costs = compiled.cost_analysis()
    step(*arguments)
    seconds = []
    while len(seconds) < ROUNDS and sum(seconds) < LONGEST:
        start = time.perf_counter()
        step(*arguments)
        seconds.append(time.perf_counter() - start)
    counts = {
        "devices": devices,
        "flops": costs["flops"],
        "bytes": costs["bytes accessed"],
        "exchanges": len(exchanges),
        "exchanged": sum(map(_bytes_of, exchanges)),
        "seconds": statistics.median(seconds),
    }
    print(json.dumps(counts))


def _bytes_of(shapes):
    total = 0
    for bits, sizes in ARRAY.findall(shapes):
        values = 1
        for size in filter(None, sizes.split(",")):
            values *= int(size)
        total += values * int(bits) // 8
    return total


def measured(devices, arguments):
    """`measure` in a process of its own, which has so many virtual devices."""
    flags = f"--xla_force_host_platform_device_count={devices}"
    done = subprocess.run(
        [
            *(sys.executable, __file__, "--measure", str(devices)),
            *("--preset", arguments.preset, "--batch-size", str(arguments.batch_size)),
        ],
        env=os.environ | {"XLA_FLAGS": flags},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        check=True,
    )
    return json.loads(done.stdout.splitlines()[-1])


def on_paper(one, several, arguments):
    """Rows of the second table: layouts of GPUs, and the time of a step."""
    whole = one["flops"] / arguments.rate
    for machines, gpus in LAYOUTS:
        count = machines * gpus
        seconds = whole / count
        if count > 1:
            bandwidth = arguments.bandwidth if machines == 1 else arguments.network_bandwidth
            latency = arguments.latency if machines == 1 else arguments.network_latency
            seconds += several["exchanges"] * latency
            seconds += 2 * several["exchanged"] / bandwidth
        yield machines, count, seconds


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--preset", default="default")
    parser.add_argument("--batch-size", type=int, default=64)
    parser.add_argument("--devices", default="1,2,4", help="numbers of virtual devices")
    parser.add_argument("--rate", type=float, default=5e12, help="operations a second, of a GPU")
    parser.add_argument("--latency", type=float, default=20e-6, help="s, of an exchange of GPUs")
    parser.add_argument("--bandwidth", type=float, default=300e9, help="bytes/s between GPUs")
    parser.add_argument("--network-latency", type=float, default=100e-6)
    parser.add_argument("--network-bandwidth", type=float, default=12.5e9)
    parser.add_argument("--measure", type=int, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.measure:
        measure(arguments.measure, arguments.preset, arguments.batch_size)
        return

    print(f"{describe()}; {arguments.preset}, batches of {arguments.batch_size}\n")
    counts = [measured(int(n), arguments) for n in arguments.devices.split(",")]
    print_table(
        ["devices", "Mflop each", "MB each", "exchanges", "MB exchanged", "ms a step here"],
        [
            [
                count["devices"],
                f"{count['flops'] / 1e6:,.0f}",
                f"{count['bytes'] / 1e6:,.0f}",
                count["exchanges"],
                f"{count['exchanged'] / 1e6:.2f}",
                f"{count['seconds'] * 1e3:.1f}",
            ]
            for count in counts
        ],
    )
    one, several = counts[0], counts[-1]
    if several["devices"] == 1:
        return
    print()
    rows = list(on_paper(one, several, arguments))
    alone = rows[0][2]
    print_table(
        ["machines", "GPUs", "ms a step, on paper", "times faster than one GPU"],
        [
            [machines, count, f"{seconds * 1e3:.3f}", f"{alone / seconds:.1f}"]
            for machines, count, seconds in rows
        ],
    )
    exchange = several["exchanges"] * arguments.latency
    exchange += 2 * several["exchanged"] / arguments.bandwidth
    worth = 2 * exchange * arguments.rate / one["flops"] * arguments.batch_size
    print(f"\nA second GPU gains from batches of more than {worth:,.0f} images.")


if __name__ == "__main__":
    main()
