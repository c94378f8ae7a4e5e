"""The tables of a page, as HTML."""

import html

from keras_gan.evaluation.metrics import METRICS
from keras_gan.report.reading import Run
from keras_gan.settings import fixed_names

NONE = "-"


def metrics_table(run: Run) -> str:
    """A section with the last and the best value of each metric; empty if there is none."""
    rows = []
    for name, metric in METRICS.items():
        measured = run.measured(name)
        if not measured:
            continue
        epoch, best = run.best(name)
        last = measured[-1][1]
        real = short(run.real.get(name))
        rows.append([metric.label, short(last), f"{short(best)} (epoch {epoch})", real])
    if not rows:
        return ""
    return section("Quality", _table(["", "last", "best", "real images"], rows))


def settings_table(run: Run) -> str:
    """A section with the settings of the recipe, and the versions of packages."""
    settings = _recipe(run) | run.settings["versions"]
    table = _table(["setting", "value"], [[name, value] for name, value in settings.items()])
    return section("Settings", f"<details><summary>Show all</summary>{table}</details>")


def differences_table(runs: list[Run]) -> str:
    """A section with the settings, machines and versions in which runs differ."""
    settings = [_recipe(run) | _circumstances(run) | run.settings["versions"] for run in runs]
    names = dict.fromkeys(name for each in settings for name in each)
    rows = [
        [name, *(each.get(name, NONE) for each in settings)]
        for name in names
        if len({repr(each.get(name)) for each in settings}) > 1
    ]
    content = _table(["setting", *(run.name for run in runs)], rows) if rows else "<p>None.</p>"
    return section("Settings that differ", content)


def results_table(runs: list[Run]) -> str:
    """A section with the last value of each metric, and the best FID, of each run."""
    rows = [["epochs", *(run.epochs for run in runs)]]
    for name, metric in METRICS.items():
        measured = [run.measured(name) for run in runs]
        rows.append([metric.label, *(short(pairs[-1][1]) if pairs else NONE for pairs in measured)])
    best = [run.best("fid") if run.measured("fid") else None for run in runs]
    rows.append(["best FID", *(f"{short(b[1])} (epoch {b[0]})" if b else NONE for b in best)])
    return section(
        "Results, after the last epoch measured", _table(["", *(run.name for run in runs)], rows)
    )


def section(title: str, content: str) -> str:
    """A section of a page.

    Args:
        title: String, plain text.
        content: String of HTML.
    """
    return f"<section><h2>{html.escape(title)}</h2>{content}</section>"


def short(value: float | None) -> str:
    """Formats a number with four digits."""
    return NONE if value is None else f"{value:.4g}"


def _recipe(run):
    """The settings that decide what the run computes: a resumed run cannot change them."""
    return {name: run.settings[name] for name in fixed_names() if name in run.settings}


def _circumstances(run):
    """What the run was given, and ran on: results may depend on it as on settings."""
    names = ("source", "images", "backend", "device")
    yardstick = run.settings.get("yardstick")
    return {name: run.settings[name] for name in names} | {
        "yardstick": f"{yardstick['name']}, sha256 {yardstick['sha256'][:8]}" if yardstick else NONE
    }


def _table(columns, rows):
    """An HTML table. The first cell of a row is its header."""
    head = "".join(f'<th scope="col">{html.escape(column)}</th>' for column in columns)
    body = "".join(
        f'<tr><th scope="row">{html.escape(name)}</th>'
        + "".join(f"<td>{html.escape(str(cell))}</td>" for cell in cells)
        + "</tr>"
        for name, *cells in rows
    )
    table = f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
    label = html.escape(columns[0] or "metrics")
    return f'<div class="wide" tabindex="0" role="region" aria-label="{label}">{table}</div>'
