"""Walks a functional model and collects the operations that compute it."""

from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import numpy.typing as npt
from openvino import opset13 as ops

from fetal.bundle.weights import PREFIX
from fetal.training.export.names import variable_path

Array = npt.NDArray[Any]
Node = Any
"""An operation or one of its outputs; OpenVINO's Python types do not tell them apart."""

Emitter = Callable[["GraphWriter", Any, list[Node]], Node]
"""Makes the operations of one layer from those of its inputs."""

_LARGEST_HALF = float(np.finfo(np.float16).max)


class ExportError(ValueError):
    """The model cannot be written as a serving graph; the text says which part of it."""


class UnsupportedLayerError(ExportError):
    """A layer, or an option of a layer, that the export does not know."""


class GraphWriter:
    """Turns the layers of a functional model into operations.

    Attributes:
        constants: the variables written so far, by path; a shared layer is written once.
    """

    def __init__(self, emitters: dict[str, Emitter]) -> None:
        self.constants: dict[str, Node] = {}
        self._emitters = emitters

    def run(self, model: keras.Model, inputs: list[Node]) -> list[Node]:
        """Write a model, nested ones included.

        Args:
            model: a functional or sequential model.
            inputs: the operations that feed it; images lie channels first.

        Returns:
            The operations of its outputs.

        Raises:
            UnsupportedLayerError: a layer is unknown.
        """
        model = getattr(model, "_functional", None) or model
        if not hasattr(model, "_nodes_by_depth"):
            raise UnsupportedLayerError(
                f"The model “{model.name}” is not functional. Build it with keras.Input and layers."
            )
        made = {id(tensor): node for tensor, node in zip(model.inputs, inputs, strict=True)}
        for depth in sorted(model._nodes_by_depth, reverse=True):
            for node in model._nodes_by_depth[depth]:
                if not node.is_input:
                    given = [made[id(tensor)] for tensor in node.input_tensors]
                    outputs = self._layer(node.operation, given)
                    made.update(zip(map(id, node.outputs), outputs, strict=True))
        return [made[id(tensor)] for tensor in model.outputs]

    def _layer(self, layer: Any, given: list[Node]) -> list[Node]:
        if isinstance(layer, keras.Model):
            return self.run(layer, given)
        emitter = self._emitters.get(type(layer).__name__)
        # `a + b` is no layer, but the same sum; `a + 1` has one input and stays unknown.
        written_out = type(layer).__name__ in ("Add", "Multiply") and len(given) == 2
        if emitter is None or not (isinstance(layer, keras.layers.Layer) or written_out):
            raise UnsupportedLayerError(
                f"The export does not know the layer “{layer.name}” ({type(layer).__name__}). "
                "Use another layer, or add it to fetal/training/export/layers.py."
            )
        return [emitter(self, layer, given)]

    def variable(self, variable: keras.Variable) -> Node:
        """Write a bias or another small variable as float32; return the constant."""
        return self._constant(variable, _values(variable))

    def kernel(
        self, variable: keras.Variable, arrange: Callable[[Array], Array] = lambda values: values
    ) -> Node:
        """Write a kernel as float16, or float32 where a value is beyond float16.

        Args:
            variable: the variable.
            arrange: puts its axes into the graph's order; `fetal.bundle.weights` puts them back.

        Returns:
            The operation that gives its values as float32.
        """
        values = _values(variable)
        if np.abs(values).max(initial=0) <= _LARGEST_HALF:
            values = values.astype(np.float16)
        constant = self._constant(variable, arrange(values))
        return constant if values.dtype == np.float32 else ops.convert(constant, "f32")

    def _constant(self, variable: keras.Variable, values: Array) -> Node:
        path = variable_path(variable)
        if path not in self.constants:
            node = ops.constant(np.ascontiguousarray(values))
            node.set_friendly_name(PREFIX + path)
            self.constants[path] = node
        return self.constants[path]


def _values(variable: keras.Variable) -> Array:
    values = np.asarray(keras.ops.convert_to_numpy(variable), np.float32)
    if not np.isfinite(values).all():
        raise ExportError(
            f"The weight “{variable_path(variable)}” holds values that are no finite numbers. "
            "Train again with a lower learning rate."
        )
    return values
