"""A model on disk: opened, checked, read."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import numpy as np
import numpy.typing as npt

from fetal.bundle.card import Card
from fetal.bundle.errors import CardError, FeaturesError, GraphError, MissingFileError
from fetal.bundle.feature_statistics import FILE, FeatureStatistics
from fetal.bundle.manifest import SECOND_READER, WEIGHTS, check_digests, recorded_digest
from fetal.bundle.training_list import TrainingList
from fetal.bundle.weights import Graph

Weights = dict[str, npt.NDArray[np.float32]]


@dataclass(frozen=True)
class Bundle:
    """A checked model folder. It holds no code and no pickle; opening it runs nothing.

    Attributes:
        folder: where it lies.
        card: what it says about itself.
        digest: SHA-256 of its `digests.json`, in hexadecimal; names this very model.
        graph: the table of contents of its serving graph.
        second_graph: the same of its second reader's graph; none in models without one.
    """

    folder: Path
    card: Card
    digest: str
    graph: Graph
    second_graph: Graph | None = None

    @classmethod
    def open(cls, folder: Path | str) -> Self:
        """Open a model and check every file of it.

        Args:
            folder: the model's folder.

        Returns:
            The model; its weights are read when they are asked for.

        Raises:
            BundleError: one of its kinds says what is wrong and what to do.

        Example:
            >>> Bundle.open("models/shipped").card.architecture  # doctest: +SKIP
            'resnet50'
        """
        folder = Path(folder)
        digest = check_digests(folder)
        card = _read_card(folder)
        graph = Graph.read(folder)
        _check_fit(card, graph)
        second_graph = _second_graph(folder, card)
        return cls(folder, card, digest, graph, second_graph)

    def variables(self) -> Weights:
        """All weights by the path of their Keras variable, float32, in Keras's layout."""
        return {path: self.graph.variable(path) for path in self.graph.constants}

    def head(self) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
        """The classifying layer: kernel (channels, classes) and bias (classes,), float32."""
        kernel, bias = self.graph.head
        return self.graph.variable(kernel), self.graph.variable(bias)

    def features(self) -> FeatureStatistics | None:
        """How it sees the scans of each plane; None where an older program wrote the model.

        Raises:
            FeaturesError: the statistics cannot be read, or are of another model.
        """
        if not (self.folder / FILE).is_file():
            return None
        read = FeatureStatistics.read(self.folder)
        received, (expected, *_) = (
            read.means.shape[1],
            self.graph.constants[self.graph.head[0]].shape,
        )
        if received != expected:
            raise FeaturesError(
                f"The model in “{self.folder}” has {expected} features; its statistics tell of "
                f"{received}. Copy the whole folder again."
            )
        return read

    def trained_on(self) -> frozenset[str]:
        """Digests of the scans that it was trained on; empty where the model does not tell."""
        return self.training_list().digests

    def same_weights(self, other: "Bundle") -> bool:
        """Return whether another model holds the very weights of this one."""
        return recorded_digest(self.folder, WEIGHTS) == recorded_digest(other.folder, WEIGHTS)

    def training_list(self) -> TrainingList:
        """The scans that it was trained on, by digest and by what they look like."""
        return TrainingList.read(self.folder)


def _read_card(folder: Path) -> Card:
    try:
        values = json.loads((folder / "card.json").read_text("utf-8"))
    except ValueError as error:
        raise CardError(
            f"The card of the model in “{folder}” cannot be read ({error}). "
            "Copy the whole folder again."
        ) from error
    if not isinstance(values, dict):
        raise CardError(
            f"The card of the model in “{folder}” is a {type(values).__name__}; expected a JSON "
            "object. Copy the whole folder again."
        )
    return Card.from_json(values)


def _check_fit(card: Card, graph: Graph) -> None:
    size = card.input.size
    _check_shapes(graph, (-1, size, size, 1), len(card.planes))


def _second_graph(folder: Path, card: Card) -> Graph | None:
    """The second reader's graph, where the card tells of one."""
    reader = card.second_reader
    if reader is None:
        return None
    missing = [
        name
        for name in (f"{SECOND_READER}.xml", f"{SECOND_READER}.bin")
        if not (folder / name).is_file()
    ]
    if missing:
        raise MissingFileError(
            f"The card of the model in “{folder}” tells of a second reader, but there is no "
            f"{', no '.join(missing)}. Copy the whole folder again from where it came from."
        )
    graph = Graph.read(folder, SECOND_READER)
    _check_shapes(graph, (-1, reader.rows, reader.columns, 1), len(reader.classes))
    return graph


def _check_shapes(graph: Graph, scan: tuple[int, ...], classes: int) -> None:
    channels, *_ = graph.constants[graph.head[0]].shape
    expected = {"scan": scan, "logits": (-1, classes)}
    received = {"scan": graph.inputs.get("scan"), "logits": graph.outputs.get("logits")}
    maps = graph.outputs.get("maps", ())
    if received != expected or len(maps) != 4 or maps[-1] != channels:
        raise GraphError(
            f"The model's graph does not fit its card: expected {expected} and maps of "
            f"{channels} channels, received {received} and maps {maps}. "
            "Copy the whole folder again."
        )
