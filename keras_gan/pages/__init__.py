"""Pages that hold all they need: one file, which leads nowhere."""

import html
import importlib.resources
import json
import os
import string
from collections.abc import Iterable
from typing import Any

from keras_gan.files import write_text


def write_page(
    package: str,
    title: str,
    summary: Iterable[str],
    data: dict[str, Any],
    to_file: str | os.PathLike,
    **blocks: str,
) -> None:
    """Writes a page from the files `page.html`, `page.css` and `page.js` of a package.

    Args:
        package: String, the name of the package.
        title: String.
        summary: Strings, the sentences at the top, a paragraph each.
        data: Dict that JSON can hold; the script finds it in the element `data`.
        to_file: Path of the HTML file to write.
        **blocks: HTML and code that `page.html` has places for.
    """
    texts = {
        "title": html.escape(title),
        "summary": "\n".join(f"<p>{html.escape(sentence)}</p>" for sentence in summary),
        **blocks,
    }
    page = _template("keras_gan.pages", "frame.html").substitute(
        title=texts["title"],
        style=read_resource("keras_gan.pages", "base.css") + read_resource(package, "page.css"),
        body=_template(package, "page.html").substitute(texts),
        script=read_resource(package, "page.js"),
        # "</script" or "<!--" in a name would end the element that holds the data.
        data=json.dumps(data, separators=(",", ":"), allow_nan=False).replace("<", "\\u003c"),
    )
    write_text(to_file, page)


def read_resource(package: str, name: str) -> str:
    """The text of a file that is a part of a package."""
    return importlib.resources.files(package).joinpath(name).read_text(encoding="utf-8")


def _template(package, name):
    return string.Template(read_resource(package, name))
