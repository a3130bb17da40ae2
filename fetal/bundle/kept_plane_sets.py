"""Thresholds of sets of planes, as a card keeps them."""

from collections.abc import Mapping
from typing import Any

from fetal.bundle.errors import CardError
from fetal.metrics.conformal.set_thresholds import SetThresholds
from fetal.planes import Plane


def read_plane_sets(values: Mapping[str, Any]) -> SetThresholds | None:
    """Read the thresholds of sets of planes.

    Args:
        values: `calibration` of a `card.json`.

    Returns:
        The thresholds; none where the card has none.

    Raises:
        CardError: something of them is missing or impossible.
    """
    given = values.get("plane_sets")
    if given is None:
        return None
    try:
        return SetThresholds(
            coverage=float(given["coverage"]),
            least={Plane(name): float(least) for name, least in given["least"].items()},
            patients={Plane(name): int(count) for name, count in given["patients"].items()},
        )
    except ValueError as error:
        raise CardError(f"The model's card says calibration.plane_sets: {error}") from error
