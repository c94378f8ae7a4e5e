"""The state of a training: its place, its random numbers, its history, its variables."""

import dataclasses

import numpy as np

from keras_gan.errors import DivergenceError


@dataclasses.dataclass
class Position:
    """Where a training stands: all that its next step depends on, but the networks.

    Attributes:
        rng: The `numpy.random.Generator` that orders the images and draws the
            latents.
        epoch: Integer, the number of epochs that have ended.
        step: Integer, the number of steps taken in the epoch after these.
        epoch_rng: Dict, the state that `rng` had when that epoch began.
        sums: Dict, that epoch's logs so far, summed over its steps.
        seconds: Float, the time that it has taken so far.
        history: List of dicts, the logs of the epochs that have ended.
    """

    rng: np.random.Generator
    epoch: int = 0
    step: int = 0
    epoch_rng: dict | None = None
    sums: dict[str, float] = dataclasses.field(default_factory=dict)
    seconds: float = 0.0
    history: list[dict[str, float]] = dataclasses.field(default_factory=list)

    def order(self, n: int) -> np.ndarray:
        """The order in which this epoch takes `n` images, drawn when it begins."""
        if self.step == 0:
            self.epoch_rng = self.rng.bit_generator.state
            return self.rng.permutation(n)
        rng = np.random.default_rng()
        rng.bit_generator.state = self.epoch_rng
        return rng.permutation(n)

    def end_step(self, logs: dict[str, float], seconds: float) -> None:
        for name, value in logs.items():
            self.sums[name] = self.sums.get(name, 0.0) + value
        self.seconds += seconds
        self.step += 1

    def end_epoch(self, images_per_step: int) -> dict[str, float]:
        """Begins another epoch, and returns the mean logs of the one that has ended."""
        logs = {name: total / self.step for name, total in self.sums.items()}
        logs["images_per_second"] = self.step * images_per_step / self.seconds
        self.epoch, self.step, self.sums, self.seconds = self.epoch + 1, 0, {}, 0.0
        return logs


def state_variables(composite) -> list:
    """All the Keras variables that a training changes, optimizers' included."""
    return [
        *composite.variables,
        *composite.discriminator.optimizer.variables,
        *composite.optimizer.variables,
    ]


def finite_arrays(variables, position: Position) -> list[np.ndarray]:
    """The values of variables as NumPy arrays, once all are known to be finite.

    Raises:
        DivergenceError: If one is not.
    """
    arrays = [variable.numpy() for variable in variables]
    for variable, array in zip(variables, arrays, strict=True):
        if array.dtype.kind == "f" and not np.isfinite(array).all():
            where = f"epoch {position.epoch + 1}, step {position.step}"
            if position.step == 0:
                where = f"epoch {position.epoch}"
            raise DivergenceError(
                f"{variable.path} is no longer finite after {where}; try a lower learning rate"
            )
    return arrays
