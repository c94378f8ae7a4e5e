"""The film of a training, the walks, and the samples that are kept."""

import sys

import keras
import numpy as np
import pytest
from keras import layers
from PIL import Image, ImageSequence

from keras_gan import SampleFilm, WalkPlot, build_composite, draw_latents, interpolate, train
from keras_gan.cli import main
from keras_gan.data import to_bytes
from keras_gan.pictures.animation import save_gif, save_video

EPOCHS = [0, 1, 2, 10]


def growing_grids():
    """Grids of ever more white images, so that the order of frames can be read from them."""
    for white in (0, 20, 50, 100):
        grid = np.zeros((100, 28, 28, 1), "uint8")
        grid[:white] = 255
        yield grid


def white_share(frame):
    pixels = np.asarray(frame.convert("L"))[40:]
    return (pixels > 240).mean()


def label(frame):
    return np.asarray(frame.convert("L"))[:40] < 128


def test_the_gif_shows_each_epoch_in_order_with_its_number_and_loops(tmp_path):
    save_gif(EPOCHS, growing_grids(), tmp_path / "film.gif")
    film = Image.open(tmp_path / "film.gif")
    assert film.info["loop"] == 0
    frames = [frame.copy() for frame in ImageSequence.Iterator(film)]
    durations = [frame.info["duration"] for frame in ImageSequence.Iterator(film)]
    shares = [white_share(frame) for frame in frames]
    assert shares == pytest.approx([0, 0.18, 0.44, 0.88], abs=0.03)
    assert durations[-1] > durations[0] > 0
    labels = [label(frame) for frame in frames]
    assert all(drawn.any() for drawn in labels)
    assert len({drawn.tobytes() for drawn in labels}) == 4


def test_the_video_plays_each_epoch_in_order(tmp_path):
    imageio_ffmpeg = pytest.importorskip("imageio_ffmpeg")
    save_video(EPOCHS, growing_grids(), tmp_path / "film.mp4")
    assert [path.name for path in tmp_path.iterdir()] == ["film.mp4"]
    reader = imageio_ffmpeg.read_frames(str(tmp_path / "film.mp4"))
    about = next(reader)
    assert (about["codec"], about["pix_fmt"].split("(")[0]) == ("h264", "yuv420p")
    frames = [Image.frombytes("RGB", about["size"], frame) for frame in reader]
    shares = [white_share(frame) for frame in frames]
    assert shares[:4] == pytest.approx([0, 0.18, 0.44, 0.88], abs=0.04)
    assert shares[4:] == pytest.approx([0.88] * len(shares[4:]), abs=0.04)
    assert len(shares) > 4


def small_composite():
    keras.utils.set_random_seed(0)
    return build_composite(
        keras.Sequential(
            [keras.Input((4,)), layers.Dense(784, "sigmoid"), layers.Reshape((28, 28, 1))]
        ),
        keras.Sequential([keras.Input((28, 28, 1)), layers.Flatten(), layers.Dense(1)]),
    )


class Drawn(keras.callbacks.Callback):
    """What the generator draws after each epoch, by the way."""

    def __init__(self, latents):
        super().__init__()
        self.latents, self.images = latents, []

    def on_train_begin(self, logs=None):
        self.on_epoch_end(-1)

    def on_epoch_end(self, epoch, logs=None):
        self.images.append(to_bytes(self.model.generator.predict_on_batch(self.latents)))


@pytest.mark.parametrize(("every", "epochs"), [(1, [0, 1, 2, 3]), (2, [0, 2, 3])])
def test_the_samples_of_every_epoch_are_kept(every, epochs, digits, tmp_path):
    latents = draw_latents(np.random.default_rng(0), 100, 4)
    drawn = Drawn(latents)
    film = SampleFilm(tmp_path, tmp_path, latents, every)
    train(small_composite(), digits[0][:64], epochs=3, batch_size=32, callbacks=[drawn, film])
    with np.load(tmp_path / "samples.npz") as file:
        kept = dict(file)
    assert kept["epochs"].tolist() == epochs
    np.testing.assert_array_equal(kept["images"], np.array(drawn.images)[epochs])
    np.testing.assert_array_equal(kept["latents"], latents)
    assert Image.open(tmp_path / "training.gif").n_frames == len(epochs)
    assert Image.open(tmp_path / "progress_plot.png").height > 3 * len(epochs) * 28
    # any of them can be measured, as images from anywhere can
    with np.load(tmp_path / "samples" / "e000003.npz") as file:
        np.testing.assert_array_equal(file["x"], drawn.images[3])


def test_a_long_training_makes_a_film_of_a_hundred_moments(tmp_path, monkeypatch):
    panels = []
    monkeypatch.setattr(
        "keras_gan.callbacks.film.plot_progress", lambda *arguments: panels.append(arguments)
    )
    latents = np.zeros((10, 4), "float32")
    film = SampleFilm(tmp_path, tmp_path, latents)
    film.set_model(small_composite())
    film.set_params({})
    film.on_train_begin()
    film.on_epoch_begin(0)
    (tmp_path / "samples" / "e000000.npz").unlink()
    for epoch in range(400):
        np.savez(tmp_path / "samples" / f"e{epoch:06}.npz", x=np.full((10, 28, 28, 1), epoch % 255))
    film.epoch = 399
    film.on_train_end()
    assert 90 <= Image.open(tmp_path / "training.gif").n_frames <= 101
    with np.load(tmp_path / "samples.npz") as file:
        assert file["epochs"].tolist() == list(range(400))
    # ten moments of it, from the first to the last, of six points each
    moments, rows, _ = panels[-1]
    assert (moments[0], moments[-1], len(moments)) == (0, 399, 10)
    assert moments == sorted(moments)
    assert [row.shape for row in rows] == 10 * [(6, 28, 28, 1)]
    assert [row[0, 0, 0, 0] for row in rows] == [epoch % 255 for epoch in moments]


def test_walks_are_drawn(tmp_path):
    composite = small_composite()
    walks = WalkPlot(tmp_path, draw_latents(np.random.default_rng(0), 100, 4))
    walks.set_model(composite)
    walks.set_params({})
    walks.on_train_end()
    picture = Image.open(tmp_path / "interpolation_plot.png")
    assert picture.width > 10 * 3 * 28
    assert picture.height > 8 * 3 * 28


def test_a_walk_leads_from_one_point_to_the_other():
    rng = np.random.default_rng(0)
    start, end = rng.standard_normal((2, 100))
    for spherical in (False, True):
        walk = interpolate(start, end, 7, spherical)
        assert walk.shape == (7, 100)
        np.testing.assert_allclose(walk[[0, -1]], [start, end], rtol=1e-6)
        np.testing.assert_allclose(walk, interpolate(end, start, 7, spherical)[::-1], rtol=1e-5)
    straight = interpolate(start, end, 3)
    np.testing.assert_allclose(straight[1], (start + end) / 2, rtol=1e-6)


def test_a_spherical_walk_keeps_its_distance_and_its_pace():
    rng = np.random.default_rng(0)
    start, end = rng.standard_normal((2, 100))
    end *= np.linalg.norm(start) / np.linalg.norm(end)
    walk = interpolate(start, end, 9, spherical=True)
    np.testing.assert_allclose(np.linalg.norm(walk, axis=1), np.linalg.norm(start), rtol=1e-5)
    steps = np.linalg.norm(np.diff(walk, axis=0), axis=1)
    np.testing.assert_allclose(steps, steps[0], rtol=1e-4)
    # between points in one direction there is no arc
    np.testing.assert_allclose(interpolate(start, start, 4, True), [start] * 4, rtol=1e-6)


def test_latents_are_drawn_as_they_are_called():
    rng = np.random.default_rng(0)
    normal = draw_latents(rng, 10_000, 5)
    uniform = draw_latents(rng, 10_000, 5, "uniform")
    for latents, deviation in ((normal, 1), (uniform, 1 / np.sqrt(3))):
        assert (latents.shape, latents.dtype) == ((10_000, 5), "float32")
        assert latents.mean() == pytest.approx(0, abs=0.02)
        assert latents.std() == pytest.approx(deviation, rel=0.02)
    assert abs(uniform).max() <= 1
    assert abs(normal).max() > 3
    with pytest.raises(ValueError, match="gaussian"):
        draw_latents(rng, 1, 5, "gaussian")


@pytest.fixture
def folder(digits, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    np.savez("digits.npz", x=digits[0][:100, ..., 0])
    return tmp_path


QUICK = ["--data", "digits.npz", "--preset", "mlp", "--batch-size", "50", "--quiet"]


@pytest.mark.slow
def test_a_run_makes_a_video_and_writes_for_tensorboard(folder):
    pytest.importorskip("tensorboard")
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    arguments = ["--epochs", "3", "--plot-every", "2", "--video", "--tensorboard", "board"]
    assert main([*QUICK, *arguments]) == 0
    assert (folder / "plots" / "training.mp4").stat().st_size > 1000
    board = EventAccumulator(str(folder / "board" / "train"))
    board.Reload()
    events = board.Tensors("samples")
    assert [event.step for event in events] == [1]
    assert [event.step for event in board.Tensors("epoch_d_loss")] == [0, 1, 2]


@pytest.mark.parametrize(
    ("option", "package"),
    [("--video", "imageio_ffmpeg"), ("--tensorboard=board", "tensorboard")],
)
def test_a_package_that_is_missing_is_told_before_anything_is_done(
    option, package, folder, monkeypatch, capsys
):
    monkeypatch.setitem(sys.modules, package, None)  # any import of it fails
    before = sorted(folder.rglob("*"))
    assert main([*QUICK, option]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert "pip install" in line
    assert sorted(folder.rglob("*")) == before
