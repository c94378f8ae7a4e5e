"""How good the samples are, while the training runs."""

import json

import numpy as np

from keras_gan.callbacks.models import save_network
from keras_gan.console import say
from keras_gan.data import to_bytes
from keras_gan.evaluation import metrics
from keras_gan.evaluation.batches import predict
from keras_gan.files import REAL_METRICS_NAME, ensure_folder, write_text
from keras_gan.gan.labels import with_labels
from keras_gan.gan.latents import draw_latents
from keras_gan.pictures.optional import OptionalPicture
from keras_gan.pictures.plots import plot_curves
from keras_gan.training.callback import GanCallback

RARE_SHARE = 0.01
# As many as the test images of MNIST.
REAL_IMAGES = 10_000
LOST_COVERAGE = 0.5


class QualityMetrics(GanCallback):
    """Measures samples every so many epochs, and after the last.

    The figures go into the epoch's logs, for the callbacks that come after this
    one: `fid`, `kid`, `precision`, `recall`, `density`, `coverage`,
    `classifier_score`, `confident_share`, `rarest_share` and, of a conditional
    generator, `label_accuracy`. They are taken of fewer samples than `evaluate`
    takes, and the samples are compared with training images: held-out images are for
    `evaluate` alone. So compare the figures with one another only. The generator with
    the lowest FID so far is kept as `generator_best.keras`, curves of the figures as
    `metrics_plot.png`, what other real images score as `real_metrics.json`. The curves
    are drawn after the first and the last measurement; in between whenever drawing them
    has taken no more than half a percent of the time since the last. One line says so
    when a class that the samples once had has vanished, or when half of the coverage is
    lost.

    Args:
        yardstick: A `Yardstick`.
        real_images: `uint8` array `(n, 28, 28, 1)`, the training images. Up to 10,000
            of them, chosen at random, are compared with; others stand for samples,
            to tell what real images score.
        plots_dir: Path of the folder for the picture.
        models_dir: Path of the folder for the best generator.
        every: Integer, epochs from one measurement to the next.
        samples: Integer, how many samples to measure.
        seed: Integer, fixes their latents.
        generator: The model to measure; the one that is trained if `None`.
        latent_distribution: As in `draw_latents`.
        labels: Integer array of shape `(n,)`, the classes of `real_images`, which the
            samples of a conditional generator are drawn in the proportions of.
        columns: Integer array of shape `(classes,)`, the yardstick's own number of each
            of these classes; from 0 up if `None`.
        class_names: List of strings, the names of the yardstick's classes; their
            numbers if `None`.

    Example:

    >>> dataset = load_data("mnist")
    >>> metrics = QualityMetrics(load_yardstick(dataset), dataset.images, "plots", "models")
    >>> train(composite, dataset.images, callbacks=[metrics])
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
        labels=None,
        columns=None,
        class_names=None,
    ):
        super().__init__(generator)
        self.yardstick = yardstick
        self.real_images = real_images
        self.plots_dir = plots_dir
        self.models_dir = models_dir
        self.every = every
        self.samples = samples
        self.seed = seed
        self.latent_distribution = latent_distribution
        self.labels = labels
        self.columns = columns
        self.class_names = class_names
        self.picture = OptionalPicture("metrics_plot.png")
        self.real = None

    @classmethod
    def for_run(cls, run):
        if run.yardstick is None:
            return None
        dataset, config = run.dataset, run.config
        return cls(
            run.yardstick,
            dataset.images,
            run.plots_dir,
            run.models_dir,
            config.evaluate_every,
            seed=config.seed,
            generator=run.generator,
            latent_distribution=config.latent_distribution,
            labels=dataset.class_indices if config.conditional else None,
            columns=run.yardstick.columns(dataset.label_values),
            class_names=[dataset.name_of(value) for value in run.yardstick.label_values],
        )

    def after_epoch(self, epoch, logs):
        last = epoch == self.params["epochs"] or self.model.stop_training
        if epoch % self.every != 0 and not last:
            return
        if self.real is None:
            self._measure_real_images()
        earlier = [past for _, past in self.rows()[:-1] if "fid" in past]
        figures, rarest = self._measure()
        logs.update(figures)
        self._warn_of_collapse(epoch, earlier, figures, rarest)
        if all(figures["fid"] <= past["fid"] for past in earlier):
            save_network(self.generator, ensure_folder(self.models_dir) / "generator_best.keras")
        if self.picture.due or last:
            with self.picture:
                self._plot()

    def _measure_real_images(self):
        """Once, when they are first needed: a training begins sooner without."""
        rng = np.random.default_rng([self.seed, 2])
        latent_dim = self.generator.inputs[0].shape[1]
        latents = draw_latents(rng, self.samples, latent_dim, self.latent_distribution)
        self.asked = None
        if self.labels is not None:
            self.asked = rng.choice(self.labels, self.samples).astype("int32")
        self.inputs = with_labels(latents, self.asked)
        order = rng.permutation(len(self.real_images))
        others, compared = np.split(order, [min(self.samples, len(order) // 2)])
        real = self.yardstick.measure(self.real_images[compared[:REAL_IMAGES]])
        self.real = real.features
        self.common = metrics.class_shares(real.probabilities) >= RARE_SHARE
        self.some_real = self.real[: self.samples]
        others_labels = None if self.labels is None else self.labels[others]
        figures = self._figures(self.yardstick.measure(self.real_images[others]), others_labels)
        text = json.dumps(figures, indent=2) + "\n"
        write_text(ensure_folder(self.models_dir) / REAL_METRICS_NAME, text)

    def _measure(self):
        images = predict(self.generator, self.inputs)
        fake = self.yardstick.measure(to_bytes(images))
        shares = metrics.class_shares(fake.probabilities)
        return self._figures(fake, self.asked), int(np.where(self.common, shares, 1).argmin())

    def _figures(self, fake, labels):
        near = metrics.neighbourhood(self.some_real, fake.features)
        shares = metrics.class_shares(fake.probabilities)
        figures = {
            "fid": metrics.frechet_distance(self.real, fake.features),
            "kid": metrics.kernel_distance(self.real, fake.features, subsets=10)[0],
            "precision": near.precision,
            "recall": near.recall,
            "density": near.density,
            "coverage": near.coverage,
            "classifier_score": metrics.classifier_score(fake.probabilities),
            "confident_share": metrics.confident_share(fake.probabilities),
            "rarest_share": float(shares[self.common].min()),
        }
        if labels is not None:
            expected = labels if self.columns is None else self.columns[labels]
            figures["label_accuracy"] = metrics.label_accuracy(fake.probabilities, expected)
        return figures

    def _warn_of_collapse(self, epoch, earlier, figures, rarest):
        had_all = max((past["rarest_share"] for past in earlier), default=0.0) >= RARE_SHARE
        name = self.class_names[rarest] if self.class_names else rarest
        if had_all and figures["rarest_share"] < RARE_SHARE:
            say(
                f"Collapse? After epoch {epoch}, class {name} is "
                f"{figures['rarest_share']:.1%} of the samples."
            )
        best = max((past["coverage"] for past in earlier), default=0.0)
        if figures["coverage"] < LOST_COVERAGE * best:
            say(
                f"Collapse? After epoch {epoch}, coverage is {figures['coverage']:.2f}; "
                f"it was {best:.2f}."
            )

    def _plot(self):
        measured = [(epoch, logs) for epoch, logs in self.rows() if "fid" in logs]
        shares = [name for name in metrics.SHARES if name in measured[-1][1]]
        labels = {name: metrics.METRICS[name].label for name in shares}
        fids = [logs["fid"] for _, logs in measured]
        plot_curves(
            {name: [logs[name] for _, logs in measured] for name in labels},
            ensure_folder(self.plots_dir) / "metrics_plot.png",
            labels,
            title=f"Quality of {self.samples:,} samples; FID {fids[-1]:.2f}, best {min(fids):.2f}",
            y_label="share",
            limits=(0, 1),
            epochs=[epoch for epoch, _ in measured],
        )
