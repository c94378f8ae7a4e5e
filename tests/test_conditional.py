"""Networks that are told which class to draw, and which class they see."""

import dataclasses
import json

import keras
import numpy as np
import pytest
from keras import layers

from keras_gan import (
    Dataset,
    Penalty,
    UserError,
    build_composite,
    configure,
    draw_samples,
    evaluate,
    load_data,
    load_generator,
    make_conditional,
    train,
)
from keras_gan.cli import main
from keras_gan.evaluation import usefulness
from keras_gan.evaluation.samples import load_source, samples_from
from keras_gan.gan.auxiliary import AuxiliaryClassifier
from keras_gan.gan.step import GanStep
from keras_gan.networks.clustered import label_from_latent
from keras_gan.networks.conditional import classes_of, walk_between_classes
from keras_gan.pictures.grids import titled_mosaic
from keras_gan.registry import LOSSES, NETWORKS

LATENT_DIM = 4
QUICK = ["--networks", "mlp", "--batch-size", "50", "--no-jit-compile", "--quiet"]


def small_networks():
    generator = keras.Sequential(
        [
            keras.Input((LATENT_DIM,)),
            layers.Dense(6, use_bias=False),
            layers.BatchNormalization(),
            layers.Dense(784, "sigmoid"),
            layers.Reshape((28, 28, 1)),
        ],
        name="generator",
    )
    discriminator = keras.Sequential(
        [keras.Input((28, 28, 1)), layers.Flatten(), layers.Dense(5, "tanh"), layers.Dense(1)],
        name="discriminator",
    )
    return generator, discriminator


def small_composite(classes=3, **settings):
    settings = {"optimizer": "sgd", "learning_rate": 0.1, "penalty": 0, **settings}
    return build_composite(*make_conditional(*small_networks(), classes), **settings)


def inputs(n, classes=3, latent_dim=LATENT_DIM):
    rng = np.random.default_rng(n)
    latents = rng.standard_normal((n, latent_dim), dtype="float32")
    return [latents, np.arange(n, dtype="int32") % classes]


def changed(model, before):
    return [not np.array_equal(a, b) for a, b in zip(model.get_weights(), before, strict=True)]


@pytest.mark.every_backend
def test_each_update_changes_its_own_network_alone():
    composite = small_composite()
    generator, discriminator = composite.generator, composite.discriminator
    (latents, labels), targets = inputs(6), np.repeat([[1], [0]], 6, axis=0).astype("float32")
    images = np.random.default_rng(0).uniform(size=(6, 28, 28, 1)).astype("float32")
    before = generator.get_weights(), discriminator.get_weights()
    composite.penalized_discriminator.train_on_batch(([images, labels], 1 - images), targets)
    assert not any(changed(generator, before[0]))
    assert all(changed(discriminator, before[1]))
    before = generator.get_weights(), discriminator.get_weights()
    composite.train_on_batch([latents, labels], targets[:6])
    assert all(changed(generator, before[0]))
    assert not any(changed(discriminator, before[1]))


@pytest.mark.parametrize("name", NETWORKS)
def test_all_networks_can_be_told_the_class(name):
    pair = make_conditional(*NETWORKS[name](LATENT_DIM, 0.0), 3)
    composite = build_composite(*pair, penalty=0, jit_compile=False)
    latents, labels = inputs(6)
    images = composite.generator.predict_on_batch([latents, labels])
    assert images.shape == (6, 28, 28, 1)
    assert composite.predict_on_batch([latents, labels]).shape == (6, 1)
    others = composite.generator.predict_on_batch([latents, (labels + 1) % 3])
    assert abs(images - others).max(axis=(1, 2, 3)).min() > 1e-6
    assert classes_of(composite.generator) == classes_of(composite.discriminator) == 3


@pytest.mark.parametrize(
    "loss",
    [
        pytest.param(loss, marks=[pytest.mark.every_backend] if loss == "wgan-gp" else [])
        for loss in LOSSES
    ],
)
def test_every_loss_trains_with_its_penalty(loss, digits):
    composite = small_composite(classes=10, loss=loss, penalty=None, learning_rate=0.001)
    history = train(composite, *digits, epochs=1, batch_size=50).history
    assert np.isfinite([history["d_loss"], history["g_loss"]]).all()


class Seen(Penalty):
    """Keeps what the discriminator says of images that are given to it again and again."""

    def __init__(self):
        super().__init__(1.0)
        self.outputs = []

    def call(self, discriminator, real_images, fake_images):
        images = keras.ops.concatenate([real_images, fake_images, real_images[:2]])
        outputs = discriminator(images)
        self.outputs.append(keras.ops.convert_to_numpy(outputs))
        return outputs[:-2], 0.0


@pytest.mark.on_tensorflow
@pytest.mark.parametrize("reals_per_fake", [1, 2])
def test_every_image_is_seen_with_its_own_label(reals_per_fake):
    """Both kinds of images have their label written in them; the discriminator compares."""
    latent, image = keras.Input((LATENT_DIM,)), keras.Input((28, 28, 1))
    label = keras.Input((), dtype="int32")

    def written(label):
        return layers.Reshape((1,))(keras.ops.cast(label, "float32") / 10)

    pixels = layers.Dense(784, kernel_initializer="zeros", use_bias=False)(latent)
    painted = layers.Reshape((28, 28, 1))(pixels + written(label))
    read = layers.GlobalAveragePooling2D()(image) - written(label)
    logit = layers.Dense(1, kernel_initializer="ones", use_bias=False)(read)
    generator, discriminator = (
        keras.Model([inputs, label], outputs)
        for inputs, outputs in ((latent, painted), (image, logit))
    )
    seen = Seen()
    composite = build_composite(generator, discriminator, penalty=seen, learning_rate=1e-9)
    composite.run_eagerly = composite.penalized_discriminator.run_eagerly = True
    labels = np.random.default_rng(0).integers(5, size=12)
    images = np.broadcast_to(labels[:, None, None, None] / 10, (12, 28, 28, 1)).astype("float32")
    train(composite, images, labels, epochs=1, batch_size=4, reals_per_fake=reals_per_fake)
    assert len(seen.outputs) == 3
    # 4 real images, 4 or 2 generated ones, and 2 of the former again
    for outputs in seen.outputs:
        assert outputs.shape == (6 + 4 // reals_per_fake, 1)
        np.testing.assert_allclose(outputs, 0, atol=1e-5)


@pytest.mark.parametrize("loss", ["bce", pytest.param("wgan-gp", marks=pytest.mark.slow)])
def test_one_call_and_separate_calls_give_the_same_weights(loss, digits):
    moves = []
    for in_one_call in (True, False):
        keras.utils.set_random_seed(0)
        composite = small_composite(loss=loss, penalty=None, learning_rate=0.01)
        step, rng = GanStep(composite, in_one_call), np.random.default_rng(1)
        before, (latents, labels) = composite.get_weights(), inputs(6)
        images = digits[0][:6] / np.float32(255)
        penalty = composite.penalized_discriminator.penalty
        step([([images, labels], [latents, labels], penalty.draw(rng, images))], [latents, labels])
        after = composite.get_weights()
        moves.append(np.concatenate([(a - b).ravel() for a, b in zip(after, before, strict=True)]))
    assert np.linalg.norm(moves[0] - moves[1]) < 0.02 * np.linalg.norm(moves[1])


@pytest.mark.parametrize(
    "form",
    [
        "one layer",
        "model in a model",
        "model in the middle",
        "branches",
        "convolution at the end",
        "activation at the end",
    ],
)
def test_networks_of_ones_own_can_be_told_the_class(form):
    generator, discriminator = small_networks()
    latent, image = keras.Input((LATENT_DIM,)), keras.Input((28, 28, 1))
    if form == "one layer":
        drawn = layers.Dense(784, "sigmoid", kernel_initializer="random_normal")
        generator = keras.Sequential([latent, drawn, layers.Reshape((28, 28, 1))])
    elif form == "model in a model":
        generator = keras.Sequential([latent, layers.Rescaling(2.0), generator])
        discriminator = keras.Sequential([image, layers.Rescaling(2.0), discriminator])
    elif form == "model in the middle":
        generator = keras.Sequential([latent, generator, layers.Rescaling(0.5)])
    elif form == "activation at the end":
        x = layers.Dense(5, "relu")(layers.Flatten()(image))
        discriminator = keras.Model(image, layers.Activation("linear")(layers.Dense(1)(x)))
    elif form == "branches":
        x = layers.Dense(784)(latent)
        x = layers.Add()([layers.Dense(784)(x), x])
        generator = keras.Model(latent, layers.Reshape((28, 28, 1))(keras.ops.sigmoid(x)))
    else:
        x = layers.Conv2D(1, 7, strides=7)(image)
        x = layers.Conv2D(1, 4)(layers.LeakyReLU()(x))
        discriminator = keras.Model(image, layers.Reshape((1,))(x))
    latents, labels = inputs(6)
    before = generator.predict_on_batch(latents)
    composite = build_composite(*make_conditional(generator, discriminator, 3), penalty=0)
    drawn = composite.generator.predict_on_batch([latents, labels])
    assert drawn.shape == before.shape
    assert 0 <= drawn.min() < drawn.max() <= 1
    assert abs(drawn - before).max(axis=(1, 2, 3)).min() > 1e-6
    if form == "activation at the end":  # what the label is compared with is more than the logit
        assert composite.discriminator.get_layer("features").kernel.shape[0] == 5
    composite.train_on_batch([latents, labels], np.ones((6, 1)))
    moved = composite.discriminator.get_weights()
    composite.discriminator.train_on_batch([drawn, labels], np.zeros((6, 1)))
    assert any(changed(composite.discriminator, moved))


def test_what_cannot_be_told_the_class_is_refused():
    generator, discriminator = small_networks()
    pair = make_conditional(generator, discriminator, 3)
    assert make_conditional(*pair, 3) == pair
    with pytest.raises(UserError, match="made for 3 classes, but the images have 4"):
        make_conditional(*pair, 4)
    with pytest.raises(ValueError, match="both networks to take labels, or neither"):
        build_composite(pair[0], discriminator, penalty=0)
    without_dense = keras.Sequential(
        [keras.Input((784,)), layers.Reshape((28, 28, 1)), layers.Conv2D(1, 3, padding="same")]
    )
    latent = keras.Input((784,))
    twice = layers.Dense(784)(latent) * latent
    past = keras.Model(latent, layers.Reshape((28, 28, 1))(twice))
    for network in (without_dense, past):
        with pytest.raises(UserError, match="must begin with a Dense layer"):
            make_conditional(network, discriminator, 3)
    images = np.zeros((8, 28, 28, 1), "uint8")
    with pytest.raises(ValueError, match="needs labels"):
        train(small_composite(), images, batch_size=4)
    with pytest.raises(ValueError, match=r"takes none.*epochs=5"):
        train(build_composite(*small_networks(), penalty=0), images, 5, batch_size=4)
    with pytest.raises(ValueError, match="a whole number as the label of each of 8"):
        train(small_composite(), images, np.zeros(7, int), batch_size=4)
    for labels in ([0, 1, 2, 3] * 2, [-1] * 8):
        with pytest.raises(UserError, match="whole numbers from 0 to 2"):
            train(small_composite(), images, np.array(labels), batch_size=4)
    for generator, labels in ((pair[0], None), (small_networks()[0], 1), (pair[0], 3)):
        with pytest.raises(UserError, match="labels"):
            draw_samples(generator, 100, labels=labels)


def test_a_walk_leads_from_one_class_to_the_other():
    generator, _ = make_conditional(*small_networks(), 3)
    latents, _ = inputs(1)
    images = walk_between_classes(generator, latents[0], 2, 0, steps=5)
    for image, label in ((images[0], 2), (images[-1], 0)):
        expected = generator.predict_on_batch([latents, np.array([label])])
        np.testing.assert_allclose(image, expected[0], atol=1e-5)
    assert abs(np.diff(images, axis=0)).max(axis=(1, 2, 3)).min() > 1e-6


def test_rows_have_names():
    images = np.zeros((20, 28, 28, 1), "uint8")
    plain = titled_mosaic(images, "", columns=10, zoom=2)
    named = titled_mosaic(images, "", columns=10, zoom=2, row_names=["shirt", "ankle boot"])
    assert named.width > plain.width + 60
    assert named.width % 2 == 0
    left = np.asarray(named)[:, : named.width - plain.width]
    upper, lower = left[48:108], left[108:]
    assert (upper < 128).sum() > 20
    assert (lower < 128).sum() > (upper < 128).sum()


@pytest.fixture(scope="module")
def run_folder(digits, tmp_path_factory):
    """A conditional run of two epochs, on images of named classes, some held out."""
    folder = tmp_path_factory.mktemp("conditional")
    names = np.array([f"digit {number}" for number in range(10)])
    images, labels = digits
    arrays = {"x_train": images, "y_train": labels, "x_test": images[::2], "y_test": labels[::2]}
    np.savez(folder / "digits.npz", **arrays, class_names=names)
    with pytest.MonkeyPatch.context() as monkeypatch:
        monkeypatch.chdir(folder)
        settings = ["--epochs", "2", "--evaluate-every", "1", *QUICK]
        assert main(["--conditional", "--data", "digits.npz", *settings]) == 0
    return folder


def test_a_run_leaves_a_generator_that_takes_labels(run_folder, monkeypatch):
    monkeypatch.chdir(run_folder)
    generator = keras.saving.load_model("models/generator.keras")
    latents, labels = inputs(6, 10, generator.inputs[0].shape[1])
    assert generator([latents, labels]).shape == (6, 28, 28, 1)
    assert classes_of(load_generator("models/generator.keras")) == 10  # of built-in layers
    config = json.loads((run_folder / "models" / "config.json").read_text())
    assert config["conditional"] is True
    assert config["classes"] == [f"digit {number}" for number in range(10)]
    with np.load("models/samples.npz") as samples:
        assert samples["images"].shape == (3, 100, 28, 28, 1)
        assert samples["labels"].tolist() == np.repeat(range(10), 10).tolist()
        again = generator.predict_on_batch([samples["latents"], samples["labels"]])
        np.testing.assert_allclose(samples["images"][-1], again * 255, atol=1.5)
    assert "label_accuracy" in (run_folder / "models" / "history.csv").read_text()
    for picture in ("interpolation_plot.png", "progress_plot.png", "training.gif", "report.html"):
        assert (run_folder / "plots" / picture).exists()


def test_it_is_evaluated_by_label(run_folder, digits, monkeypatch, capsys):
    monkeypatch.chdir(run_folder)
    arguments = ["models/generator.keras", "--data", "digits.npz", "--samples", "200"]
    assert main(["evaluate", *arguments, "--json", "s.json", "--plot", "s.png"]) == 0
    scores = json.loads((run_folder / "s.json").read_text())["scores"]
    assert scores["label accuracy"]["real"] > 0.95
    assert 0 <= scores["label accuracy"]["value"] < 0.6  # after two epochs
    assert "digit 9: " in capsys.readouterr().out
    np.savez("few.npz", x=digits[0][:120], y=digits[1][:120])
    assert main(["evaluate", "models/generator.keras", "--data", "few.npz"]) == 2
    said = "few.npz: has 6 classes, and the generator draws 10"
    assert said in capsys.readouterr().err


@pytest.mark.slow
def test_it_is_trained_further_from_its_files(
    run_folder, digits_file, tmp_path, monkeypatch, capsys
):
    monkeypatch.chdir(tmp_path)
    models = run_folder / "models"
    files = ["--generator", models / "generator.keras", "--discriminator"]
    files = [*map(str, files), str(models / "discriminator.keras")]
    arguments = ["--data", str(digits_file), "--epochs", "1", "--batch-size", "50", "--quiet"]
    assert main([*arguments, *files, "--conditional"]) == 0
    assert main([*arguments, *files]) == 2
    assert "add --conditional" in capsys.readouterr().err


def test_it_changes_our_own_recipe_alone():
    config = configure(conditional=True)
    assert (config.clusters, config.auxiliary_weight, config.batch_size) == (0, 0, 64)
    assert configure(conditional=True, batch_size=32).batch_size == 32
    plain = configure("dcgan")
    assert configure("dcgan", conditional=True) == dataclasses.replace(plain, conditional=True)


@pytest.mark.parametrize(
    ("labels", "said"),
    [(None, "found no labels"), (np.full(200, 4), "found one class alone")],
)
def test_images_without_classes_are_refused(labels, said, digits, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    arrays = {} if labels is None else {"y": labels}
    np.savez("digits.npz", x=digits[0], **arrays)
    assert main(["--conditional", "--data", "digits.npz", *QUICK]) == 2
    assert said in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["digits.npz"]


def test_a_run_is_not_resumed_with_other_labels(run_folder, digits, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(run_folder)
    np.savez(tmp_path / "turned.npz", x=digits[0], y=digits[1][::-1])
    data = ["--data", str(tmp_path / "turned.npz")]
    assert main(["--resume", "--quiet", *data]) == 2
    assert "other labels" in capsys.readouterr().err


@pytest.mark.slow
def test_while_training_held_out_images_are_not_looked_at(
    digits, tmp_path, monkeypatch, quick_pictures
):
    """Whatever they are, the figures and the best generator stay the same."""
    outcomes = []
    for name, held_out in (("digits", digits[0][:100]), ("noise", 255 - digits[0][:100])):
        (tmp_path / name).mkdir()
        monkeypatch.chdir(tmp_path / name)
        arrays = {"x_train": digits[0], "y_train": digits[1]}
        np.savez("digits.npz", **arrays, x_test=held_out, y_test=digits[1][:100])
        settings = ["--epochs", "1", "--evaluate-every", "1", *QUICK]
        assert main(["--data", "digits.npz", *settings]) == 0
        history = (tmp_path / name / "models" / "history.csv").read_text()
        outcomes.append((history, (tmp_path / name / "models" / "real_metrics.json").read_text()))
    assert "fid" in outcomes[0][0]
    assert outcomes[0] == outcomes[1]


def labelled_scores(samples, labels, digits):
    """With each image often enough for a class to be measured on its own."""
    images, values, samples, labels = (
        np.repeat(array, 5, axis=0) for array in (*digits, samples, labels)
    )
    dataset = Dataset(images, values, "digits", images, values)
    return evaluate(samples, dataset, labels=labels).scores


@pytest.mark.slow
def test_scores_by_label_tell_what_is_wrong(digits):
    images, labels = digits
    scores = labelled_scores(images, labels, digits)
    assert scores["label accuracy"].value == scores["label accuracy"].reference > 0.95
    assert scores["worst class FID"].value == pytest.approx(0, abs=1e-6)
    scores = labelled_scores(images, (labels + 1) % 10, digits)
    assert scores["label accuracy"].value < 0.05
    collapsed = images.copy()
    collapsed[labels == 3] = images[labels == 3][0]
    scores = labelled_scores(collapsed, labels, digits)
    for name in ("worst class FID", "worst class coverage"):
        assert scores[name].meaning == "within class 3"
    assert scores["worst class coverage"].value < 0.5


@pytest.mark.slow
def test_a_classifier_learns_from_what_is_labelled_right(digits, monkeypatch):
    monkeypatch.setattr(usefulness, "EPOCHS", 4)
    images, labels = (np.repeat(array, 6, axis=0) for array in digits)
    dataset = Dataset(images, labels, "digits", *digits)
    exchanged = np.where(labels < 5, (labels + 1) % 5, labels)  # half of them are wrong
    score = usefulness.classification_accuracy(images, exchanged, dataset)
    assert score.reference > 0.7
    assert 0.3 < score.value < 0.6
    with pytest.raises(UserError, match="a class has no generated images"):
        usefulness.classification_accuracy(digits[0], np.zeros(200, int), dataset)


@pytest.mark.slow
def test_labels_may_have_gaps_and_generated_ones_find_their_class(
    digits, tmp_path, monkeypatch, quick_pictures
):
    """Images of 3, 5 and 8: the generator's classes are 0, 1 and 2, with these names."""
    monkeypatch.chdir(tmp_path)
    some = np.isin(digits[1], [3, 5, 8])
    images, labels = np.repeat(digits[0][some], 4, axis=0), np.repeat(digits[1][some], 4)
    np.savez("digits.npz", x_train=images, y_train=labels, x_test=images, y_test=labels)
    settings = ["--epochs", "1", "--evaluate-every", "1", *QUICK]
    assert main(["--conditional", "--data", "digits.npz", *settings]) == 0
    config = json.loads((tmp_path / "models" / "config.json").read_text())
    assert config["classes"] == ["3", "5", "8"]
    options = ["--count", "200", "--digits", "5,8", "--output", "drawn.npz"]
    assert main(["generate", "models/generator.keras", *options, "--quiet"]) == 0
    with np.load("drawn.npz") as drawn:
        assert set(drawn["y_train"]) == {1, 2}
        assert drawn["class_names"].tolist() == ["3", "5", "8"]
    real = Dataset(images, labels, "digits", images, labels)
    _, found = samples_from(load_source(tmp_path / "drawn.npz"), 200, real)
    assert set(found) == {1, 2}
    scores = labelled_scores(images, np.searchsorted([3, 5, 8], labels), (images, labels))
    assert scores["label accuracy"].value > 0.95


def test_names_of_classes_must_differ(digits, tmp_path):
    for names in (["a"] * 10, [*"abcdefghi", " "], ["a", "b"]):
        np.savez(tmp_path / "digits.npz", x=digits[0], y=digits[1], class_names=names)
        with pytest.raises(UserError, match="class_names"):
            load_data(data=tmp_path / "digits.npz")


def mean_grey():
    """A classifier that sees class 1 in an image that is light on average, else class 0."""
    image = keras.Input((28, 28, 1))
    logits = layers.Dense(2)(layers.GlobalAveragePooling2D()(image))
    classifier = keras.Model(image, logits)
    classifier.set_weights([np.array([[-20.0, 20.0]]), np.array([10.0, -10.0])])
    return classifier


@pytest.mark.every_backend
def test_an_auxiliary_classifier_keeps_images_to_what_their_latents_ask_for():
    keras.utils.set_random_seed(0)
    conditional, _ = make_conditional(*small_networks(), classes=2)
    _, discriminator = small_networks()
    counts, classifier = np.array([1, 1]), mean_grey()
    latent_dim = LATENT_DIM + 1
    auxiliary = AuxiliaryClassifier(classifier, 10.0, counts)
    generator = label_from_latent(conditional, counts)
    composite = build_composite(generator, discriminator, auxiliary=auxiliary, jit_compile=False)
    before = classifier.get_weights()
    images = np.random.default_rng(0).integers(0, 256, (640, 28, 28, 1), dtype="uint8")
    history = train(composite, images, epochs=4, batch_size=32).history
    assert max(history["g_loss"]) < 5  # with the classifier's part, almost 7 at first
    latents = np.random.default_rng(1).standard_normal((200, latent_dim)).astype("float32")
    seen = generator.predict(latents, verbose=0).mean(axis=(1, 2, 3)) > 0.5
    assert (seen == (latents[:, -1] > 0)).mean() > 0.9
    assert all(map(np.array_equal, before, classifier.get_weights()))
