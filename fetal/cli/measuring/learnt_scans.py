"""Which scans a model has learnt from, so that it is not measured on them."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from fetal.bundle import Bundle
    from fetal.scans import Scan

LEARNT = "the model was trained on it"
ALIKE = "it looks like a scan that the model was trained on"


class Learnt:
    """What some models were trained on, all of which is left out for all of them."""

    def __init__(self, bundles: Iterable["Bundle"]) -> None:
        self._lists = [bundle.training_list() for bundle in bundles]

    def why(self, scan: "Scan") -> str | None:
        """Return why a scan is to be left out; None where no model has seen it."""
        from fetal.scans.similarity.perceptual_hash import near_duplicate_hash

        if any(scan.digests & one.digests for one in self._lists):
            return LEARNT
        look = near_duplicate_hash(scan.pixels, scan.sector)[None]
        return ALIKE if any(one.alike(look).any() for one in self._lists) else None
