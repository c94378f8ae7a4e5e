import gc
import os
import pathlib
import sys

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
# Tests take few steps: they need XLA to compile sooner rather than better.
os.environ.setdefault("XLA_FLAGS", "--xla_backend_optimization_level=0")
# Two workers share two cores.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
# Keras makes many objects and little garbage: looking for it takes a fifth of the time.
gc.set_threshold(50_000, 20, 100)
ROOT = pathlib.Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

import numpy as np  # noqa: E402
import pytest  # noqa: E402


@pytest.fixture(autouse=True, scope="session")
def no_xla_where_it_is_not_asked_for():
    """Tests take few steps: most of their time would go into compiling."""
    from keras_gan import devices

    with pytest.MonkeyPatch.context() as monkeypatch:
        monkeypatch.setattr(devices, "xla_is_faster", lambda *networks: False)
        yield


@pytest.fixture(autouse=True)
def memory_is_not_freed(request, monkeypatch):
    """A search for garbage takes half a second: pytest and all libraries are in memory."""
    from keras_gan import FreedMemory

    if request.path.name != "test_memory.py":
        monkeypatch.setattr(FreedMemory, "free", lambda self: None)


@pytest.fixture(scope="session")
def digits():
    """200 real digits, 20 of each, and their labels."""
    from keras_gan.data import embedded_digits

    dataset = embedded_digits()
    return dataset.images[::25], dataset.labels[::25]


@pytest.fixture(scope="session")
def digits_file(digits, tmp_path_factory):
    """The same digits as an `.npz` in Keras' layout."""
    path = tmp_path_factory.mktemp("data") / "digits.npz"
    np.savez(path, x_train=digits[0][..., 0], y_train=digits[1])
    return path


@pytest.fixture(scope="session")
def chromium(tmp_path_factory):
    """A browser; where there is none, the test is skipped."""
    import browser

    chromium = browser.start(tmp_path_factory.mktemp("chromium"))
    yield chromium
    chromium.quit()


@pytest.fixture
def quick_pictures(monkeypatch):
    """Charts and diagrams become small files, where a test is not about what they show."""
    from keras_gan.files import write_bytes

    def write(_, path):
        write_bytes(path, b"a picture")

    monkeypatch.setattr("keras_gan.pictures.plots.save_figure", write)
    monkeypatch.setattr("keras_gan.callbacks.diagrams.plot_model", write)


def pytest_collection_modifyitems(items):
    """Leaves out what is about TensorFlow alone, where Keras has another backend."""
    import keras

    if keras.backend.backend() == "tensorflow":
        return
    for item in items:
        for marker in item.iter_markers("on_tensorflow"):
            parameters = item.callspec.params if hasattr(item, "callspec") else {}
            if not marker.args or parameters.get("format") in marker.args:
                item.add_marker(pytest.mark.skip(reason="about TensorFlow alone"))


def pytest_addoption(parser):
    parser.addoption(
        "--kills", type=int, default=1, help="how often to kill the program at random moments"
    )


def content_of(folder):
    """All paths in a folder, and what is in the files."""
    return {
        str(path.relative_to(folder)): path.read_bytes() if path.is_file() else None
        for path in folder.rglob("*")
    }


def as_if_trained(generator):
    """Gives normalizations statistics other than those that they begin with."""
    rng = np.random.default_rng(0)
    for variable in generator.variables:
        shape = variable.shape
        if variable.path.endswith(("moving_mean", "beta", "bias")):
            variable.assign(rng.normal(0, 0.3, shape))
        elif variable.path.endswith(("moving_variance", "gamma")):
            variable.assign(rng.uniform(0.5, 2, shape))
    return generator
