"""The command line: arguments in, one call out, mistakes as one clear line."""

import shlex
import signal
import sys

from keras_gan import processes
from keras_gan.commands.options import Parser
from keras_gan.console import one_line, say
from keras_gan.errors import DivergenceError, ProcessError, Stopped, UserError
from keras_gan.registry import COMMANDS
from keras_gan.training.stopping import stopped_by_sigterm

DEFAULT = "train"


def main(argv: list[str] | None = None) -> int:
    """Runs the command line.

    Args:
        argv: List of strings, the arguments; those of the process if `None`.

    Returns:
        Integer, the exit status: 0 when all went well; 1 when the disk failed,
        the training diverged, or another process of the run ended; 2 for a mistake of
        the user's; 130 when stopped by Ctrl-C, and 143 by SIGTERM.
    """
    with processes.ended_at_once() as end:
        return end(_main(sys.argv[1:] if argv is None else list(argv)))


def _main(argv):
    name = argv[0] if argv and argv[0] in COMMANDS else None
    command = COMMANDS[name or DEFAULT]
    parser = Parser(command, name, {other: COMMANDS[other].HELP for other in COMMANDS})
    try:
        with stopped_by_sigterm():
            command.run(**vars(parser.parse_args(argv[1:] if name else argv)))
    except UserError as error:
        say(f"{parser.prog}: error: {one_line(error)}")
        return 2
    except (OSError, DivergenceError, ProcessError) as error:
        say(f"{parser.prog}: error: stopped: {one_line(error)}")
        return 1
    except KeyboardInterrupt as error:
        stopped = error if isinstance(error, Stopped) else Stopped(signal.SIGINT)
        can_go_on = stopped.resumable or "--resume" in argv
        go_on = f"; go on with: {_resume_command(argv)}" if can_go_on else ""
        say(f"\n{parser.prog}: {stopped}{go_on}")
        return 128 + stopped.signum
    return 0


def _resume_command(argv):
    program = sys.argv[0]
    if program.endswith("__main__.py"):
        words = ["python", "-m", "keras_gan"]
    else:
        words = ["python", program] if program.endswith(".py") else ["keras-gan"]
    return shlex.join([*words, *(word for word in argv if word != "--resume"), "--resume"])
