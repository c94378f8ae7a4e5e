"""What the forked processes of the tests have imported: Keras and the program."""

import gc
import os
import pathlib
import sys

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

from keras_gan.backend import start_keras

start_keras()

import keras_gan.report  # noqa: E402
import keras_gan.runs.job  # noqa: E402, F401
from keras_gan.registry import CALLBACKS, LOSSES, NETWORKS  # noqa: E402

for registry in (CALLBACKS, LOSSES, NETWORKS):
    list(registry.values())

# So that the forked processes need not look for garbage among all this.
gc.collect()
gc.freeze()
