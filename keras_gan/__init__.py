"""A composite GAN for 28x28 grey images in Keras 3.

The names below are imported when they are first used, so that what needs
neither Keras nor TensorFlow, such as `--help`, does not wait for them.
"""

import importlib

__version__ = "0.6.0"

_HOMES = {
    "AveragedGenerator": "callbacks.average",
    "Checkpoints": "callbacks.checkpoints",
    "Composite": "gan.composite",
    "Config": "settings",
    "CurvePlots": "callbacks.curves",
    "Dataset": "data",
    "DiskError": "errors",
    "DivergenceError": "errors",
    "FreedMemory": "callbacks.memory",
    "GanCallback": "training.callback",
    "GanLoss": "gan.losses",
    "GradientPenalty": "gan.penalties",
    "HistoryFile": "callbacks.history",
    "LOSSES": "registry",
    "LogFile": "callbacks.log",
    "ModelFiles": "callbacks.models",
    "NETWORKS": "registry",
    "NetworkDiagrams": "callbacks.diagrams",
    "PRESETS": "presets",
    "Penalty": "gan.penalties",
    "Position": "training.state",
    "ProgressReport": "callbacks.progress",
    "QualityMetrics": "callbacks.metrics",
    "RealSamples": "callbacks.real_samples",
    "ReportPage": "callbacks.report",
    "SampleFilm": "callbacks.film",
    "SamplePlots": "callbacks.samples",
    "SamplesOnTensorBoard": "callbacks.board",
    "Stopped": "errors",
    "UserError": "errors",
    "WalkPlot": "callbacks.walks",
    "build_composite": "gan.building",
    "build_discriminator": "networks.default",
    "build_generator": "networks.default",
    "configure": "settings",
    "draw_latents": "gan.latents",
    "draw_samples": "evaluation.samples",
    "embedded_digits": "data",
    "evaluate": "evaluation.evaluate",
    "interpolate": "gan.latents",
    "load_data": "data",
    "load_generator": "networks.loading",
    "load_yardstick": "evaluation.classifier",
    "plot_curves": "pictures.plots",
    "plot_images": "pictures.plots",
    "plot_model": "pictures.plots",
    "plot_walks": "pictures.plots",
    "resume": "runs.job",
    "run": "runs.job",
    "train": "training.loop",
}
__all__ = list(_HOMES)


def __getattr__(name):
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_HOMES[name]}"), name)


def __dir__():
    return [*globals(), *__all__]
