"""Trains the classifier that the package ships as its yardstick.

    python benchmarks/train_yardstick.py mnist.npz OUT.keras

Prints its accuracy on MNIST's 10,000 test digits, and the checksum of the file.
"""

import hashlib
import pathlib
import sys

from machine import describe

from keras_gan import load_data
from keras_gan.data import to_unit_range
from keras_gan.evaluation.classifier import train_classifier


def main(data, out):
    print(describe() + "\n")
    digits = load_data(data=data)
    classifier = train_classifier(digits.images, digits.labels)
    probabilities = classifier.predict(to_unit_range(digits.test_images), verbose=0)
    accuracy = (probabilities.argmax(axis=1) == digits.test_labels).mean()
    classifier.save(out)
    print(f"test accuracy: {accuracy:.2%}")
    print(f"sha256: {hashlib.sha256(pathlib.Path(out).read_bytes()).hexdigest()}")


if __name__ == "__main__":
    main(*sys.argv[1:])
