"""Every source of images, what is kept of it, and what is said of a wrong one."""

import contextlib
import gzip
import os
import pathlib
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import threading

import keras
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from keras_gan import UserError, load_data
from keras_gan.data import sources, to_bytes, to_unit_range

URL_ERROR = Exception("URL fetch failure on https://example.org: None -- [Errno -2] Name unknown")


def idx_bytes(array):
    header = struct.pack(f">HBB{array.ndim}I", 0, 8, array.ndim, *array.shape)
    return header + array.astype("uint8").tobytes()


def save_images(folder, images):
    folder.mkdir(parents=True)
    for index, image in enumerate(images):
        Image.fromarray(image[..., 0]).save(folder / f"{index:03}.png")


def test_npz_in_keras_layout(digits, digits_file):
    dataset = load_data(data=digits_file)
    np.testing.assert_array_equal(dataset.images, digits[0])
    np.testing.assert_array_equal(dataset.labels, digits[1])
    assert dataset.images.shape == (200, 28, 28, 1)
    assert dataset.images.dtype == np.uint8
    assert str(digits_file) in dataset.source


@pytest.mark.parametrize(
    "convert",
    [
        lambda images: images,
        lambda images: images[..., 0].astype("int32"),
        lambda images: images / np.float64(255),
        lambda images: images.astype("float32"),
    ],
)
def test_npz_with_x_in_any_usual_type(digits, tmp_path, convert):
    np.savez_compressed(tmp_path / "x.npz", x=convert(digits[0]))
    dataset = load_data(data=str(tmp_path / "x.npz"))
    np.testing.assert_array_equal(dataset.images, digits[0])
    assert dataset.labels is None


@pytest.mark.parametrize("dtype", [bool, "uint8", "int64", "float32"])
def test_binary_images_become_black_and_white(tmp_path, dtype):
    np.savez(tmp_path / "x.npz", x=np.eye(28, dtype=dtype)[None])
    dataset = load_data(data=tmp_path / "x.npz")
    np.testing.assert_array_equal(dataset.images[0, ..., 0], 255 * np.eye(28))


@pytest.mark.parametrize("compress", [lambda content: content, gzip.compress])
@pytest.mark.parametrize("dot", ["-", "."])
def test_idx_with_the_labels_beside_it(digits, tmp_path, compress, dot):
    images = tmp_path / f"train-images{dot}idx3-ubyte"
    images.write_bytes(compress(idx_bytes(digits[0][..., 0])))
    assert load_data(data=images).labels is None
    labels = tmp_path / f"train-labels{dot}idx1-ubyte"
    labels.write_bytes(compress(idx_bytes(digits[1])))
    dataset = load_data(data=images)
    np.testing.assert_array_equal(dataset.images, digits[0])
    np.testing.assert_array_equal(dataset.labels, digits[1])


def test_held_out_images_are_read_too(digits, tmp_path):
    images, labels = digits
    np.savez(
        tmp_path / "both.npz",
        x_train=images[:9],
        y_train=labels[:9],
        x_test=images[9:14],
        y_test=labels[9:14],
    )
    (tmp_path / "train-images-idx3-ubyte").write_bytes(idx_bytes(images[:9, ..., 0]))
    (tmp_path / "t10k-images-idx3-ubyte").write_bytes(idx_bytes(images[9:14, ..., 0]))
    (tmp_path / "t10k-labels-idx1-ubyte").write_bytes(idx_bytes(labels[9:14]))
    for name in ("both.npz", "train-images-idx3-ubyte"):
        dataset = load_data(data=tmp_path / name)
        np.testing.assert_array_equal(dataset.images, images[:9])
        np.testing.assert_array_equal(dataset.test_images, images[9:14])
        np.testing.assert_array_equal(dataset.test_labels, labels[9:14])


def test_folder_of_images(digits, tmp_path):
    save_images(tmp_path / "flat", digits[0][:5])
    (tmp_path / "flat" / "notes.txt").write_text("not an image")
    save_images(tmp_path / "flat" / ".thumbnails", digits[0][:2])
    dataset = load_data(data=tmp_path / "flat")
    np.testing.assert_array_equal(dataset.images, digits[0][:5])
    assert dataset.labels is None


def test_folder_with_a_sub_folder_for_each_class(digits, tmp_path):
    save_images(tmp_path / "classes" / "zero", digits[0][:3])
    save_images(tmp_path / "classes" / "one", digits[0][20:22])
    dataset = load_data(data=tmp_path / "classes")
    np.testing.assert_array_equal(dataset.images, digits[0][[20, 21, 0, 1, 2]])
    assert [dataset.class_names[label] for label in dataset.labels] == ["one"] * 2 + ["zero"] * 3


def test_colour_images_become_grey(tmp_path):
    (tmp_path / "colour").mkdir()
    Image.new("RGB", (28, 28), (200, 200, 200)).save(tmp_path / "colour" / "a.png")
    assert (load_data(data=tmp_path / "colour").images == 200).all()


def test_scaling_there_and_back(digits):
    scaled = to_unit_range(digits[0])
    assert scaled.dtype == np.float32
    assert scaled.min() == 0
    assert scaled.max() == 1
    np.testing.assert_array_equal(to_bytes(scaled), digits[0])


def test_mnist_through_keras(digits, monkeypatch):
    loaded = (digits[0][..., 0], digits[1]), (digits[0][:50, ..., 0], digits[1][:50])
    monkeypatch.setattr(keras.datasets.mnist, "load_data", lambda: loaded)
    dataset = load_data("mnist")
    np.testing.assert_array_equal(dataset.images, digits[0])
    np.testing.assert_array_equal(dataset.test_images, digits[0][:50])
    np.testing.assert_array_equal(dataset.test_labels, digits[1][:50])


def fail():
    raise URL_ERROR


def test_without_network_mnist_falls_back_to_the_embedded_digits(monkeypatch):
    monkeypatch.setattr(keras.datasets.mnist, "load_data", fail)
    with pytest.warns(UserWarning, match=r"all 60,000.*--data") as warned:
        dataset = load_data("mnist")
    assert dataset.images.shape == (5000, 28, 28, 1)
    assert np.bincount(dataset.labels).tolist() == [500] * 10
    assert dataset.test_images is None
    assert "\n" not in str(warned[0].message)


def test_a_download_that_hangs_is_given_up(monkeypatch):
    never = threading.Event()
    monkeypatch.setattr(sources, "REACH_SECONDS", 0.05)
    monkeypatch.setattr(keras.datasets.mnist, "load_data", never.wait)
    monkeypatch.setattr("urllib.request.urlopen", lambda request: never.wait())
    with pytest.warns(UserWarning, match="could not be downloaded"):
        assert len(load_data("mnist").images) == 5000
    never.set()


def test_a_slow_download_goes_on_where_the_host_answers(digits, monkeypatch):
    answered = threading.Event()

    class Answer:
        def close(self):
            answered.set()

    def load_slowly():
        answered.wait()
        return digits, digits

    monkeypatch.setattr(sources, "REACH_SECONDS", 0.05)
    monkeypatch.setattr(keras.datasets.mnist, "load_data", load_slowly)
    monkeypatch.setattr("urllib.request.urlopen", lambda request: Answer())
    assert len(load_data("mnist").images) == 200


def test_without_network_fashion_mnist_says_so(monkeypatch):
    monkeypatch.setattr(keras.datasets.fashion_mnist, "load_data", fail)
    with pytest.raises(UserError, match=r"fashion_mnist could not be downloaded.*--data"):
        load_data("fashion_mnist")


@contextlib.contextmanager
def alarm(seconds):
    """Ends what hangs: a named pipe that is opened waits for a writer, for ever."""

    def ring(signum, frame):
        raise TimeoutError(f"took more than {seconds} s")

    before = signal.signal(signal.SIGALRM, ring)
    signal.alarm(seconds)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


def refusal(path):
    """The one line in which a path is refused, at once."""
    with alarm(5), pytest.raises(UserError) as refused:
        load_data(data=path)
    assert "\n" not in str(refused.value)
    return str(refused.value)


needs_pipes = pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="the system has no named pipes")


@needs_pipes
def test_a_named_pipe_is_refused_at_once(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    assert refusal(tmp_path / "pipe").startswith(f"{tmp_path / 'pipe'}: is a named pipe")
    (tmp_path / "link.npz").symlink_to("pipe")
    assert "link.npz: is a named pipe" in refusal(tmp_path / "link.npz")


@needs_pipes
def test_a_socket_and_a_device_are_refused_at_once(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)  # the path of a socket must be short
    with socket.socket(socket.AF_UNIX) as server:
        server.bind("socket")
        assert refusal("socket").startswith("socket: is a socket")
    for device in ("/dev/zero", "/dev/null"):
        assert refusal(device).startswith(f"{device}: is a device")


@needs_pipes
def test_a_named_pipe_among_images_is_refused_at_once(digits, tmp_path):
    save_images(tmp_path / "flat", digits[0][:2])
    os.mkfifo(tmp_path / "flat" / "pipe.png")
    assert "pipe.png: is a named pipe" in refusal(tmp_path / "flat")
    save_images(tmp_path / "classes" / "one", digits[0][:2])
    os.mkfifo(tmp_path / "classes" / "one" / "pipe.png")
    assert "pipe.png: is a named pipe" in refusal(tmp_path / "classes")


@needs_pipes
@pytest.mark.parametrize("name", ["train-labels-idx1-ubyte", "t10k-images-idx3-ubyte"])
def test_a_named_pipe_in_place_of_labels_or_held_out_images_is_refused_at_once(
    name, digits, tmp_path
):
    images = tmp_path / "train-images-idx3-ubyte"
    images.write_bytes(idx_bytes(digits[0][..., 0]))
    os.mkfifo(tmp_path / name)
    assert f"{name}: is a named pipe" in refusal(images)


@needs_pipes
def test_a_named_pipe_that_has_nothing_to_do_with_the_images_is_no_matter(digits, tmp_path):
    save_images(tmp_path / "classes" / "one", digits[0][:2])
    os.mkfifo(tmp_path / "classes" / "pipe")
    os.mkfifo(tmp_path / "classes" / "one" / "pipe")
    assert len(load_data(data=tmp_path / "classes").images) == 2


def test_data_is_imported_without_keras_matplotlib_or_pillow():
    code = "import sys, keras_gan.data; print(*sys.modules)"
    out = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert not {"keras", "matplotlib", "PIL", "urllib.request"} & set(out.stdout.split())


def load_bytes(content):
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / "file"
        path.write_bytes(content)
        return load_data(data=path)


def valid_files():
    images = np.zeros((3, 28, 28), "uint8")
    with tempfile.TemporaryDirectory() as folder:
        for save in (np.savez, np.savez_compressed):
            path = pathlib.Path(folder) / "x.npz"
            save(path, x_train=images, y_train=np.arange(3))
            yield path.read_bytes()
    yield idx_bytes(images)
    yield gzip.compress(idx_bytes(images), mtime=0)


VALID_FILES = list(valid_files())


@settings(max_examples=150, deadline=None)
@given(
    st.sampled_from([b"PK\x03\x04", b"\x1f\x8b\x08", b"\0\0\x08\x03", b"", b"\x93NUMPY"]),
    st.binary(),
)
def test_any_bytes_are_refused_in_one_line(start, rest):
    with pytest.raises(UserError) as refused:
        load_bytes(start + rest)
    assert "\n" not in str(refused.value)


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(VALID_FILES), st.data())
def test_a_damaged_file_is_refused_in_one_line_or_read_as_images(content, draw):
    place = draw.draw(st.integers(0, len(content) - 1))
    replacement = draw.draw(st.binary(max_size=2))
    rest = draw.draw(st.sampled_from([b"", content[place + len(replacement) :]]))
    try:
        dataset = load_bytes(content[:place] + replacement + rest)
    except UserError as refused:
        assert "\n" not in str(refused)  # noqa: PT017, since not every damage is refused
    else:
        assert dataset.images.shape[1:] == (28, 28, 1)
        assert dataset.images.dtype == np.uint8
