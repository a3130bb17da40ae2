"""The second reader at work: frames of scans in, opinions out."""

from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt

from fetal.bundle import Bundle
from fetal.bundle.manifest import SECOND_READER
from fetal.planes import Plane
from fetal.predict.engines import EngineName, open_engine
from fetal.predict.second_opinion import SecondOpinion
from fetal.predict.softmax import softmax
from fetal.predict.uncertainty import readers_agree
from fetal.scans import Scan
from fetal.scans.letterbox import Framing

Opinions = Callable[[Sequence[Plane]], list[SecondOpinion]]
"""Takes the planes that the first reader names, and waits for the second one."""


class SecondReaderEngine:
    """The second reader of a model that has one.

    Args:
        bundle: the model on disk; its card tells of a second reader.
        engine: as `fetal.predict.load_model` takes it.
    """

    def __init__(self, bundle: Bundle, engine: EngineName) -> None:
        if bundle.card.second_reader is None:
            raise ValueError("Expected a model with a second reader; its card tells of none.")
        self._card = bundle.card.second_reader
        self._engine = open_engine(bundle, engine, SECOND_READER)
        classes = self._card.classes
        # One row a plane: which classes mean it.
        self._members = np.array(
            [[name in names for name in classes] for names in self._card.groups.values()]
        )

    def warm_up(self) -> None:
        """Compute once for nothing, as `fetal.predict.Model.warm_up` does."""
        shape = (1, self._card.rows, self._card.columns, 1)
        self._engine.start(np.zeros(shape, np.float32))()

    def start(self, scans: Sequence[Scan]) -> Opinions:
        """Begin to read scans, while the first reader does.

        Args:
            scans: the scans.

        Returns:
            A function from the planes that the first reader names to the opinions.
        """
        finish = self._engine.start(self.frames(scans))

        def opinions(named: Sequence[Plane]) -> list[SecondOpinion]:
            _, logits = finish()
            chances = softmax(logits / self._card.temperature)
            shares = chances @ self._members.T
            return [self._opinion(row, plane) for row, plane in zip(shares, named, strict=True)]

        return opinions

    def frames(self, scans: Sequence[Scan]) -> npt.NDArray[np.float32]:
        """Return what the graph is given: float32 (n, rows, columns, 1), grey levels 0 to 255."""
        frames = np.stack([self._frame(scan) for scan in scans])
        return frames[..., None].astype(np.float32)

    def _frame(self, scan: Scan) -> npt.NDArray[np.uint8]:
        card = self._card
        height, width = scan.pixels.shape
        box = scan.sector if card.crop_to_sector else None
        return Framing.of((height, width), box, card.columns, card.rows).apply(scan.pixels)

    def _opinion(self, shares: npt.NDArray[np.float64], named: Plane) -> SecondOpinion:
        probabilities = dict(zip(self._card.groups, shares.tolist(), strict=True))
        no_plane = max(0.0, 1.0 - float(shares.sum()))
        agrees = readers_agree(named, probabilities, no_plane, self._card.agree_at)
        return SecondOpinion(probabilities, no_plane, agrees)
