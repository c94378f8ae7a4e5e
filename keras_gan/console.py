"""What the program says, and what it keeps from being said."""

import contextlib
import os
import sys
import tempfile
import warnings


def say(message):
    """Prints a line of progress or a warning, to stderr; a closed screen ends nothing."""
    with contextlib.suppress(OSError):
        print(message, file=sys.stderr, flush=True)


@contextlib.contextmanager
def native_chatter_hidden():
    """Hides what native libraries write to stderr, unless the block raises.

    TensorFlow, CUDA and fontconfig write start-up notes straight to the
    process's file descriptor, past `sys.stderr`, and partly before the settings
    that would silence them are read.
    """
    sys.stderr.flush()
    screen = os.dup(2)
    with tempfile.TemporaryFile() as hidden:
        os.dup2(hidden.fileno(), 2)
        try:
            yield
        except Exception:
            hidden.seek(0)
            os.write(screen, hidden.read())
            raise
        finally:
            os.dup2(screen, 2)
            os.close(screen)


def keep_stdout_for_results():
    """Sends what native libraries write to stdout to stderr instead.

    JAX's processes talk through Gloo, which reports its connections on stdout.
    """
    sys.stdout.flush()
    screen = os.dup(1)
    os.dup2(2, 1)
    sys.stdout = os.fdopen(screen, "w", buffering=1, encoding=sys.stdout.encoding)


@contextlib.contextmanager
def warnings_said():
    """Says each `UserWarning` of the block as one line."""
    with warnings.catch_warnings():
        warnings.simplefilter("default", UserWarning)
        warnings.showwarning = lambda message, *_: say(one_line(message))
        yield


def one_line(error):
    """The message of an exception, without line breaks; its type if it has none."""
    return " ".join(str(error).split()) or type(error).__name__


def duration(seconds):
    """Formats seconds as `m:ss` or `h:mm:ss`."""
    minutes, seconds = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{seconds:02}" if hours else f"{minutes}:{seconds:02}"
