"""What can end a run before its time. Each message is one line for the user."""

import signal


class UserError(ValueError):
    """A mistake of the user's: its message says what was wrong and what to do."""


class DiskError(OSError):
    """A file could not be written: the disk is full, gone, or read-only."""


class DivergenceError(ArithmeticError):
    """A loss or a weight is no longer a finite number: nothing more can be learned."""


class ProcessError(RuntimeError):
    """Another process of the run has ended: this one cannot go on."""


class Stopped(KeyboardInterrupt):
    """The user, or the system, asked the process to stop.

    Attributes:
        signum: Integer, the signal that said so.
        resumable: Boolean, whether the run had begun, so that it can go on.

    Args:
        advice: String, how to go on where `--resume` is not the way, or `None`.
    """

    def __init__(self, signum, resumable=False, advice=None):
        message = f"stopped by {signal.Signals(signum).name}"
        super().__init__(f"{message}; {advice}" if advice else message)
        self.signum = signum
        self.resumable = resumable
