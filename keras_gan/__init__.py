"""A composite GAN for 28x28 grey images in Keras 3.

The names below are imported when they are first used, so that what needs
neither Keras nor TensorFlow, such as `--help`, does not wait for them.
"""

import importlib

__version__ = "0.5.1"

_HOMES = {
    "AveragedGenerator": "callbacks",
    "Checkpoints": "callbacks",
    "Composite": "models",
    "Config": "config",
    "CurvePlots": "callbacks",
    "Dataset": "data",
    "DiskError": "errors",
    "DivergenceError": "errors",
    "HistoryFile": "callbacks",
    "LogFile": "callbacks",
    "ModelFiles": "callbacks",
    "Position": "training",
    "ProgressReport": "callbacks",
    "QualityMetrics": "callbacks",
    "ReportPage": "callbacks",
    "SampleFilm": "callbacks",
    "SamplePlots": "callbacks",
    "SamplesOnTensorBoard": "callbacks",
    "Stopped": "errors",
    "UserError": "errors",
    "WalkPlot": "callbacks",
    "build_composite": "models",
    "build_discriminator": "models",
    "build_generator": "models",
    "draw_latents": "latents",
    "embedded_digits": "data",
    "interpolate": "latents",
    "load_data": "data",
    "plot_curves": "plots",
    "plot_images": "plots",
    "plot_model": "plots",
    "resume": "job",
    "run": "job",
    "train": "training",
}
__all__ = list(_HOMES)


def __getattr__(name):
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_HOMES[name]}"), name)


def __dir__():
    return [*globals(), *__all__]
