"""Several processes that train together, on JAX: what they agree on, and how they end."""

import contextlib
import ctypes
import hashlib
import os
import signal
import sys
import traceback

from keras_gan.console import keep_stdout_for_results, one_line
from keras_gan.errors import ProcessError, UserError

AUTO = "auto"
HEARTBEAT_SECONDS = 10
# The others wait that long while the first one writes its last files.
SHUTDOWN_SECONDS = 24 * 60 * 60
ENDED = "another process of this run has ended; go on with --resume in all of them"

_joined = False


def join(
    coordinator: str | None = None, processes: int | None = None, process_id: int | None = None
) -> None:
    """Joins the processes of a run, before JAX starts its devices.

    Args:
        coordinator: String, `HOST:PORT` of the first process; `"auto"` where SLURM or
            Open MPI has started them, which JAX asks for everything. If `None`, the
            environment variables of `keras.distribution.initialize` are read; without
            these, the process is alone.
        processes: Integer, the number of processes.
        process_id: Integer from 0, the number of this one.

    Raises:
        UserError: If the processes do not find each other; if the backend is not JAX.
    """
    global _joined
    environment = os.environ.get
    coordinator = coordinator or environment("KERAS_DISTRIBUTION_JOB_ADDRESSES")
    processes = _first_known(processes, environment("KERAS_DISTRIBUTION_NUM_PROCESSES"))
    process_id = _first_known(process_id, environment("KERAS_DISTRIBUTION_PROCESS_ID"))
    if coordinator is None:
        if processes is not None or process_id is not None:
            raise UserError("--processes and --process-id need --coordinator HOST:PORT")
        return
    import keras

    if keras.backend.backend() != "jax":
        raise UserError("several processes train together on JAX alone: set KERAS_BACKEND=jax")
    if coordinator == AUTO:
        coordinator = None
    else:
        coordinator = coordinator.split(",")[0]
        _check_address(coordinator)
        if processes is None or process_id is None:
            raise UserError("--coordinator needs --processes and --process-id, too")
        if not 0 <= process_id < processes:
            raise UserError(
                f"process_id must be from 0 to {processes - 1}, as there are {processes} "
                f"processes, but is {process_id}"
            )
    import jax

    keep_stdout_for_results()
    # Its service would swallow SIGTERM.
    jax.config.update("jax_enable_preemption_service", False)
    try:
        jax.distributed.initialize(
            coordinator,
            processes,
            process_id,
            heartbeat_timeout_seconds=HEARTBEAT_SECONDS,
            shutdown_timeout_seconds=SHUTDOWN_SECONDS,
        )
    except (RuntimeError, ValueError) as error:
        raise UserError(
            f"the processes cannot find each other ({one_line(error)}); check --coordinator, and "
            "start all of them"
        ) from error
    _joined = True
    _explain_aborts()


def _first_known(given, in_environment):
    try:
        return int(in_environment) if given is None and in_environment else given
    except ValueError as error:
        raise UserError(f"expected a number of processes, but it is {in_environment!r}") from error


def _check_address(coordinator):
    host, _, port = coordinator.rpartition(":")
    if not host or not port.isdecimal() or not 0 < int(port) < 2**16:
        raise UserError(f"--coordinator must be HOST:PORT or {AUTO}, but is {coordinator}")


def _explain_aborts():
    """JAX aborts a process that has lost the first one; this says why, and ends it.

    Python hears of a signal only when the code that raised it has returned, which an abort
    does not. So the handler is one of C.
    """
    line = f"{os.path.basename(sys.argv[0])}: error: stopped: {ENDED}\n".encode()

    def end(signum):
        os.write(2, line)
        os._exit(1)

    global _end_in_c  # which must live as long as the process
    _end_in_c = ctypes.CFUNCTYPE(None, ctypes.c_int)(end)
    with contextlib.suppress(AttributeError, OSError):
        ctypes.CDLL(None).signal(signal.SIGABRT, _end_in_c)


def count() -> int:
    """The number of processes of this run."""
    if not _joined:
        return 1
    import jax

    return jax.process_count()


def is_first() -> bool:
    """Whether this process is the one that writes files."""
    if not _joined:
        return True
    import jax

    return jax.process_index() == 0


def largest(value: int) -> int:
    """The largest of the values that all processes give."""
    return int(_of_all(value).max())


def _of_all(value):
    """The integers that all processes give, as an array."""
    import numpy as np

    if count() == 1:
        return np.array([value])
    from jax.experimental import multihost_utils

    with others_present():
        return np.asarray(multihost_utils.process_allgather(np.int32(value)))


def agree(values: dict) -> None:
    """Raises a `UserError` in every process if a value differs between them.

    Args:
        values: Dict that maps a name to a string.
    """
    for name, text in values.items():
        checksum = int.from_bytes(hashlib.sha256(text.encode()).digest()[:3], "big")
        if len(set(_of_all(checksum).tolist())) > 1:
            raise UserError(f"the processes of a run need the same {name}; start all of them alike")


@contextlib.contextmanager
def all_or_none():
    """A context that raises in every process if it raises in one.

    Raises:
        ProcessError: If another process had an error.
    """
    try:
        yield
    except Exception:
        largest(1)
        raise
    if largest(0):
        raise ProcessError("another process could not begin, and tells why")


@contextlib.contextmanager
def others_present():
    """A context for what waits for the others.

    Raises:
        ProcessError: If one has ended.
    """
    if count() == 1:
        yield
        return
    import jax

    try:
        yield
    except (jax.errors.JaxRuntimeError, ValueError) as error:
        # Gloo, which connects processors, raises now the one and now the other.
        if isinstance(error, ValueError) and "Gloo" not in str(error):
            raise
        raise ProcessError(ENDED) from error


@contextlib.contextmanager
def ended_at_once():
    """A context that ends the process when its block has ended, if it has not left the others.

    Otherwise JAX would wait for them, and they for this one.

    Yields:
        A function that takes the exit status, and returns it.
    """

    def end(status):
        if _joined:
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(status)
        return status

    try:
        yield end
    except BaseException:
        if _joined:
            traceback.print_exc()
        end(1)
        raise


def leave() -> None:
    """Waits until every process has come to its end, and leaves them."""
    global _joined
    if _joined:
        import jax

        jax.distributed.shutdown()
        _joined = False
