"""What can be chosen by name, and where it lives.

A new loss, network, callback or command is a file of its own and one line here.
From outside the package, assign the object itself: `LOSSES["mine"] = my_loss`.
"""

import importlib
from collections.abc import Iterator, MutableMapping
from typing import Any


class Registry(MutableMapping):
    """A dict whose values are imported when they are first used.

    So the command line can list what there is without importing Keras.

    Args:
        entries: Dict that maps a name to `"module"` or `"module:attribute"`, or
            to the object itself.

    Example:

    >>> NETWORKS["mine"] = lambda latent_dim, dropout: (my_generator, my_discriminator)
    >>> run(configure(networks="mine"))
    """

    def __init__(self, entries: dict[str, Any]):
        self._entries = dict(entries)

    def __getitem__(self, name: str) -> Any:
        if name not in self._entries:
            raise KeyError(f"expected one of {', '.join(self)}, but it is {name!r}")
        entry = self._entries[name]
        if isinstance(entry, str):
            module, _, attribute = entry.partition(":")
            entry = importlib.import_module(module)
            entry = getattr(entry, attribute) if attribute else entry
        return entry

    def __setitem__(self, name: str, entry: Any) -> None:
        self._entries[name] = entry

    def __delitem__(self, name: str) -> None:
        del self._entries[name]

    def __contains__(self, name: object) -> bool:
        return name in self._entries

    def __iter__(self) -> Iterator[str]:
        return iter(self._entries)

    def __len__(self) -> int:
        return len(self._entries)


# Modules with HELP, `add_arguments(parser)` and `run(**arguments)`.
COMMANDS = Registry(
    {
        "train": "keras_gan.commands.train",
        "generate": "keras_gan.commands.generate",
        "export": "keras_gan.commands.export",
        "playground": "keras_gan.commands.playground",
        "evaluate": "keras_gan.commands.evaluate",
        "audit": "keras_gan.commands.audit",
        "compare": "keras_gan.commands.compare",
    }
)
# Each a `keras_gan.gan.losses.GanLoss`.
LOSSES = Registry(
    {
        "bce": "keras_gan.gan.losses:BCE",
        "lsgan": "keras_gan.gan.losses:LSGAN",
        "hinge": "keras_gan.gan.losses:HINGE",
        "wgan-gp": "keras_gan.gan.losses:WGAN_GP",
    }
)
# Functions from `latent_dim` and `dropout` to a generator and a discriminator.
NETWORKS = Registry(
    {
        "default": "keras_gan.networks.default:build",
        "tutorial": "keras_gan.networks.tutorial:build",
        "mlp": "keras_gan.networks.mlp:build",
        "mlp-dropout": "keras_gan.networks.mlp:build_with_dropout",
        "dcgan": "keras_gan.networks.dcgan:build",
    }
)
# Classes whose `for_run(run)` makes the callback of a run, or `None`. They are called in this
# order: measurements before what writes them down.
CALLBACKS = Registry(
    {
        "real_samples": "keras_gan.callbacks.real_samples:RealSamples",
        "diagrams": "keras_gan.callbacks.diagrams:NetworkDiagrams",
        "decay": "keras_gan.callbacks.decay:LearningRateDecay",
        "average": "keras_gan.callbacks.average:AveragedGenerator",
        "progress": "keras_gan.callbacks.progress:ProgressReport",
        "models": "keras_gan.callbacks.models:ModelFiles",
        "metrics": "keras_gan.callbacks.metrics:QualityMetrics",
        "history": "keras_gan.callbacks.history:HistoryFile",
        "log": "keras_gan.callbacks.log:LogFile",
        "card": "keras_gan.callbacks.card:ModelCard",
        "samples": "keras_gan.callbacks.samples:SamplePlots",
        "film": "keras_gan.callbacks.film:SampleFilm",
        "walks": "keras_gan.callbacks.walks:WalkPlot",
        "tensorboard": "keras_gan.callbacks.board:SamplesOnTensorBoard",
        "curves": "keras_gan.callbacks.curves:CurvePlots",
        "report": "keras_gan.callbacks.report:ReportPage",
    }
)
# Modules with what `keras_gan.exports.onnx` has: LABEL, SUFFIX, PACKAGES,
# `write(model, path, about)` and `load(path)`.
EXPORTS = Registry(
    {
        "onnx": "keras_gan.exports.onnx",
        "litert": "keras_gan.exports.litert",
        "savedmodel": "keras_gan.exports.savedmodel",
    }
)
