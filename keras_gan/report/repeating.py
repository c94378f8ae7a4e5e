"""What it takes to repeat a run: the settings that were chosen, and the command."""

import pathlib
import shlex

from keras_gan.kinds import ExistingPath, FilePath
from keras_gan.settings import SETTINGS, Config, configure, flag

KINDS = {name: field.metadata["kind"] for name, field in SETTINGS.items()}
PATHS = [name for name, kind in KINDS.items() if isinstance(kind, ExistingPath)]
# What a run computes is the same whatever these are.
PLACES = [name for name, kind in KINDS.items() if isinstance(kind, FilePath) and name not in PATHS]

# What others in a recipe depend on, one on those before it.
DECISIVE = ("conditional", "networks", "generator", "discriminator", "clusters")


def published(settings: dict) -> dict:
    """The settings of a run as others may read them.

    Args:
        settings: Dict of what `config.json` says.

    Returns:
        The same, each text in one line. Of what the user named, the name is left, but not
        the folder that it is in.
    """
    found = _printable(settings)
    for name in PATHS:
        if found.get(name):
            found[name] = pathlib.PurePath(found[name]).name or found[name]
    return found | ({"source": found["data"]} if found.get("data") else {})


def chosen(settings: dict, base: Config | type[Config] = Config) -> dict:
    """The settings of a run that differ from others, but for where its files go.

    Args:
        settings: Dict of what `config.json` says.
        base: What to compare with: the defaults, or a `Config`.
    """
    return {
        name: settings[name]
        for name in SETTINGS
        if name in settings
        and name not in (*PLACES, "quiet")
        and settings[name] != getattr(base, name)
    }


def command(settings: dict) -> str:
    """The command line that does a run again.

    Args:
        settings: Dict of what `config.json` says.
    """
    options = chosen({"preset": settings["preset"]})
    for name in DECISIVE:
        options |= chosen({name: settings[name]}, configure(**options))
    options |= chosen(settings, configure(**options))
    words = ["python", "main.py"]
    for name, value in options.items():
        if isinstance(value, bool):
            words.append(flag(name) if value else flag(f"no_{name}"))
        else:
            text = str(value)
            words += [f"{flag(name)}={text}"] if text.startswith("-") else [flag(name), text]
    return shlex.join(words)


def _printable(value):
    """A value of JSON whose texts are in one line each, of characters that can be written."""
    if isinstance(value, str):
        return "".join(c if c.isprintable() else "?" for c in " ".join(value.split()))
    if isinstance(value, list):
        return [_printable(item) for item in value]
    if isinstance(value, dict):
        return {_printable(name): _printable(item) for name, item in value.items()}
    return value
