"""Trains recipes as the program does on a GPU, with TensorFlow told that it has one.

The processor does the work: what is chosen for a GPU can be tested without one.
"""

import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
RECIPES = ("default", "tutorial", "mlp-dropout", "wgan-gp", "dcgan")


def main(data):
    from keras_gan.backend import start_keras

    start_keras()
    import tensorflow as tf

    from keras_gan import devices, run
    from keras_gan.gan.step import GanStep
    from keras_gan.settings import configure

    devices.names_here = lambda: ["gpu:0"]
    physical_devices = tf.config.list_physical_devices
    tf.config.list_physical_devices = lambda kind=None: physical_devices("CPU")
    settings = {"data": data, "epochs": 1, "batch_size": 20, "quiet": True, "plot_every": 2}
    settings |= {"mixed_precision": True, "deterministic": True}
    for recipe in RECIPES:
        composite = run(configure(recipe, **settings))
        policies = {layer.dtype_policy.name for layer in composite.generator.layers}
        assert "mixed_float16" in policies, policies
        assert GanStep(composite).jit_compile is False
        print(recipe)


if __name__ == "__main__":
    main(*sys.argv[1:])
