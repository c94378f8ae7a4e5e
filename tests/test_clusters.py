"""Clusters: found without labels, trained on as classes, and chosen by a latent."""

import json

import keras
import numpy as np
import pytest

from keras_gan import UserError, configure, load_generator, make_conditional, run
from keras_gan.callbacks.walks import WalkPlot
from keras_gan.cli import main
from keras_gan.data import clusters as clusters_module
from keras_gan.data.clusters import cluster_images
from keras_gan.gan.auxiliary import AuxiliaryClassifier
from keras_gan.gan.chosen import choose_labels, chosen_labels
from keras_gan.gan.labels import in_proportion
from keras_gan.gan.latents import draw_latents
from keras_gan.networks.clustered import classifier_of, label_from_latent
from keras_gan.networks.mlp import build
from keras_gan.runs import preparing
from keras_gan.runs.building import build_networks
from keras_gan.training import loop


def test_images_that_look_alike_are_in_one_cluster():
    rng = np.random.default_rng(0)
    kinds = np.zeros((3, 28, 28, 1), "uint8")
    kinds[1, :14], kinds[2, :, :14] = 255, 255
    which = rng.integers(3, size=120)
    images = kinds[which] // 2 + rng.integers(40, size=(120, 28, 28, 1), dtype="uint8")
    clusters = cluster_images(images, 3)
    assert clusters.dtype == "int32"
    pairs = set(zip(which.tolist(), clusters.tolist(), strict=True))
    assert len(pairs) == 3
    np.testing.assert_array_equal(clusters, cluster_images(images, 3))


@pytest.mark.parametrize("largest", [60_000, 150])
def test_clusters_of_digits_are_mostly_of_one_digit(largest, digits, monkeypatch):
    monkeypatch.setattr(clusters_module, "LARGEST_GRAPH", largest)
    images, labels = digits
    clusters = cluster_images(images, 20)
    most = sum(np.bincount(labels[clusters == n]).max() for n in np.unique(clusters))
    assert most / len(labels) > 0.7  # ten kinds: by chance, less than a third


def test_there_may_be_more_clusters_than_different_images():
    images = np.zeros((30, 28, 28, 1), "uint8")
    images[20:] = 200
    clusters = cluster_images(images, 5)
    assert len(set(clusters[:20])) == len(set(clusters[20:])) == 1
    assert clusters[0] != clusters[-1]


def numbers(classes):
    """A conditional generator that paints its label, with 3 latents beside."""
    latents, label = keras.Input((3,)), keras.Input((), dtype="int32")
    grey = keras.ops.reshape(keras.ops.cast(label, "float32") / classes, (-1, 1))
    pixels = keras.layers.Dense(784, kernel_initializer="zeros", use_bias=False)(latents)
    return keras.Model([latents, label], keras.layers.Reshape((28, 28, 1))(pixels + grey))


@pytest.mark.parametrize("distribution", ["normal", "uniform"])
def test_the_last_latent_chooses_the_label_as_often_as_it_was_counted(distribution):
    counts = np.array([0, 10, 60, 30, 0])
    generator = label_from_latent(numbers(5), counts, distribution)
    rng = np.random.default_rng(0)
    latents = rng.standard_normal((4000, 4)).astype("float32")
    if distribution == "uniform":
        latents = rng.uniform(-1, 1, (4000, 4)).astype("float32")
    images = generator.predict(latents, verbose=0)
    drawn = np.bincount(np.rint(5 * images[:, 0, 0, 0]).astype(int), minlength=5)
    np.testing.assert_allclose(drawn / 4000, counts / 100, atol=0.03)
    assert (drawn[counts == 0] == 0).all()


def test_the_other_latents_reach_the_generator_as_they_are(tmp_path):
    conditional, _ = make_conditional(*build(3, 0.0), classes=2)
    generator = label_from_latent(conditional, np.array([1, 1]))
    generator.save(tmp_path / "generator.keras")
    latents = np.random.default_rng(1).standard_normal((6, 4)).astype("float32")
    latents[:3, -1], latents[3:, -1] = -1, 1
    expected = conditional.predict([latents[:, :3], np.array([0, 0, 0, 1, 1, 1])], verbose=0)
    for model in (generator, load_generator(tmp_path / "generator.keras")):
        np.testing.assert_allclose(model.predict(latents, verbose=0), expected, atol=1e-6)


@pytest.fixture
def trained(request, digits_file, tmp_path, monkeypatch, quick_pictures):
    monkeypatch.chdir(tmp_path)
    recipe = {"networks": "mlp", "latent_dim": 4, "batch_size": 50, "jit_compile": False}
    settings = {"clusters": 5, "epochs": 1, "data": str(digits_file), "quiet": True, **recipe}
    settings["auxiliary_weight"] = getattr(request, "param", 0.0)
    return run(configure(**settings)), settings


@pytest.mark.parametrize("trained", [0.0, 0.5], indirect=True)
def test_a_run_leaves_a_generator_of_latents_alone(trained, tmp_path):
    composite, config = trained
    assert len(composite.inputs) == (1 if config["auxiliary_weight"] else 2)
    generator = keras.saving.load_model(tmp_path / "models" / "generator.keras")
    assert generator.predict(np.zeros((2, 4)), verbose=0).shape == (2, 28, 28, 1)
    settings = json.loads((tmp_path / "models" / "config.json").read_text())
    assert (settings["clusters"], settings["latent_dim"]) == (5, 4)
    assert settings["classes"] is None


@pytest.mark.parametrize("trained", [0.5], indirect=True)
def test_with_an_auxiliary_classifier_the_discriminator_takes_an_image_alone(trained, tmp_path):
    discriminator = keras.saving.load_model(tmp_path / "models" / "discriminator.keras")
    assert discriminator.predict(np.zeros((2, 28, 28, 1)), verbose=0).shape == (2, 1)


@pytest.mark.slow
@pytest.mark.parametrize("trained", [0.0, 0.5], indirect=True)
def test_a_run_is_resumed_with_its_clusters(trained, tmp_path):
    _, settings = trained
    assert main(["--resume", "--epochs", "2", "--quiet"]) == 0
    resumed = keras.saving.load_model(tmp_path / "models" / "generator.keras").get_weights()
    run(configure(**settings | {"epochs": 2}))
    unbroken = keras.saving.load_model(tmp_path / "models" / "generator.keras").get_weights()
    assert all(map(np.array_equal, resumed, unbroken))


def test_some_walks_stay_within_a_cluster():
    class AsRun:
        config = configure(clusters=5)
        labels = np.zeros(8)
        latents = np.random.default_rng(0).standard_normal((8, 100)).astype("float32")
        plots_dir = generator = None

    before = AsRun.latents.copy()
    starts, ends = (WalkPlot.for_run(AsRun).latents[n::2] for n in (0, 1))
    assert (starts[:, -1] == ends[:, -1]).tolist() == [True, True, False, False]
    np.testing.assert_array_equal(starts, before[::2])
    np.testing.assert_array_equal(AsRun.latents, before)


def test_clusters_need_enough_images(digits_file, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert main(["--data", str(digits_file), "--clusters", "50"]) == 2
    assert "200 images are too few for 50 clusters" in capsys.readouterr().err
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("other", [{"conditional": True}, {"latent_dim": 1}])
def test_clusters_are_for_runs_without_labels(other):
    with pytest.raises(UserError, match="clusters need two latents or more, and no labels"):
        configure(clusters=5, **other)


@pytest.mark.parametrize("distribution", ["normal", "uniform"])
def test_latents_choose_the_labels_that_they_are_asked_to(distribution):
    counts = np.array([0, 100, 600, 300, 0])
    labels = np.repeat(np.arange(5), counts)
    drawn = draw_latents(np.random.default_rng(0), 1000, 4, distribution)
    latents = choose_labels(drawn, labels, counts, distribution)
    chosen = keras.ops.convert_to_numpy(chosen_labels(latents, counts, distribution))
    np.testing.assert_array_equal(chosen, labels)
    np.testing.assert_array_equal(latents[:, :-1], drawn[:, :-1])
    parts = [0.05, 0.3, 0.7, 0.95]
    quantiles = (np.quantile(each[:, -1], parts) for each in (latents, drawn))
    np.testing.assert_allclose(*quantiles, atol=0.15)


def test_the_latents_of_a_training_are_a_little_nearer_to_zero():
    counts, labels = np.array([30, 70]), np.repeat([0, 1], [30, 70])
    classifier = keras.Sequential([keras.Input((28, 28, 1)), keras.layers.Flatten()])
    auxiliary = AuxiliaryClassifier(classifier, 0.1, counts)
    drawn = draw_latents(np.random.default_rng(0), 100, 4)
    before = drawn.copy()
    latents = auxiliary.ask_for(labels, drawn)
    np.testing.assert_array_equal(drawn, before)
    chosen = keras.ops.convert_to_numpy(chosen_labels(latents, counts))
    np.testing.assert_array_equal(chosen, labels)
    assert 0.9 < latents[:, :-1].std() / drawn[:, :-1].std() < 1


@pytest.mark.parametrize("reals_per_fake", [1, 2, 3])
def test_the_latents_of_a_step_ask_for_the_clusters_of_its_images(reals_per_fake, monkeypatch):
    """Fewer latents ask for clusters in the proportions of the batch, to within one."""
    labels = np.random.default_rng(0).integers(3, size=60)
    counts = np.bincount(labels)
    images = np.broadcast_to(labels[:, None, None, None] / 2, (60, 28, 28, 1)).astype("float32")
    config = configure(networks="mlp", clusters=3, auxiliary_weight=0.1, latent_dim=4)
    classifier = keras.Sequential([keras.Input((28, 28, 1)), keras.layers.Flatten()])
    composite = build_networks(config, 3, counts=counts, classifier=classifier)
    seen = []

    class Watching(loop.GanStep):
        def take(self, steps):
            for [(real, latents, _)], _ in steps:
                chosen = keras.ops.convert_to_numpy(chosen_labels(latents, counts))
                seen.append((chosen, np.rint(2 * real[:, 0, 0, 0])))
            return [{"g_loss": 0.0} for _ in steps]

    monkeypatch.setattr(loop, "GanStep", Watching)
    loop.train(composite, images, labels, epochs=2, batch_size=20, reals_per_fake=reals_per_fake)
    assert len(seen) == 6
    for chosen, real in seen:
        assert len(chosen) == [20, 10, 7][reals_per_fake - 1]
        if reals_per_fake == 1:
            np.testing.assert_array_equal(chosen, real)
        share = np.bincount(chosen, minlength=3) - np.bincount(real.astype(int)) * len(chosen) / 20
        assert np.abs(share).max() < 1


def test_no_label_is_favoured_when_some_are_taken():
    rng, labels = np.random.default_rng(0), np.array([1, 0, 1, 2, 1])
    taken = [in_proportion(labels, 3, rng) for _ in range(2000)]
    assert {len(some) for some in taken} == {3}
    expected = [3 / 5, 9 / 5, 3 / 5]
    np.testing.assert_allclose(np.bincount(np.ravel(taken)) / 2000, expected, atol=0.05)


def test_a_classifier_learns_clusters(digits):
    images, _ = digits
    clusters = (images.mean(axis=(1, 2, 3)) > images.mean()).astype("int32")
    images, clusters = np.tile(images, (10, 1, 1, 1)), np.tile(clusters, 10)
    classifier = classifier_of(images, clusters, 2)
    logits = classifier.predict(images / np.float32(255), verbose=0)
    assert (logits.argmax(axis=1) == clusters).mean() > 0.8


@pytest.mark.parametrize("networks", ["default", "dcgan", "mlp"])
def test_a_discriminator_that_is_told_nothing_gets_a_hidden_layer(networks, tmp_path):
    settings = {"networks": networks, "clusters": 5, "auxiliary_weight": 0.1}
    plain = build_networks(configure(networks=networks)).discriminator
    guided = build_networks(configure(**settings), classes=5).discriminator
    assert len(guided.trainable_variables) == len(plain.trainable_variables) + 2
    assert guided.output_shape == plain.output_shape
    plain.save(tmp_path / "discriminator.keras")
    own = configure(**settings, discriminator=str(tmp_path / "discriminator.keras"))
    own = build_networks(own, classes=5).discriminator
    assert all(map(np.array_equal, own.get_weights(), plain.get_weights()))


def test_clusters_are_for_the_default_networks_without_labels(tmp_path):
    (tmp_path / "network.keras").touch()
    file = str(tmp_path / "network.keras")
    assert (configure().clusters, configure().auxiliary_weight) == ("auto", 0.03)
    others = [{"networks": "mlp"}, {"generator": file}, {"discriminator": file}, {"clusters": 0}]
    for other in (*others, {"conditional": True}):
        config = configure(**other)
        assert (config.clusters, config.auxiliary_weight) == (0, 0)
        assert config.batch_size != configure().batch_size
    assert configure(networks="mlp", clusters=5).clusters == 5


@pytest.mark.parametrize(("n", "clusters"), [(2499, None), (2500, 10)])
def test_few_images_are_not_sorted(n, clusters, tmp_path, monkeypatch):
    monkeypatch.setattr(preparing, "cluster_images", lambda images, n, seed: np.arange(n))
    images = np.random.default_rng(0).integers(0, 256, (n, 28, 28), dtype="uint8")
    np.savez(tmp_path / "images.npz", x=images)
    config = configure(data=str(tmp_path / "images.npz"), auxiliary_weight=0.0, quiet=True)
    labels = preparing.prepare(config, None).labels
    assert (labels if labels is None else len(labels)) == clusters


def test_an_auxiliary_classifier_needs_clusters():
    with pytest.raises(UserError, match="auxiliary_weight is for runs with clusters"):
        configure(clusters=0, auxiliary_weight=0.1)
