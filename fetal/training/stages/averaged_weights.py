"""The weights behind a running mean of themselves, which stands in their place between epochs."""

from collections.abc import Iterable
from typing import Any

import keras


class WeightsBehindMean(keras.callbacks.Callback):  # type: ignore[misc]
    """Keeps the weights that an optimiser with a running mean replaces when an epoch ends.

    Keras leaves the mean in the network after `fit`. It is what is validated and kept; learning
    goes on from the weights themselves, or the mean would hold them back once an epoch. Without a
    running mean it does nothing.
    """

    def __init__(self, network: keras.Model) -> None:
        super().__init__()
        self._network = network
        self._values: list[Any] = []

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        """Keep them: Keras calls this before it puts the mean in their place."""
        if self._network.optimizer.use_ema:
            self._values = [keras.ops.convert_to_numpy(one) for one in self._variables()]

    def on_train_end(self, logs: Any = None) -> None:
        """Give the network a copy of the mean, which Keras has put in by now.

        They would share their memory, and JAX gives that of the network away to the next step.
        """
        if self._values:
            self._give(keras.ops.convert_to_numpy(one) for one in self._variables())

    def put_back(self) -> None:
        """Put them back, so that learning goes on from them."""
        if self._values:
            self._give(self._values)

    def _variables(self) -> list[Any]:
        return list(self._network.trainable_variables)

    def _give(self, values: Iterable[Any]) -> None:
        for variable, value in zip(self._variables(), values, strict=True):
            variable.assign(value)
