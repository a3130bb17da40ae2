"""What a model's card says of its second reader: a small network that says whether it agrees."""

import math
from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Self

from fetal.bundle.errors import CardError
from fetal.planes import Plane


@dataclass(frozen=True)
class SecondReaderCard:
    """The second reader of a model; `second_reader` of its `card.json`.

    Attributes:
        architecture: the network, such as `sononet16`.
        rows: rows of the frame that it sees, in pixels (32 to 2048).
        columns: columns of that frame.
        classes: its own classes in the order of its scores.
        groups: which of its classes mean a plane; the others mean no standard plane.
        temperature: its scores are divided by it before they become probabilities; above 0.
        agree_at: it agrees with a plane to which it gives at least this probability; 0 to 1.
        crop_to_sector: whether a scan is cut to its sector before it sees it.
        training: what it has learnt from, and with which settings.
        data: the weights and data sets behind it: name, authors, licence, source.

    Example:
        >>> reader = SecondReaderCard(
        ...     "small", 224, 288, ("femur", "spine"), {Plane.FEMUR: ("femur",)})
        >>> SecondReaderCard.from_json(reader.to_json()) == reader
        True
    """

    architecture: str
    rows: int
    columns: int
    classes: tuple[str, ...]
    groups: dict[Plane, tuple[str, ...]]
    temperature: float = 1.0
    agree_at: float = 0.5
    crop_to_sector: bool = True
    training: dict[str, Any] = field(default_factory=dict)
    data: list[dict[str, Any]] = field(default_factory=list)

    def __post_init__(self) -> None:
        for name in ("rows", "columns"):
            size = getattr(self, name)
            _require(32 <= size <= 2048, name, "between 32 and 2048", size)
        named = Counter(name for names in self.groups.values() for name in names)
        known = Counter(self.classes)
        once = max(known.values(), default=0) == 1 and max(named.values(), default=0) == 1
        _require(
            once, "classes and groups", "a group, and each class once", (self.classes, self.groups)
        )
        _require(named <= known, "groups", f"only classes of {self.classes}", self.groups)
        possible = math.isfinite(self.temperature) and self.temperature > 0
        _require(possible, "temperature", "a number above 0", self.temperature)
        _require(0 <= self.agree_at <= 1, "agree_at", "0 to 1", self.agree_at)

    def to_json(self) -> dict[str, Any]:
        """The second reader as plain JSON values."""
        groups = {plane.value: list(names) for plane, names in self.groups.items()}
        return asdict(self) | {"classes": list(self.classes), "groups": groups}

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> Self:
        """Read what `to_json` wrote.

        Raises:
            CardError: something is missing or impossible.
        """
        try:
            return cls(
                architecture=str(values["architecture"]),
                rows=int(values["rows"]),
                columns=int(values["columns"]),
                classes=tuple(map(str, values["classes"])),
                groups={
                    Plane(plane): tuple(map(str, names))
                    for plane, names in values["groups"].items()
                },
                temperature=float(values["temperature"]),
                agree_at=float(values["agree_at"]),
                crop_to_sector=bool(values["crop_to_sector"]),
                training=dict(values["training"]),
                data=[dict(one) for one in values["data"]],
            )
        except CardError:
            raise
        except (KeyError, ValueError, TypeError, AttributeError) as error:
            raise CardError(
                f"What the model's card says of its second reader cannot be read ({error}). "
                "Copy the model again from where it came from."
            ) from error


def _require(holds: bool, key: str, expected: str, received: object) -> None:
    if not holds:
        raise CardError(
            f"The model's card says second_reader.{key} = {received!r}; expected {expected}. "
            "Correct the card, or copy the model again."
        )
