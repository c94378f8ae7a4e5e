"""How good the samples are, while the training runs."""

import json
import pathlib

import keras
import numpy as np

from keras_gan.callbacks.models import save_network
from keras_gan.console import say
from keras_gan.data import to_bytes
from keras_gan.evaluation import metrics
from keras_gan.files import REAL_METRICS_NAME, write_text
from keras_gan.latents import draw_latents
from keras_gan.plots import OptionalPicture, plot_curves

RARE_SHARE = 0.01
CLEAR_SHARE = 0.5  # of samples less clear than this, the classes are guesses
LOST_COVERAGE = 0.5


class QualityMetrics(keras.callbacks.Callback):
    """Measures samples every so many epochs, and after the last.

    The figures go into the epoch's logs, for the callbacks that come after this
    one: `fid`, `kid`, `precision`, `recall`, `density`, `coverage`,
    `classifier_score`, `confident_share`, `rarest_share`. They are taken of
    fewer samples than `evaluate` takes, so compare them with one another only.
    The generator with the lowest FID so far is kept as `generator_best.keras`,
    curves of the figures as `metrics_plot.png`, what other real images score as
    `real_metrics.json`. A generator that has lost a class that real images have, or
    that draws clearly and yet lacks one, or that has lost half of its coverage, is told
    in one line.

    Args:
        yardstick: A `Yardstick`.
        real_images: `uint8` array `(n, 28, 28, 1)` to compare with.
        plots_dir: Path of the folder for the picture.
        models_dir: Path of the folder for the best generator.
        every: Integer, epochs from one measurement to the next.
        samples: Integer, how many samples to measure.
        seed: Integer, fixes their latent points.
        generator: The model to measure; the one that is trained if `None`.
        latent_distribution: As in `draw_latents`.
        other_real_images: `uint8` array `(m, 28, 28, 1)`, to be measured as the
            samples are; if `None`, `real_images` are split in half for that.
    """

    def __init__(
        self,
        yardstick,
        real_images,
        plots_dir,
        models_dir,
        every=10,
        samples=2000,
        seed=0,
        generator=None,
        latent_distribution="normal",
        other_real_images=None,
    ):
        super().__init__()
        self.yardstick = yardstick
        self.real_images = real_images
        self.plots_dir = pathlib.Path(plots_dir)
        self.models_dir = pathlib.Path(models_dir)
        self.every = every
        self.samples = samples
        self.seed = seed
        self.generator = generator
        self.latent_distribution = latent_distribution
        self.other_real_images = other_real_images
        self.picture = OptionalPicture("metrics_plot.png")

    def on_train_begin(self, logs=None):
        self.generator = self.generator or self.model.generator
        rng = np.random.default_rng([self.seed, 2])
        self.latents = draw_latents(
            rng, self.samples, self.model.input_shape[1], self.latent_distribution
        )
        real = self.yardstick.measure(self.real_images)
        self.real = real.features
        self.common = metrics.class_shares(real.probabilities) >= RARE_SHARE
        self.some_real = self.real[rng.permutation(len(self.real))[: self.samples]]
        figures = self._figures_of_real(rng)
        write_text(self.models_dir / REAL_METRICS_NAME, json.dumps(figures, indent=2) + "\n")
        self.history = {"epoch": []}
        for epoch, past in enumerate(self.params.get("past", ())):
            if "fid" in past:
                self._keep(epoch + 1, past)

    def on_epoch_end(self, epoch, logs=None):
        ended = epoch + 1
        last = ended == self.params["epochs"] or self.model.stop_training
        if ended % self.every != 0 and not last:
            return
        figures, rarest = self._measure()
        logs.update(figures)
        self._warn_of_collapse(ended, figures, rarest)
        self._keep(ended, logs)
        if figures["fid"] == min(self.history["fid"]):
            save_network(self.generator, self.models_dir / "generator_best.keras")
        self._draw()

    def _keep(self, epoch, logs):
        self.history["epoch"].append(epoch)
        for name, value in logs.items():
            self.history.setdefault(name, []).append(value)

    def _figures_of_real(self, rng):
        """What other real images score: the best that samples could."""
        if self.other_real_images is None:  # one half stands for the samples
            halves = np.array_split(rng.permutation(len(self.real_images)), 2)
            others, real = self.real_images[halves[0]], self.real[halves[1]]
        else:
            others, real = self.other_real_images, self.real
        others = others[rng.permutation(len(others))[: self.samples]]
        return self._figures(self.yardstick.measure(others), real, real[: self.samples])

    def _measure(self):
        images = self.generator.predict(self.latents, batch_size=500, verbose=0)
        fake = self.yardstick.measure(to_bytes(images))
        shares = metrics.class_shares(fake.probabilities)
        figures = self._figures(fake, self.real, self.some_real)
        return figures, int(np.where(self.common, shares, 1).argmin())

    def _figures(self, fake, real, some_real):
        near = metrics.neighbourhood(some_real, fake.features)
        shares = metrics.class_shares(fake.probabilities)
        return {
            "fid": metrics.frechet_distance(real, fake.features),
            "kid": metrics.kernel_distance(real, fake.features, subsets=10)[0],
            "precision": near.precision,
            "recall": near.recall,
            "density": near.density,
            "coverage": near.coverage,
            "classifier_score": metrics.classifier_score(fake.probabilities),
            "confident_share": metrics.confident_share(fake.probabilities),
            "rarest_share": float(shares[self.common].min()),
        }

    def _warn_of_collapse(self, epoch, figures, rarest):
        clear = figures["confident_share"] >= CLEAR_SHARE
        had_all = max(self.history.get("rarest_share", [0.0])) >= RARE_SHARE
        if (clear or had_all) and figures["rarest_share"] < RARE_SHARE:
            say(
                f"Collapse? After epoch {epoch}, class {rarest} is "
                f"{figures['rarest_share']:.1%} of the samples."
            )
        best = max(self.history.get("coverage", [0.0]))
        if figures["coverage"] < LOST_COVERAGE * best:
            say(
                f"Collapse? After epoch {epoch}, coverage is {figures['coverage']:.2f}; "
                f"it was {best:.2f}."
            )

    def _draw(self):
        with self.picture:
            self._plot()

    def _plot(self):
        plot_curves(
            self.history,
            self.plots_dir / "metrics_plot.png",
            {
                "precision": "precision: samples that could be real",
                "recall": "recall: the real that could be drawn",
                "coverage": "coverage: the real that is near a sample",
                "confident_share": "samples that the classifier is 95% sure of",
            },
            title=f"Quality of {self.samples:,} samples; FID {self.history['fid'][-1]:.2f}, "
            f"best {min(self.history['fid']):.2f}",
            y_label="share",
            limits=(0, 1),
            epochs=self.history["epoch"],
        )
