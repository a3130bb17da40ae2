"""Another training scan for a scan to be mixed with."""

import numpy as np
from numpy.typing import NDArray

from fetal.training.data.prepared_scans import PreparedScans


class Partners:
    """Draws other scans of a split.

    Args:
        frames: The scans. Where they tell their sources, a partner comes from another source, each
            of which is as likely as the next however many scans it has.
    """

    def __init__(self, frames: PreparedScans) -> None:
        self._classes = frames.classes
        names, self._source_of = np.unique(
            frames.sources or ("",) * len(frames.classes), return_inverse=True
        )
        self._members = [np.flatnonzero(self._source_of == one) for one in range(len(names))]
        self._of_other_planes = {
            int(plane): np.flatnonzero(frames.classes != plane)
            for plane in np.unique(frames.classes)
        }

    def elsewhere(self, index: int, chance: np.random.Generator) -> int:
        """Draw a scan of another source; of the same one where there is no other.

        Args:
            index: The scan, an index into the frames.
            chance: Where the draw comes from.
        """
        own, sources = int(self._source_of[index]), len(self._members)
        other = (own + int(chance.integers(1, sources))) % sources if sources > 1 else own
        return _one_of(self._members[other], chance)

    def of_another_plane(self, index: int, chance: np.random.Generator) -> int:
        """Draw a scan that shows another plane."""
        return _one_of(self._of_other_planes[int(self._classes[index])], chance)


def _one_of(members: NDArray[np.int64], chance: np.random.Generator) -> int:
    return int(members[chance.integers(len(members))])
