"""The curves of a page, as data that its script draws."""

from keras_gan.evaluation.metrics import METRICS, SHARES
from keras_gan.registry import LOSSES
from keras_gan.report.reading import Run


def charts(runs: list[Run]) -> list[dict]:
    """Describes the charts of a page.

    Args:
        runs: List of `Run`s.

    Returns:
        List of dicts, one for each chart: its `title`; its `series`, dicts with the
        `key` of a history and a `label`; its `references`, dicts with the `value` and
        `label` of horizontal lines; and where the vertical axis begins and ends, `low`
        and `high`, or whether it is logarithmic, `log`.
    """
    return [_losses(runs), _fid(runs), _shares(), _scores(runs), _accuracy()]


def _losses(runs):
    title, references, low = "Loss", [], None
    loss = _only_loss(runs)
    if loss:
        title = f"Loss: {loss.label}"
        references = [_line("a discriminator that can only guess", loss.chance_loss)]
        low = 0 if loss.is_probability else None
    return {
        "title": title,
        "series": _series(d_loss="discriminator", g_loss="generator"),
        "references": references,
        "low": low,
    }


def _fid(runs):
    values = {run.name: run.real["fid"] for run in runs if "fid" in run.real}
    if len(set(values.values())) == 1:
        references = [_line("real images", next(iter(values.values())))]
    else:
        references = [_line(f"real images of {name}", value) for name, value in values.items()]
    return {
        "title": "FID: distance of samples from real images, lower is better",
        "series": _series(fid="FID"),
        "references": references,
        "log": True,
    }


def _shares():
    return {
        "title": "Quality: share of images",
        "series": _series(**{name: METRICS[name].label for name in SHARES}),
        "references": [],
        "low": 0,
        "high": 1,
    }


def _scores(runs):
    label, references, limits = "output of the discriminator, on the scale of each loss", [], {}
    loss = _only_loss(runs)
    if loss:
        label = loss.score_label
        if loss.undecided is not None:
            references = [_line("undecided", loss.undecided)]
        if loss.is_probability:
            limits = {"low": 0, "high": 1}
    return {
        "title": f"Scores: {label}",
        "series": _series(real_score="D(x), real images", fake_score="D(G(z)), generated images"),
        "references": references,
        **limits,
    }


def _accuracy():
    return {
        "title": "Accuracy of the discriminator: share classified correctly",
        "series": _series(real_accuracy="on real images", fake_accuracy="on generated images"),
        "references": [_line("guessing", 0.5)],
        "low": 0,
        "high": 1,
    }


def _only_loss(runs):
    """The loss of all runs, or `None` if they have several: these have no common scale."""
    names = {run.settings["loss"] for run in runs}
    return LOSSES[names.pop()] if len(names) == 1 else None


def _series(**labels):
    return [{"key": key, "label": label} for key, label in labels.items()]


def _line(label, value):
    return {"label": label, "value": value}
