"""Devices: which there is, what is compiled for it, how precise and how repeatable it is."""

import contextlib
import math
import os

import keras
import numpy as np

from keras_gan.errors import UserError

BACKENDS = ("tensorflow", "jax", "torch")
# What NumPy calls the instructions of an x86 processor.
AVX2 = ("AVX2", "X86_V3")
AVX_512 = ("AVX512", "X86_V4")
# Multiplications of a convolution that is wide: the widest of `tutorial` has 51 million, the
# widest of the others 10 million.
WIDE = 20_000_000


def checked_backend() -> str:
    """The name of Keras' backend; raises a `UserError` if it cannot train."""
    backend = keras.backend.backend()
    if backend not in BACKENDS:
        raise UserError(f"KERAS_BACKEND must be one of {', '.join(BACKENDS)}, but is {backend}")
    return backend


def has_gpu() -> bool:
    """Whether the backend has something faster than the processor."""
    if keras.backend.backend() == "torch":
        import torch

        return torch.cuda.is_available()
    return any("cpu" not in name for name in keras.distribution.list_devices())


def describe_device() -> str:
    """A few words: `"GPU"`, or `"CPU (2 cores)"`."""
    return "GPU" if has_gpu() else f"CPU ({os.cpu_count()} cores)"


def xla_is_faster(*networks: keras.Model) -> bool:
    """Whether XLA is known to make a step of these networks faster here, on TensorFlow.

    It was measured on x86 processors with AVX2. Where there is AVX-512 as well,
    TensorFlow has faster kernels for wide convolutions, such as those of the
    `tutorial` networks: see docs/experiments-step.md. Elsewhere it was not tried.
    """
    if keras.backend.backend() != "tensorflow" or has_gpu():
        return False
    found = np.lib.introspect.opt_func_info("^exp$", "float32").get("exp", {}).values()
    best = " ".join(level["current"] for level in found)
    if any(name in best for name in AVX_512):
        return not any(map(_has_wide_convolution, networks))
    return any(name in best for name in AVX2)


def _has_wide_convolution(network):
    return any(_multiplications(layer) > WIDE for layer in network._flatten_layers())


def _multiplications(layer):
    """Those of a convolution for one image; 0 for another layer."""
    if isinstance(layer, keras.layers.Conv2DTranspose):
        places = layer.input.shape[1:-1]
    elif isinstance(layer, keras.layers.Conv2D):
        places = layer.output.shape[1:-1]
    else:
        return 0
    return math.prod(places) * math.prod(layer.kernel.shape)


@contextlib.contextmanager
def dtype_policy(mixed_precision: bool):
    """Sets Keras' mixed policy for the device, where it is asked for, for a while."""
    before = keras.config.dtype_policy()
    if mixed_precision:
        keras.config.set_dtype_policy("mixed_float16" if has_gpu() else "mixed_bfloat16")
    try:
        yield
    finally:
        keras.config.set_dtype_policy(before)


def repeat_exactly(seed: int) -> None:
    """Seeds all random numbers, and asks for operations that repeat bit for bit."""
    keras.utils.set_random_seed(seed)
    if keras.backend.backend() == "tensorflow":
        import tensorflow as tf

        # On a CPU the operations that are used here repeat exactly as they are, and faster.
        if tf.config.list_physical_devices("GPU"):
            tf.config.experimental.enable_op_determinism()
