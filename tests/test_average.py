"""The averaged generator: what it is, and that it is what is shown and saved."""

import keras
import numpy as np
import pytest
from keras import layers

from keras_gan import AveragedGenerator, ModelFiles, build_composite, train


def small_networks():
    keras.utils.set_random_seed(0)
    generator = keras.Sequential(
        [
            keras.Input((2,)),
            layers.Dense(784, "sigmoid"),
            layers.BatchNormalization(),
            layers.Reshape((28, 28, 1)),
        ]
    )
    discriminator = keras.Sequential([keras.Input((28, 28, 1)), layers.Flatten(), layers.Dense(1)])
    return build_composite(generator, discriminator, optimizer="sgd", learning_rate=0.1)


class WeightsOfSteps(keras.callbacks.Callback):
    def __init__(self):
        super().__init__()
        self.weights = []

    def on_train_batch_end(self, batch, logs=None):
        self.weights.append(self.model.generator.get_weights())


@pytest.mark.every_backend
def test_the_average_is_that_of_the_steps(digits):
    composite = small_networks()
    kinds = [(momentum, every) for momentum in (0.0, 0.6) for every in (1, 3)]
    averages = [AveragedGenerator(composite.generator, *kind) for kind in kinds]
    begin = composite.generator.get_weights()
    seen = WeightsOfSteps()
    train(composite, digits[0][:50], epochs=2, batch_size=10, callbacks=[seen, *averages])
    for (momentum, every), average in zip(kinds, averages, strict=True):
        expected, since = begin, 0
        for index, weights in enumerate(seen.weights):
            since += 1
            if (index % 5 + 1) % every and index % 5 != 4:
                continue
            kept = min(momentum, (index + 2) / (index + 11)) ** since
            expected = [kept * a + (1 - kept) * b for a, b in zip(expected, weights, strict=True)]
            since = 0
        for weight, value in zip(average.generator.get_weights(), expected, strict=True):
            np.testing.assert_allclose(weight, value, rtol=1e-4, atol=1e-6)


def test_the_average_does_not_touch_the_training(digits):
    outcomes = []
    for averaged in (False, True):
        composite = small_networks()
        watchers = [AveragedGenerator(composite.generator)] if averaged else []
        train(composite, digits[0][:50], epochs=1, batch_size=10, callbacks=watchers)
        outcomes.append(composite.generator.get_weights())
    assert all(np.array_equal(a, b) for a, b in zip(*outcomes, strict=True))


def test_the_average_is_what_is_saved(digits, tmp_path):
    composite = small_networks()
    average = AveragedGenerator(composite.generator, 0.9)
    files = ModelFiles(tmp_path, generator=average.generator)
    train(composite, digits[0][:50], epochs=1, batch_size=10, callbacks=[average, files])
    saved = keras.saving.load_model(tmp_path / "generator.keras").get_weights()
    trained = composite.generator.get_weights()
    averaged = average.generator.get_weights()
    assert all(np.array_equal(a, b) for a, b in zip(saved, averaged, strict=True))
    assert not any(np.array_equal(a, b) for a, b in zip(saved, trained, strict=True))
