"""The skeleton that all methods share: weigh the last convolution's maps, and add them up."""

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import ClassVar

import numpy as np
import numpy.typing as npt

Heat = npt.NDArray[np.float32]
Array = npt.NDArray[np.float32]
Forward = Callable[[Array], Array]
"""From squares (n, size, size), grey levels 0 to 255, to logits (n, classes)."""


@dataclass(frozen=True, eq=False)
class ForwardPass:
    """What a model computed of one scan, as the methods need it.

    The score of a class must be one dense layer over the averaged maps; every gradient is then
    known without a backward pass.

    Attributes:
        maps: the last convolution's maps, float32 (h, w, channels).
        kernel: the classifying layer's kernel, float32 (channels, classes).
        square: what the model was shown, grey levels 0 to 255, float32 (size, size). Only
            Score-CAM needs it.
        forward: computes the logits of other squares. Only Score-CAM needs it.
    """

    maps: Array
    kernel: Array
    square: Array | None = field(default=None, repr=False)
    forward: Forward | None = field(default=None, repr=False)

    @property
    def gradient(self) -> Array:
        """How each class's logit grows with each map, (channels, classes); alike in every cell."""
        height, width, _ = self.maps.shape
        return np.asarray(self.kernel / np.float32(height * width), np.float32)


class Cam(ABC):
    """A method that explains every class at once: a class activation map.

    A variant says how it weighs the maps (`weights`); the sum, the dropping of what speaks against
    a class and the scaling are the same for all.

    Attributes:
        name: what commands and `METHODS` call it.
        title: what a person reads.
        words: one plain sentence that says what it shows.
    """

    name: ClassVar[str]
    title: ClassVar[str]
    words: ClassVar[str]

    def __call__(self, seen: ForwardPass) -> Heat:
        """Explain every class.

        Args:
            seen: what the model computed of one scan.

        Returns:
            float32 (classes, h, w). What speaks for the class, each map scaled to its own largest
            value, 1; a map is all 0 where nothing speaks for its class.

        Raises:
            ForwardPassError: the method has to run the model, and `seen` holds no way to.
        """
        positive = np.maximum(np.moveaxis(self.signed(seen), -1, 0), 0)
        largest = positive.max(axis=(1, 2), keepdims=True)
        scaled = np.divide(positive, largest, out=np.zeros_like(positive), where=largest > 0)
        return np.ascontiguousarray(scaled, np.float32)

    def signed(self, seen: ForwardPass) -> Array:
        """Add up the weighted maps: float32 (h, w, classes), below 0 what speaks against."""
        return np.asarray(seen.maps @ self.weights(seen), np.float32)

    @abstractmethod
    def weights(self, seen: ForwardPass) -> Array:
        """How much each map counts for each class: float32 (channels, classes)."""


class ForwardPassError(ValueError):
    """A method that has to run the model was given nothing to run it with."""
