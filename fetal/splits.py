"""Which patients train, which validate and which test. Patients are split, never scans.

There is deliberately no function here that takes scans: what cannot be asked for cannot leak.
"""

import hashlib
from collections.abc import Mapping, Sequence

from fetal.planes import Plane

TRAIN, VALIDATION, TEST = "train", "validation", "test"

SHARES: dict[str, float] = {TRAIN: 0.65, TEST: 0.20, VALIDATION: 0.15}
"""The share of each plane's scans that each side should hold."""

Counts = Mapping[str, Mapping[Plane, int]]


def assign_sides(patients: Counts, sides: Mapping[str, str]) -> dict[str, str]:
    """Give every patient without a side one; a patient who has one keeps it for ever.

    New patients go, in an order that depends on their pseudonym alone, to the side that most
    lacks the planes they bring, so that every side holds every plane in proportion (greedy
    iterative stratification after Sechidis et al. 2011, with patients as the units).

    Args:
        patients: For each patient, how many labelled scans of each plane there are.
        sides: The sides given earlier; may name patients who are not in `patients`.

    Returns:
        A side for every patient of `patients`.

    Example:
        >>> assign_sides({"P-1": {Plane.BRAIN: 3}}, {})
        {'P-1': 'train'}
    """
    held = {side: dict.fromkeys(Plane, 0.0) for side in SHARES}
    for patient, planes in patients.items():
        if patient in sides:
            _add(held[sides[patient]], planes)
    result = {patient: sides[patient] for patient in patients if patient in sides}
    for patient in sorted(patients.keys() - sides.keys(), key=_order):
        planes = patients[patient]
        side = _empty_side(held) or max(SHARES, key=lambda name: _need(held, name, planes))
        _add(held[side], planes)
        result[patient] = side
    return result


def check_apart(sides: Mapping[str, Sequence[str]]) -> None:
    """Make sure that no patient stands on two sides.

    Args:
        sides: For each side, the patients of its scans.

    Raises:
        ValueError: a patient is on more than one side; the message names one.
    """
    seen: dict[str, str] = {}
    for side, patients in sides.items():
        for patient in patients:
            if seen.setdefault(patient, side) != side:
                raise ValueError(
                    f"Patient {patient} is in both {seen[patient]} and {side}. "
                    "A patient's scans must all be on one side: move them to one of the two."
                )


def _order(patient: str) -> bytes:
    return hashlib.sha256(patient.encode()).digest()


def _add(held: dict[Plane, float], planes: Mapping[Plane, int]) -> None:
    for plane, count in planes.items():
        held[plane] += count


def _empty_side(held: dict[str, dict[Plane, float]]) -> str | None:
    """A side that nobody is on yet: it comes first, since without one nothing can be compared."""
    empty = [side for side, counts in held.items() if not any(counts.values())]
    return empty[0] if empty else None


def _need(held: dict[str, dict[Plane, float]], side: str, planes: Mapping[Plane, int]) -> float:
    total = {
        plane: sum(counts[plane] for counts in held.values()) + planes[plane] for plane in planes
    }
    return sum(SHARES[side] * total[plane] - held[side][plane] for plane in planes)
