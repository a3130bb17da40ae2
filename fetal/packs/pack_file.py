"""One labelled image of a pack."""

from dataclasses import dataclass, replace
from pathlib import Path

from fetal.planes import Plane
from fetal.scans import Box, Scan, pixel_digest, read_grey, read_scan
from fetal.scans.limits import Limits, read_within

TRAIN_ROLE, TEST_ROLE = "train", "test"


@dataclass(frozen=True)
class PackFile:
    """One labelled image of a pack.

    Attributes:
        path: where it is.
        plane: what it shows; `Plane.OTHER` for a fetal frame of no named plane, and None for what
            is no fetal plane at all, such as an adult's lung.
        kind: what it shows, in words: the plane's title, or such as “umbilical cord”.
        patient: whom, with the source, so that two sources' first patients are two.
        source: the data set or hospital.
        machine: the ultrasound machine, or None where nobody tells.
        role: `train`, or `test` for what is only measured on.
        framed: whether it is a sector already cut out and blanked.
        digest: of the scan that it was framed from, where it was.
        look: the near-duplicate hash of that scan, where it was.
    """

    path: Path
    plane: Plane | None
    kind: str
    patient: str
    source: str
    machine: str | None
    role: str
    framed: bool = False
    digest: str | None = None
    look: str | None = None

    @property
    def test(self) -> bool:
        """Whether it is kept out of training."""
        return self.role != TRAIN_ROLE

    def read(self) -> Scan:
        """Read it as a scan.

        Raises:
            ScanError: it is none.
        """
        data = read_within(self.path)
        if not self.framed:
            return read_scan(data, self.path.name)
        # Another look for a sector in what is one already could only take tissue away.
        pixels = read_grey(data, replace(Limits.from_environment(), shortest_side=1))
        height, width = pixels.shape
        return Scan(pixels, Box(0, 0, width, height), True, self.digest or pixel_digest(pixels))
