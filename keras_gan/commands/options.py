"""Options of the command line, made from the settings."""

import argparse
import pathlib
import sys

from keras_gan.errors import UserError
from keras_gan.kinds import Boolean, Choice, ExistingPath
from keras_gan.settings import LATENT_DISTRIBUTIONS, SETTINGS, configure, flag


class Parser(argparse.ArgumentParser):
    """The parser of a command, which raises a `UserError` over a mistake.

    Args:
        command: The module of the command.
        name: String, its name; `None` where the program was called without one.
        commands: Dict that maps the name of each command to what it does.
    """

    def __init__(self, command, name, commands):
        program = pathlib.Path(sys.argv[0]).name
        program = "python -m keras_gan" if program == "__main__.py" else program
        description = command.DESCRIPTION
        if name is None:
            description = "\n".join([description, "", "commands:", *_listed(commands)])
        super().__init__(
            prog=f"{program} {name}" if name else program,
            usage=None if name else f"{program} [command] [options]",
            description=description,
            epilog=getattr(command, "EPILOG", None),
            allow_abbrev=False,
            formatter_class=_HelpFormatter,
        )
        command.add_arguments(self)

    def error(self, message):
        raise UserError(f"{message}; see {self.prog} --help")


class _HelpFormatter(argparse.HelpFormatter):
    """Wraps texts as usual, but keeps the list of commands a line each."""

    def _fill_text(self, text, width, indent):
        head, *rest = text.split("\n\n", 1)
        return "\n\n".join([super()._fill_text(head, width, indent), *rest])


def _listed(commands):
    return [f"  {name:<10} {text}" for name, text in commands.items()]


def add_settings(
    parser: argparse.ArgumentParser, *names: str, title: str | None = None
) -> dict[str, argparse._ArgumentGroup]:
    """Adds the options of settings, each under the heading that it names.

    An option that is not given leaves no trace: the preset or the default holds.

    Args:
        parser: An `argparse.ArgumentParser`.
        *names: Names of settings; all of them if there is none.
        title: String, another heading for all of them.

    Returns:
        A dict from each heading to its group of options.
    """
    headings, alternatives = {}, {}
    for name in names or SETTINGS:
        about = SETTINGS[name].metadata
        heading, first = title or about["group"], about["instead_of"] or name
        if heading not in headings:
            headings[heading] = parser.add_argument_group(heading)
        if first not in alternatives:
            alternatives[first] = headings[heading].add_mutually_exclusive_group()
        alternatives[first].add_argument(flag(name), **_option(SETTINGS[name]))
    return headings


def add_drawing(group: argparse._ArgumentGroup) -> None:
    """Adds the options of commands that draw from a trained generator."""
    group.add_argument(
        "--seed",
        type=int,
        metavar="N",
        default=0,
        help="start of all random numbers (default: %(default)s)",
    )
    add_latent_distribution(group)


def add_model(parser: argparse.ArgumentParser) -> None:
    """Adds the argument of commands that take a trained generator."""
    parser.add_argument(
        "path", type=ExistingPath.parse, metavar="MODEL", help="a generator (.keras)"
    )


def add_latent_distribution(group: argparse._ActionsContainer) -> None:
    """Adds the option that says what a trained generator draws from."""
    group.add_argument(
        "--latent-distribution",
        choices=LATENT_DISTRIBUTIONS,
        help="what the generator draws from (default: that of the run beside it, or normal)",
    )


def _option(field):
    kind, text, default = field.metadata["kind"], field.metadata["help"], _default(field)
    option = {"default": argparse.SUPPRESS, "help": text}
    if isinstance(kind, Boolean):
        optional = default is None
        return option | {"action": argparse.BooleanOptionalAction if optional else "store_true"}
    if default is not None:
        option["help"] = f"{text} (default: {default})"
    option |= {"choices": list(kind.names)} if isinstance(kind, Choice) else {}
    option |= {"metavar": kind.metavar} if kind.metavar else {}
    return option | {"type": kind.parse}


def _default(field):
    """What holds where neither the setting nor another that it depends on is given."""
    return getattr(configure(), field.name)


def settings_table() -> str:
    """The settings as a page in Markdown, which docs/settings.md is."""
    lines = [
        "# Settings",
        "",
        "Every setting of a run, made from `keras_gan/settings.py` by "
        "`python -m keras_gan.commands.options`. On the command line they are options, in Python "
        "the arguments of `configure`, in `config.json` the keys. A resumed run may change those "
        "that are marked so. The defaults are those of the preset `default`; other presets, labels "
        "and other networks change them (see [recipes](recipes.md)).",
    ]
    title = None
    for name, field in SETTINGS.items():
        about = field.metadata
        if about["group"] != title:
            title = about["group"]
            lines += ["", f"## {title.capitalize()}", ""]
            lines += ["| option | default | values | resume may change it | what it is |"]
            lines += ["|---|---|---|---|---|"]
        default = "" if _default(field) is None else f"`{_default(field)}`"
        change = "yes" if about["changeable"] else "no"
        values = about["kind"].expected
        lines += [f"| `{flag(name)}` | {default} | {values} | {change} | {about['help']} |"]
    return "\n".join(lines)


if __name__ == "__main__":
    print(settings_table())
