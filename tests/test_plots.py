"""The pictures, read back."""

import numpy as np
import pytest
from PIL import Image

from keras_gan import (
    build_composite,
    build_discriminator,
    build_generator,
    plot_curves,
    plot_images,
    plot_model,
)
from keras_gan.pictures.optional import OptionalPicture

FIREBRICK, FOREST_GREEN = (178, 34, 34), (34, 139, 34)


def read(path):
    return np.asarray(Image.open(path).convert("RGB"))


def test_a_grid_shows_each_image_in_its_place_white_on_black(tmp_path):
    images = np.zeros((100, 28, 28, 1), "uint8")
    images[37, 14, 14] = 255
    plot_images(np.zeros_like(images), tmp_path / "black.png", "A title")
    plot_images(images, tmp_path / "dot.png", "A title")
    black, dot = read(tmp_path / "black.png"), read(tmp_path / "dot.png")
    rows, columns = np.nonzero((black != dot).any(axis=-1))
    assert (dot[rows, columns] == 255).all()
    assert (black[rows, columns] == 0).all()
    assert len(rows) == 9
    height, width = dot.shape[:2]
    assert int(columns.mean() / width * 10) == 7
    assert int((rows.mean() - 48) / (height - 60) * 10) == 3


def test_a_grid_of_floats_is_that_of_bytes(digits, tmp_path):
    plot_images(digits[0][:7], tmp_path / "bytes.png", columns=3)
    plot_images(digits[0][:7] / np.float32(255), tmp_path / "floats.png", columns=3)
    difference = read(tmp_path / "bytes.png").astype(int) - read(tmp_path / "floats.png")
    assert abs(difference).max() <= 1


def test_a_title_is_drawn(tmp_path):
    images = np.zeros((4, 28, 28, 1))
    plot_images(images, tmp_path / "with.png", "Epoch 1", columns=2)
    plot_images(images, tmp_path / "without.png", columns=2)
    assert (read(tmp_path / "with.png") != read(tmp_path / "without.png")).any()


@pytest.mark.parametrize("epochs", [1, 2, 3, 150])
def test_epochs_are_marked_with_whole_numbers(tmp_path, monkeypatch, epochs):
    figures = []
    monkeypatch.setattr(
        "keras_gan.pictures.plots.save_figure", lambda figure, path: figures.append(figure)
    )
    plot_curves({"a": [0.5] * epochs}, tmp_path / "a.png", {"a": "a"}, title="", y_label="")
    axes = figures[0].axes[0]
    left, right = axes.get_xlim()
    ticks = [tick for tick in axes.get_xticks() if left <= tick <= right]
    assert ticks
    assert all(tick == round(tick) for tick in ticks)


@pytest.mark.parametrize("epochs", [1, 2, 150])
def test_curves_of_any_length(tmp_path, epochs):
    history = {"a": np.linspace(1, 0, epochs).tolist(), "b": [0.5] * epochs}
    labels = {"a": "first", "b": "second"}
    plot_curves(history, tmp_path / "curves.png", labels, "Title", "unit", (0.7, "reference"))
    assert read(tmp_path / "curves.png").shape == (500, 800, 3)


def test_drawing_a_picture_again_takes_at_most_half_a_percent_of_the_time(monkeypatch):
    now = [0.0]
    monkeypatch.setattr("time.monotonic", lambda: now[0])
    picture = OptionalPicture("picture")
    assert picture.due
    with picture:
        now[0] = 2.0
    assert not picture.due
    now[0] = 399.0
    assert not picture.due
    now[0] = 400.0
    assert picture.due


def count(picture, colour):
    return (picture == colour).all(axis=-1).sum()


def test_diagrams_show_the_discriminator_frozen_in_the_composite_alone(tmp_path):
    composite = build_composite(build_generator(), build_discriminator())
    for name, model in (
        ("generator", composite.generator),
        ("discriminator", composite.discriminator),
        ("gan", composite),
    ):
        plot_model(model, tmp_path / f"{name}.png")
    generator, discriminator, gan = (
        read(tmp_path / f"{name}.png") for name in ("generator", "discriminator", "gan")
    )
    assert count(generator, FIREBRICK) == count(discriminator, FIREBRICK) == 0
    assert count(gan, FIREBRICK) > 1000
    assert count(gan, FOREST_GREEN) == pytest.approx(count(generator, FOREST_GREEN), rel=0.05)
    assert composite.discriminator.trainable
