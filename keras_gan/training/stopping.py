"""Stops a run when Ctrl-C or SIGTERM says so: tidily at first, at once the second time."""

import contextlib
import signal
import threading
import time

from keras_gan.console import say
from keras_gan.errors import Stopped

# One Ctrl-C may arrive twice: from the terminal, and from a parent that passes it on.
SAME_SIGNAL_SECONDS = 0.3


def _handle(handler, *signals):
    """Sets the handler of signals, except of those that are ignored, as in the background.

    Returns:
        A dict of the earlier handlers, for `_restore`.
    """
    if threading.current_thread() is not threading.main_thread():
        return {}  # Python sets handlers in the main thread only
    heard = [signum for signum in signals if signal.getsignal(signum) is not signal.SIG_IGN]
    return {signum: signal.signal(signum, handler) for signum in heard}


def _restore(handlers):
    for signum, handler in handlers.items():
        signal.signal(signum, handler)


@contextlib.contextmanager
def stopped_by_sigterm():
    """A context in which SIGTERM ends the process as tidily as Ctrl-C does."""

    def stop(signum, frame):
        raise Stopped(signum)

    before = _handle(stop, signal.SIGTERM)
    try:
        yield
    finally:
        _restore(before)


@contextlib.contextmanager
def resumable():
    """Marks what stops the block as `Stopped`, and as what can go on."""
    try:
        yield
    except KeyboardInterrupt as error:
        raise Stopped(getattr(error, "signum", signal.SIGINT), resumable=True) from error


class StopRequest:
    """A context that takes note of Ctrl-C and SIGTERM, so that the step in hand can end.

    A second signal raises `Stopped` at once.

    Args:
        alone: Boolean, whether the process stops by itself. Otherwise it goes on until
            `signum` is set, once every process of the run knows of the signal.

    Attributes:
        heard: Integer, the signal that came to this process, or `None`.
        signum: Integer, the signal to stop for, or `None`.
    """

    def __init__(self, alone=True):
        self.heard = self.signum = None
        self.alone = alone

    def __enter__(self):
        self._before = _handle(self.receive, signal.SIGINT, signal.SIGTERM)
        return self

    def __exit__(self, *error):
        _restore(self._before)

    def receive(self, signum, frame=None):
        if self.heard is None:
            self.heard, self.time = signum, time.monotonic()
            if self.alone:
                self.signum = signum
            say("Stopping after this step; once more stops at once.")
        elif time.monotonic() - self.time > SAME_SIGNAL_SECONDS:
            raise Stopped(signum)

    def obey(self):
        """Raises `Stopped` if there is a signal to stop for."""
        if self.signum is not None:
            raise Stopped(self.signum)
