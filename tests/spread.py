"""Trains 20 steps on several devices, in a process of its own.

Run as `spread.py BACKEND FOLDER DEVICES...`, it trains on each of these numbers of devices. It
writes the weights that they learn as `DEVICES.npz` into the folder, and prints what share of the
work each device did.
"""

import os
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
BATCH_SIZE = 64
STEPS = 20


def start(backend):
    """Starts Keras on four devices that share the processor."""
    os.environ |= {"KERAS_BACKEND": backend, "JAX_PLATFORMS": "cpu"}
    if backend == "jax":
        os.environ["XLA_FLAGS"] = "--xla_force_host_platform_device_count=4"
    from keras_gan.backend import start_keras

    start_keras()
    if backend == "tensorflow":
        import tensorflow as tf

        processor, *_ = tf.config.list_physical_devices("CPU")
        devices = [tf.config.LogicalDeviceConfiguration()] * 4
        tf.config.set_logical_device_configuration(processor, devices)


def train(devices):
    """The trained composite, and how many latents each device draws from at once."""
    import keras

    import keras_gan as kg

    sizes = set()

    class Watching(keras.layers.Layer):
        """Notes the size of what it is given while a step is traced."""

        def call(self, inputs):
            if isinstance(inputs.shape[0], int):
                sizes.add(inputs.shape[0])
            return inputs

    keras.utils.set_random_seed(0)
    with kg.spread(devices):
        latents = keras.Input((100,))
        generator = keras.Model(latents, kg.build_generator()(Watching()(latents)))
        networks = generator, kg.build_discriminator()
        composite = kg.build_composite(*networks, optimizer="sgd", learning_rate=0.005)
    kg.train(composite, images(), epochs=1, batch_size=BATCH_SIZE)
    return composite, max(sizes)


def images():
    from keras_gan import embedded_digits

    return embedded_digits().images[: BATCH_SIZE * STEPS]


def operations(composite):
    """The floating-point operations that JAX's compiler counts in a step, on each device."""
    import numpy as np

    from keras_gan.data import to_unit_range
    from keras_gan.gan.step import GanStep

    real_images = to_unit_range(images()[:BATCH_SIZE])
    latents = np.zeros((BATCH_SIZE, 100), "float32")
    random = composite.penalized_discriminator.penalty.draw(np.random.default_rng(0), real_images)
    lowered = GanStep(composite).lower([(real_images, latents, random)])
    return lowered.compile().cost_analysis()["flops"]


def main(backend, folder, *numbers):
    start(backend)
    import numpy as np

    for devices in numbers:
        composite, latents = train(int(devices))
        np.savez(pathlib.Path(folder) / f"{devices}.npz", *composite.get_weights())
        print(operations(composite) if backend == "jax" else latents)


if __name__ == "__main__":
    main(*sys.argv[1:])
