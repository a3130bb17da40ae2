"""What the second reader says of a scan: one of five answers, and whether it agrees."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

from fetal.metrics.percent import percent
from fetal.planes import Plane

NO_PLANE_WORDS = "no standard plane"


@dataclass(frozen=True)
class SecondOpinion:
    """What the second reader says of one scan.

    Attributes:
        probabilities: calibrated, of the planes that it knows, 0 to 1.
        no_plane: how probable it is that the scan shows none of them; 1 less all of these.
        agrees: whether it agrees with the plane that the first reader names
            (`fetal.predict.uncertainty.readers_agree`).

    Example:
        >>> SecondOpinion({Plane.FEMUR: 0.97}, 0.03, True).words
        'femur 97 %'
    """

    probabilities: dict[Plane, float]
    no_plane: float
    agrees: bool

    @property
    def plane(self) -> Plane | None:
        """Its most probable answer; None is no standard plane."""
        best = max(self.probabilities, key=lambda plane: self.probabilities[plane])
        return best if self.probabilities[best] > self.no_plane else None

    @property
    def confidence(self) -> float:
        """How probable its answer is, 0 to 1."""
        return self.no_plane if self.plane is None else self.probabilities[self.plane]

    @property
    def name(self) -> str:
        """Its answer in a person's words."""
        return NO_PLANE_WORDS if self.plane is None else self.plane.value

    @property
    def words(self) -> str:
        """Its answer and how probable that is, such as `no standard plane 91 %`."""
        return f"{self.name} {percent(self.confidence)}"

    def to_json(self) -> dict[str, Any]:
        """Plain values, as the database holds them."""
        shares = {plane.value: share for plane, share in self.probabilities.items()}
        return {"probabilities": shares, "no_plane": self.no_plane, "agrees": self.agrees}

    @classmethod
    def from_json(cls, values: Mapping[str, Any] | None) -> Self | None:
        """The inverse of `to_json`; None where no second reader said anything."""
        if values is None:
            return None
        shares = {Plane(name): float(share) for name, share in values["probabilities"].items()}
        return cls(shares, float(values["no_plane"]), bool(values["agrees"]))


def opinion_cells(second: SecondOpinion | None) -> tuple[str, str]:
    """Return what a table tells of the second reader: its answer, and whether both agree.

    Example:
        >>> opinion_cells(SecondOpinion({Plane.FEMUR: 0.97}, 0.03, True))
        ('femur 97 %', 'yes')
        >>> opinion_cells(None)
        ('', '')
    """
    return ("", "") if second is None else (second.words, "yes" if second.agrees else "no")
