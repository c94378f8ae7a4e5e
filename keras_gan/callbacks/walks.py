"""Walks between latents."""

import itertools

import numpy as np

from keras_gan.files import ensure_folder
from keras_gan.gan.labels import without_labels
from keras_gan.gan.latents import interpolate
from keras_gan.networks.conditional import can_walk_between_classes, walk_between_classes
from keras_gan.pictures.grids import evenly
from keras_gan.pictures.optional import OptionalPicture
from keras_gan.pictures.plots import plot_walks
from keras_gan.training.callback import GanCallback

PAIRS = "ABCD"
STEPS = 10


class WalkPlot(GanCallback):
    """Draws `interpolation_plot.png` at the end: straight and spherical walks.

    A conditional generator walks within a class, and from one class to another.

    Args:
        plots_dir: Path of the folder for the picture.
        latents: Array of shape `(n, latent_dim)`; the walks lead from each of the
            first to the next. For a conditional generator a list of that and labels
            `(n,)`, two or more of each class.
        generator: The model that draws; the one that is trained if `None`.
        class_names: List of strings, the names of a conditional generator's classes;
            their numbers if `None`.

    Example:

    >>> train(composite, images, callbacks=[WalkPlot("plots", latents)])
    """

    def __init__(self, plots_dir, latents, generator=None, class_names=None):
        super().__init__(generator)
        self.plots_dir = plots_dir
        self.latents, self.labels = without_labels(latents)
        self.class_names = class_names

    @classmethod
    def for_run(cls, run):
        names = run.dataset.classes if run.config.conditional else None
        latents = run.latents
        clustered = run.labels is not None and not run.config.conditional
        if clustered:  # straight, the first two pairs stay within one cluster
            latents = latents.copy()
            latents[1:4:2, -1] = latents[:4:2, -1]
        return cls(run.plots_dir, latents, run.generator, names)

    def after_training(self, epoch):
        walks = self._walks() if self.labels is None else self._walks_of_classes()
        with OptionalPicture("interpolation_plot.png"):
            plot_walks(dict(walks), ensure_folder(self.plots_dir) / "interpolation_plot.png")

    def _walks(self):
        for pair, start, end in zip(PAIRS, self.latents[::2], self.latents[1::2], strict=False):
            for kind in ("straight", "spherical"):
                latents = interpolate(start, end, STEPS, spherical=kind == "spherical")
                yield f"{pair}, {kind}", self.generator.predict_on_batch(latents)

    def _walks_of_classes(self):
        present, counts = np.unique(self.labels, return_counts=True)
        labels = evenly(list(present[counts > 1]), len(PAIRS) + 1)
        names = self.class_names or list(map(str, range(max(labels) + 1)))
        for label in labels[: len(PAIRS)]:
            start, end = self.latents[self.labels == label][:2]
            latents = interpolate(start, end, STEPS, spherical=True)
            inputs = [latents, np.full(STEPS, label, "int32")]
            yield names[label], self.generator.predict_on_batch(inputs)
        if not can_walk_between_classes(self.generator):
            return
        for start, end in itertools.pairwise(labels):
            images = walk_between_classes(self.generator, self.latents[0], start, end, STEPS)
            yield f"{names[start]} to {names[end]}", images
