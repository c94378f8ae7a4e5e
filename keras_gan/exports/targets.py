"""Where an export goes: the name and the format must agree, and the place must be free."""

import dataclasses
import importlib.util
import os
import pathlib
from typing import Any

from keras_gan.errors import UserError
from keras_gan.files import place_errors
from keras_gan.generation.outputs import check_file, check_folder
from keras_gan.registry import EXPORTS


@dataclasses.dataclass(frozen=True)
class Target:
    """A place to write to.

    Attributes:
        path: Path as the user gave it.
        format: What `EXPORTS` has for its format.
    """

    path: pathlib.Path
    format: Any


def target_at(path: str | os.PathLike, name: str | None = None) -> Target:
    """Tells the format from a name, or checks that the two agree.

    Args:
        path: Path to write to.
        name: String, the name of a format; `None` for that of the path's suffix.

    Raises:
        UserError: If they do not agree, or the path is that of no format.
    """
    if not os.fspath(path):
        raise UserError(f"output: the name is empty; {_expected()}")
    path = pathlib.Path(path)
    formats = {other: EXPORTS[other] for other in EXPORTS}
    by_suffix = {found.SUFFIX: other for other, found in formats.items() if found.SUFFIX}
    found = by_suffix.get(path.suffix)
    if name is None and found is None and (not path.suffix or os.path.isdir(path)):
        found = next((other for other in formats if formats[other].SUFFIX is None), None)
    if name is None and found is None:
        raise UserError(f"{path}: {_expected()}")
    if name is not None and (path.suffix if found else None) != formats[name].SUFFIX:
        named = formats[name].SUFFIX
        is_what = f"a file; name it {named}" if named else f"a folder; leave out {path.suffix}"
        raise UserError(f"{path}: {formats[name].LABEL} is {is_what}, or choose another --format")
    return Target(path, formats[name or found])


def check_target(target: Target, model: pathlib.Path) -> None:
    """Finds what would keep an export from being written, before Keras starts.

    Args:
        target: A `Target`.
        model: Path of the generator, which must not be overwritten.

    Raises:
        UserError: If the place cannot be written, or is the user's own; if a package is
            not installed.
    """
    path, kind = target.path, target.format
    with place_errors(path):
        if kind.SUFFIX is None:
            check_folder(path)
        else:
            check_file(path, model)
    missing = [name for name in kind.PACKAGES if importlib.util.find_spec(name) is None]
    if missing:
        raise UserError(
            f"{kind.LABEL} needs {', '.join(missing).replace('_', '-')}; install what exports "
            "need with: pip install -r requirements-export.txt, or: "
            'pip install "keras-gan[export]"'
        )


def _expected():
    suffixes = [EXPORTS[name].SUFFIX for name in EXPORTS if EXPORTS[name].SUFFIX]
    return f"expected a name that ends in {' or '.join(suffixes)}, or a folder (without a suffix)"
