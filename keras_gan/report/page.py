"""The page of one run, and the page of several."""

import html
import os

from keras_gan.pages import write_page
from keras_gan.report.charts import charts
from keras_gan.report.reading import Run
from keras_gan.report.tables import (
    differences_table,
    metrics_table,
    results_table,
    section,
    settings_table,
    short,
)


def write_report(run: Run, to_file: str | os.PathLike) -> None:
    """Writes the page of one run.

    Args:
        run: A `Run`, as `read_run` returns it.
        to_file: Path of the HTML file to write.

    Example:

    >>> write_report(read_run("models", "plots"), "report.html")
    """
    sections = [metrics_table(run), _copies(run), settings_table(run), _diagrams(run)]
    _write_page("A GAN in training", _sentences(run), [run], sections, to_file)


def write_comparison(runs: list[Run], to_file: str | os.PathLike) -> None:
    """Writes a page of several runs side by side.

    Args:
        runs: List of `Run`s, as `read_run` returns them.
        to_file: Path of the HTML file to write.

    Example:

    >>> runs = [read_run(f"{name}/models", name=name) for name in ("first", "second")]
    >>> write_comparison(runs, "compare.html")
    """
    sentences = [f"{len(runs)} runs side by side: {', '.join(run.name for run in runs)}."]
    sections = [differences_table(runs), results_table(runs)]
    _write_page("GANs compared", sentences, runs, sections, to_file)


def _write_page(title, sentences, runs, sections, to_file):
    data = {
        "runs": [
            {
                "name": run.name,
                "history": run.history,
                "epochs": list(run.grids),
                "images": list(run.grids.values()),
            }
            for run in runs
        ],
        "charts": charts(runs),
    }
    write_page(
        "keras_gan.report",
        title,
        sentences,
        data,
        to_file,
        sections="\n".join(filter(None, sections)),
    )


def _sentences(run):
    settings = run.settings
    yield (
        f"Preset {settings['preset']}, seed {settings['seed']}, trained on "
        f"{settings['images']:,} images ({settings['source']}) with {settings['backend']}, "
        f"{settings['device']}, since {settings['started'].replace('T', ', ')}."
    )
    if isinstance(settings.get("classes"), list):
        names = ", ".join(map(str, settings["classes"]))
        yield f"Samples have a row for each class, from the top: {names}."
    if run.epochs < settings["epochs"]:
        yield f"Epoch {run.epochs} of {settings['epochs']}. Reload this page to see how it goes on."
    else:
        yield f"The training has ended after {run.epochs} epochs."
    if run.measured("fid"):
        epoch, fid = run.measured("fid")[-1]
        best_epoch, best = run.best("fid")
        text = f"After epoch {epoch} the samples are at an FID of {short(fid)} from real images"
        if "fid" in run.real:
            text += f" (other real images are at {short(run.real['fid'])})"
        if best_epoch == epoch:
            yield f"{text}; it is the best so far."
        else:
            yield f"{text}; the best was {short(best)}, after epoch {best_epoch}."


def _copies(run):
    if run.audit is None:
        return ""
    return section("Copies of training images", f"<p>{html.escape(run.audit.text)}</p>")


def _diagrams(run):
    blocks = [
        f"<details><summary>{'the stacked GAN' if name == 'gan' else f'the {name}'}</summary>"
        f'<div class="diagram" tabindex="0" role="region" aria-label="diagram of {name}">'
        f'<img src="{uri}" alt="{name}, layer by layer">'
        "</div></details>"
        for name, uri in run.diagrams.items()
    ]
    return section("Networks", "".join(blocks)) if blocks else ""
