"""The command `generate`: data sets, pictures and films of a generator, and their cards."""

import csv
import errno
import gzip
import hashlib
import io
import json
import os
import shutil
import signal
import struct
import subprocess
import sys

import keras
import numpy as np
import pyarrow.parquet as pq
import pytest
from conftest import ROOT, content_of
from keras import layers
from mlxtend.data import loadlocal_mnist
from PIL import Image

from keras_gan import UserError, draw_latents, generate_images, load_data, load_generator
from keras_gan.cli import main
from keras_gan.generation import drawing, picking, pictures
from keras_gan.generation.digits import chosen_classes
from keras_gan.generation.outputs import CARD_MARK
from keras_gan.generation.pictures import folder_names
from keras_gan.networks.conditional import make_conditional

CLOTHES = ["T-shirt/top", "Trouser", "Pullover", "Sneaker"]
TEN = tuple("0123456789")


def small_generator(latent_dim=10):
    return keras.Sequential(
        [
            keras.Input((latent_dim,)),
            layers.Dense(784, activation="sigmoid", kernel_initializer="random_normal"),
            layers.Reshape((28, 28, 1)),
        ]
    )


def small_discriminator():
    return keras.Sequential([keras.Input((28, 28, 1)), layers.Flatten(), layers.Dense(1)])


def labelled_generator(classes):
    return make_conditional(small_generator(), small_discriminator(), classes)[0]


def drawing_real_digits(images):
    """A generator that draws each of some images equally often."""
    layer = layers.Dense(784, use_bias=False)
    model = keras.Sequential(
        [
            keras.Input((len(images),)),
            layers.Rescaling(1e5),
            layers.Softmax(),
            layer,
            layers.Reshape((28, 28, 1)),
        ]
    )
    layer.set_weights([images.reshape(len(images), -1) / 255])
    return model


@pytest.fixture(scope="module")
def models(tmp_path_factory, digits):
    folder = tmp_path_factory.mktemp("models")
    keras.utils.set_random_seed(0)
    small_generator().save(folder / "plain.keras")
    labelled_generator(10).save(folder / "labelled.keras")
    labelled_generator(len(CLOTHES)).save(folder / "clothes.keras")
    drawing_real_digits(digits[0]).save(folder / "real.keras")
    return folder


@pytest.fixture
def workplace(models, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for file in models.iterdir():
        shutil.copy(file, tmp_path)
    return tmp_path


def generate(*words):
    assert main(["generate", *map(str, words)]) == 0


# Readers that are not ours: each gives images `(n, 28, 28)` and labels or `None`.


def read_npz(path):
    with np.load(path, allow_pickle=False) as arrays:
        return arrays["x_train"], arrays.get("y_train")


def read_idx_array(path):
    content = (gzip.open if path.suffix == ".gz" else open)(path, "rb").read()
    dimensions = content[3]
    assert content[:3] == b"\0\0\x08"
    shape = struct.unpack(f">{dimensions}I", content[4 : 4 + 4 * dimensions])
    return np.frombuffer(content[4 + 4 * dimensions :], "uint8").reshape(shape)


def read_idx(path):
    labels = path.with_name(path.name.replace("images-idx3", "labels-idx1"))
    return read_idx_array(path), read_idx_array(labels) if labels.exists() else None


def read_parquet(path):
    table = pq.read_table(path).to_pydict()
    images = [np.asarray(Image.open(io.BytesIO(image["bytes"]))) for image in table["image"]]
    return np.stack(images), table.get("label") and np.array(table["label"])


def read_folder(path):
    files = sorted(path.rglob("*.png"), key=lambda file: file.name)
    images = np.stack([np.asarray(Image.open(file)) for file in files])
    names = [file.parent.name for file in files]
    return images, np.array(names, int) if files[0].parent != path else None


def read_grid(path, rows, n):
    pixels = np.asarray(Image.open(path))[::2, ::2]
    columns = (pixels.shape[1] + 2) // 30
    cells = [
        pixels[30 * row :, 30 * column :][:28, :28]
        for column in range(columns)
        for row in range(rows)
    ]
    return np.stack(cells[:n])


FORMATS = {
    "d.npz": read_npz,
    "train-images-idx3-ubyte": read_idx,
    "train-images-idx3-ubyte.gz": read_idx,
    "d.parquet": read_parquet,
    "folder": read_folder,
}


@pytest.mark.parametrize(
    ("model", "labels"),
    [("plain.keras", None), ("labelled.keras", range(10)), ("labelled.keras", [1, 3, 5])],
)
def test_every_format_holds_the_same_images(model, labels, workplace):
    options = ["--count", 50] + (["--digits", "1,3,5"] if labels == [1, 3, 5] else [])
    expected = None
    for name, read in FORMATS.items():
        generate(model, *options, "--output", name)
        images, found = read(workplace / name)
        expected = images if expected is None else expected
        assert images.shape == (50, 28, 28)
        np.testing.assert_array_equal(images, expected, name)
        if labels is None:
            assert found is None
        else:
            np.testing.assert_array_equal(found, np.resize(labels, 50), name)
        if read is read_parquet:
            continue
        again = load_data(data=name)
        assert len(again.images) == 50
        if read is not read_folder or labels is None:
            np.testing.assert_array_equal(again.images[..., 0], expected)
        if labels is not None:
            assert again.classes == tuple(map(str, labels))
    if labels is not None:
        generate(model, *options, "--output", "grid.png")
        grid = read_grid(workplace / "grid.png", len(labels), 50)
        np.testing.assert_array_equal(grid, expected)
    else:
        generate(model, *options, "--output", "grid.png")
        assert Image.open("grid.png").size == (2 * (8 * 30 - 2), 2 * (7 * 30 - 2))


def test_another_library_reads_idx(workplace):
    generate("labelled.keras", "--count", 20, "--output", "train-images-idx3-ubyte")
    generate("labelled.keras", "--count", 20, "--output", "d.npz")
    images, labels = loadlocal_mnist("train-images-idx3-ubyte", "train-labels-idx1-ubyte")
    expected_images, expected_labels = read_npz("d.npz")
    np.testing.assert_array_equal(images, expected_images.reshape(20, 784))
    np.testing.assert_array_equal(labels, expected_labels)


def test_hugging_face_reads_parquet_and_folders(workplace, monkeypatch):
    datasets = pytest.importorskip("datasets")
    (workplace / "config.json").write_text(json.dumps({"classes": CLOTHES}))
    generate("clothes.keras", "--count", 20, "--output", "clothes.parquet")
    generate("clothes.keras", "--count", 20, "--output", "clothes.npz")
    loaded = datasets.load_dataset(
        "parquet", data_files="clothes.parquet", split="train", cache_dir="cache"
    )
    assert loaded.features["label"].names == CLOTHES
    assert isinstance(loaded[0]["image"], Image.Image)
    images, labels = read_npz("clothes.npz")
    np.testing.assert_array_equal(np.stack([np.asarray(x) for x in loaded["image"]]), images)
    np.testing.assert_array_equal(loaded["label"], labels)
    generate("labelled.keras", "--count", 20, "--output", "folder")
    loaded = datasets.load_dataset(
        "imagefolder", data_dir="folder", split="train", cache_dir="cache"
    )
    assert loaded.features["label"].names == list(TEN)


def test_parquet_tells_names_and_images(workplace):
    (workplace / "config.json").write_text(json.dumps({"classes": CLOTHES}))
    generate("clothes.keras", "--count", 8, "--digits", "sneaker", "--output", "d.parquet")
    schema = pq.read_schema("d.parquet")
    features = json.loads(schema.metadata[b"huggingface"])["info"]["features"]
    assert features["image"] == {"_type": "Image"}
    assert features["label"] == {"names": CLOTHES, "_type": "ClassLabel"}
    assert str(schema.field("label").type) == "int64"
    assert pq.read_table("d.parquet")["label"].to_pylist() == [3] * 8
    paths = [image["path"] for image in pq.read_table("d.parquet")["image"].to_pylist()]
    assert paths[:2] == ["000000.png", "000001.png"]


def test_names_of_classes_go_where_there_is_room_for_them(workplace):
    (workplace / "config.json").write_text(json.dumps({"classes": CLOTHES}))
    generate("clothes.keras", "--count", 8, "--output", "named.npz")
    with np.load("named.npz", allow_pickle=False) as arrays:
        assert arrays["class_names"].tolist() == CLOTHES
        assert arrays["y_train"].dtype == np.uint8
    generate("clothes.keras", "--count", 8, "--output", "folder")
    assert load_data(data="folder").classes == ("Pullover", "Sneaker", "T-shirt_top", "Trouser")
    generate("labelled.keras", "--count", 8, "--output", "numbered.npz")  # 10 classes, not 4
    with np.load("numbered.npz") as arrays:
        assert set(arrays) == {"x_train", "y_train"}


def test_folders_of_classes_differ_on_any_system():
    assert folder_names(("a/b", "A_B", "..")) == ["0 a_b", "1 A_B", "2 _"]
    assert folder_names(("readme.md", "b")) == ["0 readme.md", "1 b"]
    assert folder_names(TEN) == list(TEN)


def test_the_seed_decides_and_the_count_does_not(workplace):
    for count in (100, 1234):
        generate("labelled.keras", "--count", count, "--seed", 3, "--output", f"{count}.npz")
    few, many = (read_npz(f"{count}.npz") for count in (100, 1234))
    np.testing.assert_array_equal(many[0][:100], few[0])
    np.testing.assert_array_equal(many[1], np.arange(1234) % 10)
    before = (workplace / "1234.npz").read_bytes()
    generate("labelled.keras", "--count", 1234, "--seed", 3, "--output", "1234.npz")
    assert (workplace / "1234.npz").read_bytes() == before
    generate("labelled.keras", "--count", 100, "--seed", 4, "--output", "other.npz")
    assert (read_npz("other.npz")[0] != few[0]).mean() > 0.5
    generate("plain.keras", "--count", 100, "--output", "all.npz")
    generate("plain.keras", "--count", 100, "--truncation", 0.5, "--output", "near.npz")
    near, varied = (read_npz(name)[0].std(axis=0).mean() for name in ("near.npz", "all.npz"))
    assert near < 0.9 * varied


def test_images_are_what_the_generator_draws_of_the_latents(workplace):
    generate("plain.keras", "--count", 700, "--seed", 5, "--output", "d.npz")
    latents = draw_latents(np.random.default_rng(5), 700, 10)
    images = load_generator("plain.keras").predict(latents, batch_size=50, verbose=0)
    difference = read_npz("d.npz")[0] - np.rint(255 * images[..., 0])
    assert np.abs(difference).max() <= 1


def test_from_python_images_come_batch_by_batch(workplace):
    batches = list(generate_images(load_generator("labelled.keras"), 1200, labels=[3, 8]))
    assert [len(images) for images, _ in batches] == [500, 500, 200]
    assert batches[0][0].shape == (500, 28, 28, 1)
    assert batches[0][0].dtype == np.uint8
    assert batches[2][1].tolist() == [3, 8] * 100
    [(images, labels)] = generate_images(load_generator("plain.keras"), 5)
    assert (len(images), labels) == (5, None)


@pytest.mark.parametrize(
    ("digits", "names", "labels"),
    [
        ("7", TEN, [7]),
        (" 7 ", TEN, [7]),
        ("0-4", TEN, [0, 1, 2, 3, 4]),
        ("3 - 3", TEN, [3]),
        ("1,3,5", TEN, [1, 3, 5]),
        ("5,1", TEN, [5, 1]),
        ("0-2,1,9", TEN, [0, 1, 2, 9]),
        ("even", TEN, list(range(10))),
        ("EVEN", ("a", "b"), [0, 1]),
        ("sneaker", CLOTHES, [3]),
        ("Trouser, t-shirt/TOP", CLOTHES, [1, 0]),
        ("0-2,sneaker", CLOTHES, [0, 1, 2, 3]),
        ("cat, big", ("dog", "cat, big"), [1]),
        ("3", ("2", "3", "10"), [1]),
        ("3-10", ("2", "3", "10"), [1, 2]),
        ("07", TEN, [7]),
    ],
)
def test_the_words_of_digits(digits, names, labels):
    assert chosen_classes(digits, names) == labels


@pytest.mark.parametrize(
    ("digits", "names"),
    [("10", TEN), ("8-10", TEN), ("boot", CLOTHES), ("4", CLOTHES), ("4", ("2", "10"))],
)
def test_an_unknown_class_is_told(digits, names):
    with pytest.raises(UserError, match="there is no class"):
        chosen_classes(digits, names)


def test_digits_without_labels_are_picked_by_the_classifier(workplace, digits, capsys):
    generate("real.keras", "--digits", "3,8", "--count", 101, "--output", "d.npz")
    err = capsys.readouterr().err
    assert err.count("\n") == 1
    assert "takes no labels: digits are picked by the classifier mnist-1" in err
    images, labels = read_npz("d.npz")
    assert labels.tolist() == ([3, 8] * 51)[:101]
    for image, label in zip(images, labels, strict=True):
        nearest = np.abs(digits[0][..., 0] - image.astype(float)).sum(axis=(1, 2)).argmin()
        assert digits[1][nearest] == label
    generate("real.keras", "--digits", "3,8", "--count", 40, "--output", "few.npz")
    np.testing.assert_array_equal(read_npz("few.npz")[0], images[:40])
    generate("real.keras", "--digits", "even", "--count", 20, "--output", "folder")
    assert load_data(data="folder").classes == TEN
    assert "picked by the classifier mnist-1" in (workplace / "folder/README.md").read_text()


def test_a_common_digit_waits_for_a_rare_one_in_little_memory(digits, monkeypatch):
    from keras_gan.evaluation.classifier import digits_yardstick

    monkeypatch.setattr(picking, "MAX_WAITING", 30)
    common, rare = digits[0][digits[1] == 1], digits[0][digits[1] == 2]
    batch = np.concatenate([*[common] * 10, rare[:10]])
    picked = picking.pick(iter([(batch, None)] * 9), [1, 2], digits_yardstick())
    labels = np.concatenate([labels for _, labels in picked])
    assert labels.tolist() == [1, 2] * (len(labels) // 2) + [1] * (len(labels) % 2)
    assert 40 < len(labels) <= 181


def test_a_digit_that_never_comes_is_told(workplace, digits, monkeypatch, capsys):
    monkeypatch.setattr(picking, "MAX_TRIES", 1000)
    drawing_real_digits(digits[0][digits[1] != 8]).save("no_eights.keras")
    before = content_of(workplace)
    arguments = ["no_eights.keras", "--digits", "7-8", "--output", "d.npz"]
    assert main(["generate", *arguments]) == 2
    assert "no 8 that mnist-1 is 95% sure of came among 1,000" in capsys.readouterr().err
    assert content_of(workplace) == before


@pytest.mark.parametrize("truncation", [0.01, 0.5, 1, 3, 100])
def test_truncated_latents_keep_their_distribution_within_bounds(truncation):
    latents = draw_latents(np.random.default_rng(0), 500, 20, truncation=truncation)
    assert latents.shape == (500, 20)
    assert latents.dtype == np.float32
    assert np.abs(latents).max() <= truncation
    assert abs(latents.mean()) < 0.05 * truncation
    every = draw_latents(np.random.default_rng(0), 500, 20)
    inside = np.abs(every) <= truncation
    np.testing.assert_array_equal(latents[inside], every[inside])
    if truncation == 1:  # the standard deviation of a normal distribution cut off there
        assert latents.std() == pytest.approx(0.5396, rel=0.03)
    uniform = draw_latents(np.random.default_rng(0), 500, 20, "uniform", min(truncation, 1))
    assert np.abs(uniform).max() <= min(truncation, 1)


def frames_of(path):
    with Image.open(path) as film:
        frames = []
        for index in range(film.n_frames):
            film.seek(index)
            frames.append(np.asarray(film.convert("L"), float))
        return np.stack(frames), film.info


def jumps(frames):
    """How far each frame is from the one before; the first, from the last."""
    return np.abs(frames - np.roll(frames, 1, axis=0)).mean(axis=(1, 2))


@pytest.mark.slow
def test_a_walk_ends_where_it_began(workplace):
    generate("plain.keras", "--walk", "--output", "w.gif")
    generate("labelled.keras", "--walk", "--digits", "1,3", "--output", "classes.gif")
    generate("labelled.keras", "--walk", "--digits", "4", "--output", "four.gif")
    for name, n in (("w.gif", 96), ("classes.gif", 48), ("four.gif", 96)):
        frames, info = frames_of(name)
        assert frames.shape == (n, 3 * 148, 3 * 148)
        assert info["loop"] == 0
        steps = jumps(frames)
        assert steps.min() > 0
        assert steps[0] < 2 * np.median(steps)
    assert not list(workplace.glob("*.md"))


@pytest.mark.slow
def test_a_walk_as_a_video(workplace, capsys):
    import imageio_ffmpeg

    generate("labelled.keras", "--walk", "--output", "w.mp4")
    assert "96 frames" in capsys.readouterr().out
    assert imageio_ffmpeg.count_frames_and_secs("w.mp4")[0] == 96


CONFIG = {
    "preset": "default",
    "seed": 7,
    "dataset": "mnist",
    "data": None,
    "source": "mnist, through keras.datasets",
    "latent_distribution": "uniform",
    "classes": list(TEN),
}


def write_history(folder, *rows):
    with open(folder / "history.csv", "w", newline="") as file:
        writer = csv.DictWriter(file, ["epoch", "d_loss", "fid", "coverage"])
        writer.writeheader()
        writer.writerows(rows)


def test_a_data_card_tells_what_the_images_are(workplace):
    shutil.copy("labelled.keras", "generator.keras")
    (workplace / "config.json").write_text(json.dumps(CONFIG))
    write_history(
        workplace,
        {"epoch": 1, "d_loss": 1, "fid": 99, "coverage": 0.1},
        {"epoch": 2, "d_loss": 1, "fid": 1.5, "coverage": 0.875},
    )
    options = ["--count", 1500, "--digits", "0-4", "--truncation", 0.5, "--seed", 9]
    generate("generator.keras", *options, "--output", "t-images-idx3-ubyte.gz")
    card = (workplace / "t-images-idx3-ubyte.gz.README.md").read_text()
    front = card.split("---\n")[1].splitlines()
    assert "license: cc-by-sa-3.0" in front
    assert "- image-classification" in front
    assert "- 1K<n<10K" in front
    assert "- synthetic" in front
    for name in ("t-images-idx3-ubyte.gz", "t-labels-idx1-ubyte.gz", "generator.keras"):
        assert hashlib.sha256((workplace / name).read_bytes()).hexdigest() in card
    for words in (
        "1,500 grey images of 28x28 pixels of 5 classes",
        "| preset | default |",
        "| its seed | 7 |",
        "| trained on | mnist, through keras.datasets |",
        "| classes | 0, 1, 2, 3, 4 |",
        "| seed | 9 |",
        "| latents | uniform |",
        "| truncation | 0.5 |",
        f"keras {keras.__version__}",
        "Measured after epoch 2",
        "coverage: real images that are near a sample: 0.875",
        "python main.py generate generator.keras --count 1500 --digits 0-4 --seed 9 "
        "--truncation 0.5 --latent-distribution uniform --output t-images-idx3-ubyte.gz",
        "python main.py evaluate --audit generator.keras",
        "MNIST, by Yann LeCun and others, is under CC BY-SA 3.0",
    ):
        assert words in card, words


def test_a_card_tells_no_more_than_is_known(workplace):
    config = CONFIG | {"data": "mine.npz", "source": "mine.npz"}
    (workplace / "config.json").write_text(json.dumps(config))
    write_history(workplace, {"epoch": 1, "fid": 99})
    generate("plain.keras", "--count", 3, "--output", "d.npz")
    card = (workplace / "d.npz.README.md").read_text()
    assert "license: unknown" in card
    assert "see the source, mine.npz" in card
    assert "- unconditional-image-generation" in card
    assert "- n<1K" in card
    assert "FID" not in card  # the history is that of generator.keras


@pytest.mark.parametrize(
    ("name", "fid"),
    [("generator", 4), ("generator_e002", 2), ("generator_best", 1), ("generator_e003", None)],
)
def test_scores_are_those_of_the_file(name, fid, tmp_path):
    from keras_gan.generation.origin import read_origin

    rows = [{"epoch": epoch, "fid": fid} for epoch, fid in ((1, 1), (2, 2), (3, ""), (4, 4))]
    write_history(tmp_path, *rows)
    (tmp_path / f"{name}.keras").touch()
    scores = read_origin(tmp_path / f"{name}.keras").scores()
    assert (scores and scores["fid"]) == fid


@pytest.mark.skipif(shutil.which("sha256sum") is None, reason="there is no sha256sum")
@pytest.mark.parametrize("model", ["plain.keras", "labelled.keras"])
def test_the_checksum_of_a_folder_can_be_checked(model, workplace):
    generate(model, "--count", 30, "--output", "folder")
    card = (workplace / "folder" / "README.md").read_text()
    [command] = [line for line in card.splitlines() if line.startswith("find ")]
    printed = subprocess.run(
        command, shell=True, cwd="folder", check=True, capture_output=True, text=True
    ).stdout
    assert printed.split()[0] in card


BROKEN = [
    "no JSON",
    "[1, 2]",
    "[" * 100_000,
    '{"latent_distribution": "cauchy", "classes": ["a"]}',
    '{"latent_distribution": ["normal"], "classes": {"a": 1}, "yardstick": 3}',
    json.dumps({"classes": [*"abcdefgh", "H", "i"], "source": ["x"], "seed": True}),
    json.dumps({"classes": [1] * 10, "yardstick": {"name": 4}}),
    json.dumps({"classes": [""] * 10}),
]


@pytest.mark.parametrize("text", BROKEN, ids=range(len(BROKEN)))
def test_a_broken_config_counts_as_none(text, workplace):
    (workplace / "config.json").write_text(text)
    (workplace / "history.csv").write_bytes(b"epoch,fid\n1,\xff\n")
    generate("labelled.keras", "--count", 10, "--digits", "9", "--output", "d.npz")
    assert read_npz("d.npz")[1].tolist() == [9] * 10
    (workplace / "history.csv").write_text("epoch,fid\n1,x\n2\n")
    (workplace / "config.json").unlink()
    (workplace / "config.json").mkdir()
    generate("labelled.keras", "--count", 10, "--output", "d.npz")


def test_the_last_line_tells_where_and_how_fast(workplace, capsys):
    generate("labelled.keras", "--count", 30, "--output", "d.npz")
    out, err = capsys.readouterr()
    assert out.startswith("d.npz: 30 images of 10 classes, ")
    assert out.endswith(" a second\n")
    assert out.count("\n") == 1
    assert err == ""


def test_a_terminal_shows_progress_unless_it_should_not(workplace, capsys, monkeypatch):
    monkeypatch.setattr(type(sys.stderr), "isatty", lambda self: True, raising=False)
    generate("plain.keras", "--count", 30, "--output", "d.npz")
    out, err = capsys.readouterr()
    assert out.count("\n") == 1
    assert "30/30" in err
    generate("plain.keras", "--count", 30, "--output", "d.npz", "--quiet")
    assert capsys.readouterr().err == ""


@pytest.fixture
def mistaken(workplace):
    content = (workplace / "plain.keras").read_bytes()
    (workplace / "words.keras").write_text("no model")
    (workplace / "short.keras").write_bytes(content[: len(content) // 2])
    (workplace / "plain.h5").write_bytes(content)
    (workplace / "folder.keras").mkdir()
    small_discriminator().save("discriminator.keras")
    keras.Sequential(
        [keras.Input((10,)), layers.Dense(784, activation="tanh"), layers.Reshape((28, 28, 1))]
    ).save("centered.keras")
    (workplace / "full").mkdir()
    (workplace / "full" / "thesis.tex").touch()
    (workplace / "file").touch()
    (workplace / "d.npz.README.md").write_text("my notes")
    (workplace / "mine.npz").write_text("my own")
    (workplace / "fashion").mkdir()
    shutil.copy("plain.keras", "fashion")
    config = {"dataset": "fashion_mnist", "data": None, "yardstick": None}
    (workplace / "fashion" / "config.json").write_text(json.dumps(config))
    (workplace / "a.npz").mkdir()
    os.link("plain.keras", "same.npz")
    (workplace / "stale-labels-idx1-ubyte").touch()
    os.mkfifo("pipe.png")
    (workplace / "clothes").mkdir()
    shutil.copy("plain.keras", "clothes")
    (workplace / "clothes" / "config.json").write_text('{"yardstick": {"name": "data-1"}}')
    return workplace


MISTAKES = [
    ("--output x.npz", "required: MODEL"),
    ("plain.keras", "required: --output"),
    ("absent.keras --output x.npz", "absent.keras: no such file"),
    ("folder.keras --output x.npz", "folder.keras: is a folder"),
    ("plain.h5 --output x.npz", "expected a generator, a file .keras"),
    ("words.keras --output x.npz", "is no Keras model"),
    ("short.keras --output x.npz", "is no Keras model"),
    ("discriminator.keras --output x.npz", "expected a generator from (None, latent_dim)"),
    ("centered.keras --output x.npz", "expected a generator of values from 0 to 1"),
    ("centered.keras --output x", "expected a generator of values from 0 to 1"),
    ("plain.keras --count 0 --output x.npz", "count must be a whole number from 1"),
    ("plain.keras --count -5 --output x.npz", "count must be a whole number from 1"),
    ("plain.keras --count 100000001 --output x.npz", "count must be a whole number from 1"),
    ("plain.keras --count ten --output x.npz", "invalid int value: 'ten'"),
    ("plain.keras --count 1.5 --output x.npz", "invalid int value"),
    ("plain.keras --seed -1 --output x.npz", "seed must be a whole number from 0"),
    ("plain.keras --seed 4294967296 --output x.npz", "seed must be a whole number from 0"),
    ("plain.keras --truncation 0 --output x.npz", "truncation must be a number from 0.01"),
    ("plain.keras --truncation -1 --output x.npz", "truncation must be a number from 0.01"),
    ("plain.keras --truncation nan --output x.npz", "truncation must be a number"),
    ("plain.keras --truncation inf --output x.npz", "truncation must be a number"),
    ("plain.keras --truncation x --output x.npz", "invalid float value"),
    (
        "plain.keras --truncation 2 --latent-distribution uniform --output x.npz",
        "truncation must be at most 1 for uniform",
    ),
    ("plain.keras --latent-distribution cauchy --output x.npz", "invalid choice: 'cauchy'"),
    ("labelled.keras --digits , --output x.npz", "has an empty item"),
    ("labelled.keras --digits 1,,2 --output x.npz", "has an empty item"),
    ("labelled.keras --digits 4-1 --output x.npz", "4-1 runs backwards; write 1-4"),
    ("labelled.keras --digits 10 --output x.npz", "there is no class '10'"),
    ("labelled.keras --digits 5-12 --output x.npz", "there is no class '5-12'"),
    ("labelled.keras --digits -1 --output x.npz", "there is no class '-1'"),
    ("labelled.keras --digits sneaker --output x.npz", "there is no class 'sneaker'"),
    ("plain.keras --digits 12 --output x.npz", "there is no class '12'"),
    ("clothes/plain.keras --digits 1 --output x.npz", "is not known to draw digits"),
    ("plain.keras --output x.txt", "x.txt: expected the name of a folder"),
    ("plain.keras --output x.keras", "x.keras: expected the name of a folder"),
    ("plain.keras --output x.idx3-ubyte", "ends in -images-idx3-ubyte"),
    ("plain.keras --output x-labels-idx1-ubyte", "ends in -images-idx3-ubyte"),
    ("plain.keras --output x-images-idx3-ubyte.zip", "ends in -images-idx3-ubyte"),
    ("plain.keras --output plain.keras", "plain.keras: expected the name of a folder"),
    ("plain.keras --output same.npz", "same.npz: is the generator itself"),
    ("plain.keras --output absent/x.npz", "absent/x.npz: cannot be written there"),
    ("plain.keras --output absent/x", "absent/x: cannot be made there"),
    ("plain.keras --output absent/x-images-idx3-ubyte", "cannot be written there"),
    ("plain.keras --output file", "file: is a file"),
    ("plain.keras --output file/x", "file/x: cannot be made there"),
    ("plain.keras --output full", "full: is not empty"),
    ("plain.keras --output .", ".: is not empty"),
    ("plain.keras --output a.npz", "cannot be written there"),
    ("plain.keras --output pipe.png", "pipe.png: is not a plain file"),
    ("plain.keras --output d.npz", "d.npz.README.md: is there, and not known to be"),
    ("plain.keras --output mine.npz", "mine.npz: is there, and not known to be of this program"),
    ("fashion/plain.keras --digits 1 --output x.npz", "is not known to draw digits"),
    ("plain.keras --output stale-images-idx3-ubyte", "stale-labels-idx1-ubyte: is there, and"),
    (f"plain.keras --output {'x' * 300}.npz", "cannot be written there"),
    (f"plain.keras --output {'x' * 300}", "cannot be"),
    ("plain.keras --count 1001 --output x.png", "room for 1,000 images, not 1,001"),
    ("plain.keras --output x.gif", "x.gif: a film shows a walk; add --walk"),
    ("plain.keras --walk --output x.npz", "x.npz: a walk is a film"),
    ("plain.keras --walk --output x", "x: a walk is a film"),
    ("plain.keras --walk --count 5 --output x.gif", "leave out --count"),
    ("plain.keras --walk --digits 3 --output x.gif", "takes no labels, so a walk cannot"),
    ("labelled.keras --walk --digits 11 --output x.gif", "there is no class '11'"),
    ("plain.keras --walk --output absent/x.gif", "cannot be written there"),
    ("plain.keras --output x.npz --colour", "unrecognized arguments: --colour"),
    ("plain.keras x.npz", "required: --output"),
]


@pytest.mark.parametrize(("arguments", "said"), MISTAKES)
def test_a_mistake_is_one_line_and_changes_nothing(arguments, said, mistaken, capfd):
    before = sorted(os.listdir(mistaken)), (mistaken / "plain.keras").read_bytes()
    assert main(["generate", *arguments.split()]) == 2
    out, err = capfd.readouterr()
    assert out == ""
    lines = [line for line in err.splitlines() if "are picked by" not in line]
    assert len(lines) == 1, err
    assert said in lines[0]
    assert before == (sorted(os.listdir(mistaken)), (mistaken / "plain.keras").read_bytes())
    assert os.listdir("full") == ["thesis.tex"]
    assert (mistaken / "d.npz.README.md").read_text() == "my notes"


def test_an_empty_name_and_the_current_folder_are_refused(workplace, capsys):
    assert main(["generate", "plain.keras", "--output", ""]) == 2
    (workplace / "here").mkdir()
    os.chdir("here")
    assert main(["generate", "../plain.keras", "--output", "."]) == 2
    err = capsys.readouterr().err
    assert "the name is empty" in err
    assert "is the folder that you are in" in err


def test_what_is_missing_is_told_with_what_to_install(workplace, capsys, monkeypatch):
    for name in [name for name in sys.modules if name.split(".")[0] == "pyarrow"]:
        monkeypatch.setitem(sys.modules, name, None)
    assert main(["generate", "plain.keras", "--output", "x.parquet"]) == 2
    assert "install it with: pip install pyarrow" in capsys.readouterr().err
    monkeypatch.setitem(sys.modules, "imageio_ffmpeg", None)
    assert main(["generate", "plain.keras", "--walk", "--output", "x.mp4"]) == 2
    assert "pip install imageio-ffmpeg" in capsys.readouterr().err


def test_mistakes_are_found_before_keras_is_imported(workplace):
    code = f"""
import sys
sys.path.insert(0, {str(ROOT)!r})
from keras_gan.cli import main
for words in (
    "plain.keras --count 0 --output x.npz", "plain.keras --output x.txt",
    "plain.keras --digits 4-1 --output x.npz", "plain.keras --output absent/x.parquet",
    "plain.keras --walk --output absent/x.mp4", "plain.keras --count 5000 --output x.png",
    "labelled.keras --truncation 0 --output x.npz", "absent.keras --output x.npz",
):
    assert main(["generate", *words.split()]) == 2
assert not {{"keras", "tensorflow"}} & set(sys.modules)
"""
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert ended.returncode == 0, ended.stderr


@pytest.mark.parametrize("name", [*FORMATS, "grid.png", "existing"])
@pytest.mark.parametrize("signum", [signal.SIGINT, signal.SIGTERM])
def test_a_stop_half_way_leaves_nothing(name, signum, workplace, capsys, monkeypatch, request):
    (workplace / "existing").mkdir()
    for file in ("d.npz", "train-images-idx3-ubyte"):
        (workplace / file).write_text("old")
        (workplace / f"{file}.README.md").write_text(CARD_MARK)
    before = content_of(workplace)
    draw = drawing.draw
    drawn = iter(range(10**6))

    def draw_until_stopped(*arguments):
        images = draw(*arguments)
        if next(drawn) == 1:
            os.kill(os.getpid(), signum)
        return images

    monkeypatch.setattr(drawing, "draw", draw_until_stopped)
    before_test = signal.signal(signal.SIGINT, signal.default_int_handler)  # not so in a shell's &
    request.addfinalizer(lambda: signal.signal(signal.SIGINT, before_test))
    count = "1000" if name == "grid.png" else "100000"
    arguments = ["plain.keras", "--count", count, "--output", name]
    assert main(["generate", *arguments]) == 128 + signum
    out, err = capsys.readouterr()
    assert out == ""
    assert f"stopped by {signum.name}; the same command gives the same images again" in err
    assert content_of(workplace) == before


def test_what_a_killed_process_left_is_removed(workplace):
    (workplace / ".folder.tmp" / "0").mkdir(parents=True)
    (workplace / ".folder.tmp" / "0" / "000000.png").touch()
    (workplace / ".d.tmp.npz").write_text("half")
    (workplace / "folder").mkdir()
    generate("labelled.keras", "--count", 10, "--output", "folder")
    generate("labelled.keras", "--count", 10, "--output", "d.npz")
    assert not list(workplace.glob(".*"))
    assert len(read_folder(workplace / "folder")[0]) == 10


@pytest.mark.parametrize("name", ["folder", "d.parquet"])
def test_a_full_disk_leaves_nothing(name, workplace, capsys, monkeypatch):
    before = content_of(workplace)
    numbers = iter(range(100))

    def full(image):
        if next(numbers) == 20:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return b"a picture"

    monkeypatch.setattr(pictures, "png_bytes", full)
    monkeypatch.setattr("keras_gan.generation.parquet.png_bytes", full)
    assert main(["generate", "plain.keras", "--count", "50", "--output", name]) == 1
    err = capsys.readouterr().err
    assert err.count("\n") == 1
    assert "No space left on device" in err
    assert content_of(workplace) == before
