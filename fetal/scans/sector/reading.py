"""At which grey level tissue shows most of the sector's edges, and these edges."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fetal.scans.sector.bright_tissue import (
    BrightParts,
    ReducedPicture,
    Tissue,
    bright_parts,
    tissue_above,
)
from fetal.scans.sector.edges import Edge, Surroundings, seen_edges
from fetal.scans.sector.sides import Side, sides_of

STEPS = (1.3, 0.7, 2.6, 4.5, 8.0)
"""Grey levels above the screen's own: the faintest tissue floor first, then coarser, for noise."""
_BETTER = 1.15


@dataclass(frozen=True, slots=True)
class Reading:
    """What a picture shows where tissue is taken to begin at one grey level.

    Attributes:
        edges: the edges of the sector that were seen.
        hull: float64 (n, 2), the convex hull of the tissue.
    """

    edges: list[Edge]
    hull: NDArray[np.float64]

    @property
    def evidence(self) -> float:
        """How many pixels of the edges together have tissue along them."""
        return sum(edge.support * edge.length for edge in self.edges)


class Search:
    """A search of one picture for the best reading.

    What it has to measure for that is kept, since the same picture is searched again after some of
    its pixels were blanked, and most of it is then as before.

    Args:
        picture: the picture.
        before: the search of the same picture before some pixels were blanked, if there was one.

    Attributes:
        best: the reading with the most evidence; None where there is no tissue.
    """

    def __init__(self, picture: ReducedPicture, before: "Search | None" = None) -> None:
        self._picture = picture
        self._before = before._seen if before else {}
        self._bright: BrightParts = bright_parts(picture, before._bright if before else None)
        self._surroundings = Surroundings(picture, self._bright)
        self._seen: dict[float, tuple[Tissue, list[Side]]] = {}
        self.best = self._best()
        # Each search would otherwise keep all that went before it.
        self._before = {}

    def _best(self) -> Reading | None:
        best: Reading | None = None
        for step in STEPS:
            seen = self._tissue(step)
            if seen is None:
                continue
            tissue, sides = seen
            least = -1.0 if best is None else _BETTER * best.evidence
            edges = seen_edges(sides, self._surroundings, step, least)
            if edges is None:
                continue
            reading = Reading(edges, tissue.hull)
            if reading.evidence > least:
                best = reading
        return best

    def _tissue(self, step: float) -> tuple[Tissue, list[Side]] | None:
        before, sides = self._before.get(step, (None, []))
        tissue = tissue_above(self._picture.screen + step, self._picture, before)
        if tissue is None:
            return None
        if tissue is not before:
            sides = sides_of(tissue)
        self._seen[step] = tissue, sides
        return tissue, sides
