"""Trains the classifier that the package ships as its yardstick.

    python benchmarks/train_yardstick.py mnist.npz OUT.keras

Prints the accuracy on MNIST's 10,000 test digits and the checksum of the file.
"""

import hashlib
import pathlib
import sys

import numpy as np

from keras_gan.data import to_unit_range
from keras_gan.evaluation.classifier import train_classifier


def main(data, out):
    with np.load(data) as arrays:
        x_train, y_train, x_test, y_test = (
            arrays[name] for name in ("x_train", "y_train", "x_test", "y_test")
        )
    classifier = train_classifier(x_train[..., None], y_train, verbose=2)
    predictions = classifier.predict(to_unit_range(x_test[..., None]), verbose=0).argmax(axis=1)
    classifier.save(out)
    print(f"test accuracy: {(predictions == y_test).mean():.2%}")
    print(f"sha256: {hashlib.sha256(pathlib.Path(out).read_bytes()).hexdigest()}")


if __name__ == "__main__":
    main(*sys.argv[1:])
