"""The planes that a scan may show, with the promise that goes with them."""

from dataclasses import dataclass

from fetal.planes import Plane

TOO_FEW = "too few scans of this plane for a promise"
"""What is said of a plane that the promise leaves out."""


@dataclass(frozen=True)
class PlaneSet:
    """A prediction set (Vovk, Gammerman and Shafer 2005): planes that cannot be ruled out.

    Attributes:
        planes: The planes in the set, the most probable first. It may be empty: then the scan is
            like none of the planes of which something is promised.
        unpromised: Planes of which too few scans were there to rule them out, or in, with a
            promise; the true plane may be one of them.
        coverage: How often, of 100 scans of a promised plane, the set holds it, as a share.

    Example:
        >>> PlaneSet((Plane.BRAIN, Plane.OTHER), (), 0.95).words
        'brain or other, 95 %'
        >>> PlaneSet((Plane.BRAIN,), (Plane.CERVIX,), 0.95).words
        'brain, 95 %; cervix: too few scans of this plane for a promise'
    """

    planes: tuple[Plane, ...]
    unpromised: tuple[Plane, ...]
    coverage: float

    @property
    def promise(self) -> str:
        """The planes and how surely, such as “brain or other, 95 %”."""
        named = " or ".join(plane.value for plane in self.planes) or "none of the planes"
        return f"{named}, {100 * self.coverage:g} %"

    @property
    def words(self) -> str:
        """The promise, and the planes that it leaves out."""
        if not self.unpromised:
            return self.promise
        left_out = ", ".join(plane.value for plane in self.unpromised)
        too_few = TOO_FEW if len(self.unpromised) == 1 else TOO_FEW.replace("this", "each")
        return f"{self.promise}; {left_out}: {too_few}"
