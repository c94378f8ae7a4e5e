"""A run, or several side by side, as one HTML file that needs nothing else."""

import html
import importlib.resources
import json
import string

from keras_gan.files import write_text
from keras_gan.models.losses import LOSSES, PROBABILITY
from keras_gan.page.runs import CIRCUMSTANCES, read_run

__all__ = ["read_run", "write_comparison", "write_report"]
NONE = "-"
# Figures of quality: what history.csv calls them, what people do, and whether more is better.
METRICS = {
    "fid": ("FID, distance from real images", False),
    "kid": ("KID, another such distance", False),
    "precision": ("precision: samples that could be real", True),
    "recall": ("recall: the real that could be drawn", True),
    "density": ("density: how deep among the real", True),
    "coverage": ("coverage: the real that is near a sample", True),
    "classifier_score": ("classifier score", True),
    "confident_share": ("samples that the classifier is 95% sure of", True),
    "rarest_share": ("share of the rarest class", True),
}
# What config.json tells beside the settings of the recipe.
NO_SETTINGS = (
    *("plots_dir", "models_dir", "data", "log", "quiet", "video", "tensorboard"),
    *("started", *CIRCUMSTANCES, "images_checksum", "versions"),
)


def write_report(run, to_file):
    """Writes the page of one run.

    Args:
        run: A dict as `read_run` gives it.
        to_file: Path of the HTML file.
    """
    sections = [_metrics_table(run), _settings_list(run), _diagrams(run)]
    _write_page("A GAN in training", _paragraphs(_sentences(run)), [run], sections, to_file)


def write_comparison(runs, to_file):
    """Writes a page of several runs side by side.

    Args:
        runs: List of dicts as `read_run` gives them.
        to_file: Path of the HTML file.
    """
    sentences = [f"{len(runs)} runs side by side: {', '.join(run['name'] for run in runs)}."]
    sections = [_differences_table(runs), _results_table(runs)]
    _write_page("GANs compared", _paragraphs(sentences), runs, sections, to_file)


def _write_page(title, summary, runs, sections, to_file):
    names = ("name", "history", "epochs", "images")
    data = {
        "runs": [{name: run[name] for name in names} for run in runs],
        "charts": _charts(runs),
    }
    resources = importlib.resources.files(__name__)
    page, style, script = (
        resources.joinpath(name).read_text(encoding="utf-8")
        for name in ("page.html", "page.css", "page.js")
    )
    text = string.Template(page).substitute(
        title=html.escape(title),
        summary=summary,
        sections="\n".join(filter(None, sections)),
        style=style,
        script=script,
        # In there, "</script" and "<!--" would not be data.
        data=json.dumps(data, separators=(",", ":"), allow_nan=False).replace("<", "\\u003c"),
    )
    write_text(to_file, text)


def _charts(runs):
    losses = list(dict.fromkeys(run["settings"]["loss"] for run in runs))
    loss = LOSSES[losses[0]]
    guessing, undecided, scores = [], [], "what the discriminator gives, on the scale of each loss"
    if len(losses) == 1:
        guessing = [{"label": "a discriminator that can only guess", "value": loss.guessing}]
        if loss.undecided is not None:
            undecided = [{"label": "undecided", "value": loss.undecided}]
        scores = loss.score_label
    probability = scores == PROBABILITY
    floors = {run["name"]: run["real"]["fid"] for run in runs if "fid" in run["real"]}
    real = [{"label": f"real images of {name}", "value": fid} for name, fid in floors.items()]
    if len(set(floors.values())) == 1:
        real = [{**real[0], "label": "real images"}]
    return [
        {
            "title": f"Loss: {loss.label}" if len(losses) == 1 else "Loss",
            "series": _series(d_loss="discriminator", g_loss="generator"),
            "references": guessing,
            "low": 0 if probability else None,
        },
        {
            "title": "FID: distance of samples from real images, lower is better",
            "series": _series(fid="FID"),
            "references": real,
            "log": True,
        },
        {
            "title": "Quality: share of images",
            "series": _series(
                **{
                    name: METRICS[name][0]
                    for name in ("precision", "recall", "coverage", "confident_share")
                }
            ),
            "references": [],
            "low": 0,
            "high": 1,
        },
        {
            "title": f"Scores: {scores}",
            "series": _series(
                real_score="D(x), real images", fake_score="D(G(z)), generated images"
            ),
            "references": undecided,
            **({"low": 0, "high": 1} if probability else {}),
        },
        {
            "title": "Accuracy of the discriminator: share told right",
            "series": _series(real_accuracy="on real images", fake_accuracy="on generated images"),
            "references": [{"label": "guessing", "value": 0.5}],
            "low": 0,
            "high": 1,
        },
    ]


def _series(**labels):
    return [{"key": key, "label": label} for key, label in labels.items()]


def _measured(run, name):
    """Pairs of epoch and value, where a figure was measured."""
    values = run["history"].get(name, [])
    pairs = zip(run["history"]["epoch"], values, strict=False)
    return [(epoch, value) for epoch, value in pairs if value is not None]


def _best(run, name):
    choose = max if METRICS[name][1] else min
    return choose(_measured(run, name), key=lambda pair: pair[1])


def _sentences(run):
    settings, done = run["settings"], len(run["history"]["epoch"])
    yield (
        f"Preset {settings['preset']}, seed {settings['seed']}, trained on "
        f"{settings['images']:,} images ({settings['source']}) with {settings['backend']}, "
        f"{settings['device']}, since {settings['started'].replace('T', ', ')}."
    )
    if done < settings["epochs"]:
        yield f"Epoch {done} of {settings['epochs']}. Reload this page to see how it goes on."
    else:
        yield f"The training has ended after {done} epochs."
    if _measured(run, "fid"):
        epoch, fid = _measured(run, "fid")[-1]
        best_epoch, best = _best(run, "fid")
        text = f"After epoch {epoch} the samples are at an FID of {_short(fid)} from real images"
        if "fid" in run["real"]:
            text += f" (other real images are at {_short(run['real']['fid'])})"
        if best_epoch == epoch:
            yield f"{text}; it is the best so far."
        else:
            yield f"{text}; the best was {_short(best)}, after epoch {best_epoch}."


def _paragraphs(sentences):
    return "\n".join(f"<p>{html.escape(sentence)}</p>" for sentence in sentences)


def _short(value):
    return NONE if value is None else f"{value:.4g}"


def _table(columns, rows):
    """An HTML table; the first cell of a row heads it."""
    head = "".join(f'<th scope="col">{html.escape(column)}</th>' for column in columns)
    body = "".join(
        f'<tr><th scope="row">{html.escape(name)}</th>'
        + "".join(f"<td>{html.escape(str(cell))}</td>" for cell in cells)
        + "</tr>"
        for name, *cells in rows
    )
    table = f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
    label = html.escape(columns[0] or "figures")
    return f'<div class="wide" tabindex="0" role="region" aria-label="{label}">{table}</div>'


def _section(title, content):
    return f"<section><h2>{html.escape(title)}</h2>{content}</section>"


def _metrics_table(run):
    if not _measured(run, "fid"):
        return ""
    rows = []
    for name, (label, _) in METRICS.items():
        if not _measured(run, name):
            continue
        epoch, best = _best(run, name)
        last = _measured(run, name)[-1][1]
        real = _short(run["real"].get(name))
        rows.append([label, _short(last), f"{_short(best)} (epoch {epoch})", real])
    return _section("Quality", _table(["", "last", "best", "real images"], rows))


def _recipe(run):
    return {name: value for name, value in run["settings"].items() if name not in NO_SETTINGS}


def _settings_list(run):
    settings = {**_recipe(run), **run["settings"]["versions"]}
    table = _table(["setting", "value"], [[name, value] for name, value in settings.items()])
    return _section("Settings", f"<details><summary>Show all</summary>{table}</details>")


def _diagrams(run):
    blocks = [
        f"<details><summary>{'the stacked GAN' if name == 'gan' else f'the {name}'}</summary>"
        f'<div class="diagram" tabindex="0" role="region" aria-label="diagram of {name}">'
        f'<img src="{uri}" alt="{name}, layer by layer">'
        "</div></details>"
        for name, uri in run["diagrams"].items()
    ]
    return _section("Networks", "".join(blocks)) if blocks else ""


def _differences_table(runs):
    recipes = [
        _recipe(run)
        | {name: run["settings"][name] for name in CIRCUMSTANCES}
        | run["settings"]["versions"]
        for run in runs
    ]
    names = dict.fromkeys(name for recipe in recipes for name in recipe)
    rows = [
        [name, *(recipe.get(name, NONE) for recipe in recipes)]
        for name in names
        if len({repr(recipe.get(name)) for recipe in recipes}) > 1
    ]
    if not rows:
        return _section("Settings that differ", "<p>None.</p>")
    columns = ["setting", *(run["name"] for run in runs)]
    return _section("Settings that differ", _table(columns, rows))


def _results_table(runs):
    rows = [["epochs", *(len(run["history"]["epoch"]) for run in runs)]]
    for name, (label, _) in METRICS.items():
        cells = []
        for run in runs:
            measured = _measured(run, name)
            cells.append(_short(measured[-1][1]) if measured else NONE)
        rows.append([label, *cells])
    best = [_best(run, "fid") if _measured(run, "fid") else None for run in runs]
    rows.append(["best FID", *(f"{_short(b[1])} (epoch {b[0]})" if b else NONE for b in best)])
    return _section(
        "Results, after the last epoch measured", _table(["", *(run["name"] for run in runs)], rows)
    )
