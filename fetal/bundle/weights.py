"""Reads the weights out of the serving graph with numpy alone.

The graph (`graph.xml` with `graph.bin`, OpenVINO's intermediate representation, IR version 11) is
the only copy of a model's weights. Each Keras variable is a constant named
`variable/<path of the variable>`; convolution kernels lie in OpenVINO's order and are turned back
into Keras's here.
"""

import math
import xml.etree.ElementTree as ElementTree
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from fetal.bundle.errors import GraphError

PREFIX = "variable/"
"""Begins the name of every constant that is a Keras variable."""

HEAD = "fetal_head"
"""The graph's note that names the variables of the classifying layer."""

_DTYPES: dict[str, np.dtype[Any]] = {"f16": np.dtype("<f2"), "f32": np.dtype("<f4")}

_TO_KERAS = {4: (2, 3, 1, 0), 5: (3, 4, 0, 1, 2)}
"""Axes by rank: OIHW to HWIO; groups, multiplier, 1, H, W to H, W, channels, multiplier."""


@dataclass(frozen=True)
class Constant:
    """Where one variable lies in `graph.bin`."""

    dtype: np.dtype[Any]
    shape: tuple[int, ...]
    offset: int

    @property
    def bytes(self) -> int:
        """How many bytes it takes."""
        return self.dtype.itemsize * math.prod(self.shape)


class _NoDoctype(ElementTree.TreeBuilder):
    """Refuses document types, so that no entity can expand into gigabytes."""

    def doctype(self, name: str, pubid: str | None, system: str | None) -> None:
        raise GraphError(
            "The model's graph declares a document type, which no model of this program does. "
            "Do not use it; copy the model again from where it came from."
        )


@dataclass(frozen=True)
class Graph:
    """The serving graph's table of contents.

    Attributes:
        constants: the Keras variables by their path.
        inputs: shape by name; a free size is -1.
        outputs: shape by name; a free size is -1.
        head: paths of the classifying layer's kernel and bias.
        weights: the file that the constants lie in.
    """

    constants: dict[str, Constant]
    inputs: dict[str, tuple[int, ...]]
    outputs: dict[str, tuple[int, ...]]
    head: tuple[str, str]
    weights: Path

    @classmethod
    def read(cls, folder: Path, name: str = "graph") -> Self:
        """Read the table of contents of a model's graph.

        Args:
            folder: holds the graph's `.xml` and `.bin`.
            name: their name before that.

        Returns:
            The table of contents; the weights are read when they are asked for.

        Raises:
            GraphError: it is not a graph that this program wrote, or is damaged.
        """
        parser = ElementTree.XMLParser(target=_NoDoctype())
        try:
            root = ElementTree.fromstring((folder / f"{name}.xml").read_bytes(), parser)
            constants, inputs, outputs = {}, {}, {}
            for layer in root.iterfind("layers/layer"):
                called = layer.attrib["name"]
                match layer.attrib["type"]:
                    case "Const" if called.startswith(PREFIX):
                        constants[called.removeprefix(PREFIX)] = _constant(layer)
                    case "Parameter":
                        inputs[called] = _port(layer, "output")
                    case "Result":
                        outputs[called] = _port(layer, "input")
            note = root.find(f"rt_info/{HEAD}")
            kernel, bias = [] if note is None else note.attrib["value"].split(" ")
        except (ElementTree.ParseError, KeyError, ValueError) as error:
            if isinstance(error, GraphError):
                raise
            raise GraphError(
                f"The model's graph cannot be read ({error}). "
                "Copy the model again from where it came from."
            ) from error
        graph = cls(constants, inputs, outputs, (kernel, bias), folder / f"{name}.bin")
        graph._check()
        return graph

    def _check(self) -> None:
        size = self.weights.stat().st_size
        outside = [
            path
            for path, constant in self.constants.items()
            if constant.offset < 0 or constant.offset + constant.bytes > size
        ]
        absent = [path for path in self.head if path not in self.constants]
        if outside or absent:
            raise GraphError(
                f"The model's weights lack {', '.join((outside + absent)[:3])}. "
                "Copy the model again from where it came from."
            )

    @cached_property
    def _bytes(self) -> npt.NDArray[np.uint8]:
        return np.memmap(self.weights, np.uint8, mode="r")

    def variable(self, path: str) -> npt.NDArray[np.float32]:
        """One Keras variable as float32, in Keras's layout.

        Args:
            path: its path, such as `conv1_conv/kernel`.

        Returns:
            A new array; convolution kernels are (height, width, in, out).
        """
        constant = self.constants[path]
        raw = self._bytes[constant.offset : constant.offset + constant.bytes]
        values = raw.view(constant.dtype).reshape(constant.shape)
        axes = _TO_KERAS.get(values.ndim)
        if axes is not None:
            values = values.transpose(axes)
        if values.ndim == 5:
            values = values[..., 0]
        return np.array(values, np.float32, order="C")


def _constant(layer: ElementTree.Element) -> Constant:
    data = layer.find("data")
    if data is None:
        raise ValueError(f"{layer.attrib['name']} has no data")
    kind = data.attrib["element_type"]
    if kind not in _DTYPES:
        raise ValueError(f"{layer.attrib['name']} is of type {kind}")
    shape = tuple(int(part) for part in data.attrib["shape"].split(",") if part.strip())
    if any(part < 0 for part in shape):
        raise ValueError(f"{layer.attrib['name']} has shape {shape}")
    constant = Constant(_DTYPES[kind], shape, int(data.attrib["offset"]))
    if constant.bytes != int(data.attrib["size"]):
        raise ValueError(f"{layer.attrib['name']} has {data.attrib['size']} bytes")
    return constant


def _port(layer: ElementTree.Element, side: str) -> tuple[int, ...]:
    return tuple(int(part.text or "") for part in layer.iterfind(f"{side}/port/dim"))
