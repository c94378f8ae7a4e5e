"""Devices: which there is, what is compiled for it, how precise and how repeatable it is."""

import contextlib
import contextvars
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


def names_here() -> list[str]:
    """The names of this process's devices: its GPUs, or its processor where there is none."""
    backend = keras.backend.backend()
    if backend == "torch":
        import torch

        return [f"cuda:{i}" for i in range(torch.cuda.device_count())] or ["cpu"]
    if backend == "jax":
        import jax

        return [f"{device.platform}:{device.id}" for device in jax.local_devices()]
    return keras.distribution.list_devices()


def has_gpu() -> bool:
    """Whether the backend has something faster than the processor."""
    return any("cpu" not in name.lower() for name in names_here())


def describe_device(count: int = 1) -> str:
    """A few words: `"GPU"`, `"2 GPUs"`, `"CPU (2 cores)"` or `"4 devices on CPU (2 cores)"`."""
    if has_gpu():
        return "GPU" if count == 1 else f"{count} GPUs"
    processor = f"CPU ({os.cpu_count()} cores)"
    return processor if count == 1 else f"{count} devices on {processor}"


def checked_devices(count: int | str) -> int:
    """The number of this process's devices to train on; `"all"` for all of them.

    Raises:
        UserError: If there are fewer, or if the backend trains on one alone.
    """
    names = names_here()
    if count == "all":
        count = len(names)
    if keras.backend.backend() == "torch":
        if count > 1:
            raise UserError(
                "on PyTorch, Keras trains on one device until its version 3.16: leave out "
                "--devices, or set KERAS_BACKEND=jax"
            )
    elif count > len(names):
        raise UserError(
            f"devices is {count}, but there are {len(names)} here ({', '.join(names)}); "
            "choose fewer, or all"
        )
    return count


_distribution = contextvars.ContextVar("distribution", default=None)


@contextlib.contextmanager
def spread(devices: int | str = "all"):
    """A context: a composite that is built in it is trained on several devices.

    On JAX they are those of `keras.distribution.DataParallel`, on TensorFlow those of
    `tf.distribute.MirroredStrategy`. A batch is divided among them, and the weights are
    those that one device would learn from it.

    Args:
        devices: Integer, how many of the devices here; in a run of several processes, how
            many of each. `"all"` for all of them.

    Raises:
        UserError: If there are fewer devices; on PyTorch, if there is more than one.

    Example:

    >>> with spread(2):
    ...     composite = build_composite(build_generator(), build_discriminator())
    >>> train(composite, images, epochs=5)
    """
    count = checked_devices(devices)
    names = names_here()[:count]
    if keras.backend.backend() == "tensorflow" and count > 1:
        import tensorflow as tf

        with tf.distribute.MirroredStrategy(names).scope():
            yield
        return
    several = None
    if keras.backend.backend() == "jax":
        import jax

        if count * jax.process_count() > 1:
            several = keras.distribution.DataParallel(devices=_of_all_processes(names))
    before = _distribution.set(several)
    try:
        yield
    finally:
        _distribution.reset(before)


def _of_all_processes(names):
    """The names of as many devices of each process as this one takes."""
    import jax

    taken = {}
    for device in jax.devices():
        taken.setdefault(device.process_index, []).append(f"{device.platform}:{device.id}")
    return [name for process in sorted(taken) for name in taken[process][: len(names)]]


def distribution():
    """What divides the batches of a composite that is built now, or `None`."""
    if keras.backend.backend() == "tensorflow":
        import tensorflow as tf

        return tf.distribute.get_strategy() if tf.distribute.has_strategy() else None
    return _distribution.get()


def chosen_jit_compile(asked: bool | None, *networks: keras.Model) -> bool | str:
    """What Keras is to be told of compiling, for these networks and their devices.

    Raises:
        UserError: If XLA is asked for where it cannot compile.
    """
    if keras.backend.backend() != "tensorflow":
        return "auto"  # JAX compiles in its own way
    if distribution() is not None:
        if asked:
            raise UserError(
                "on several devices, TensorFlow cannot compile a step with XLA: leave out "
                "--jit-compile, or set KERAS_BACKEND=jax"
            )
        return False
    if asked is None:
        # On a GPU, Keras chooses: XLA, unless operations are to repeat exactly.
        return "auto" if has_gpu() else xla_is_faster(*networks)
    return asked


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


def check_precision(mixed_precision: bool, devices: int) -> None:
    """Raises a `UserError` if these devices cannot calculate in 16 bits together."""
    on_gpus = keras.backend.backend() == "tensorflow" and has_gpu()
    if mixed_precision and devices > 1 and on_gpus:
        raise UserError(
            "on several GPUs, TensorFlow cannot scale the losses of --mixed-precision: leave it "
            "out, or set KERAS_BACKEND=jax"
        )


def repeat_exactly(seed: int, deterministic: bool = False) -> None:
    """Seeds all random numbers; on a GPU, may also have its operations repeat bit for bit.

    On a CPU the operations that are used here repeat exactly as they are.

    Args:
        seed: Integer.
        deterministic: Boolean, whether a GPU is to use operations that repeat exactly,
            which are slower. JAX reads this when it starts its devices.
    """
    keras.utils.set_random_seed(seed)
    if not deterministic:
        return
    backend = keras.backend.backend()
    if backend == "tensorflow":
        import tensorflow as tf

        if tf.config.list_physical_devices("GPU"):
            tf.config.experimental.enable_op_determinism()
    elif backend == "jax":
        flags = os.environ.get("XLA_FLAGS", "").split()
        os.environ["XLA_FLAGS"] = " ".join([*flags, "--xla_gpu_deterministic_ops=true"])
    else:
        import torch

        os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")  # which PyTorch asks for
        torch.use_deterministic_algorithms(torch.cuda.is_available())
