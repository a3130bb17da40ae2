"""Which patients train, which validate and which test. Patients are split, never scans.

There is deliberately no function here that takes scans: what cannot be asked for cannot leak.

Libraries were weighed: docs/contributor.md, “What is ours and why”.
"""

import hashlib
import warnings
from collections.abc import Hashable, Mapping, Sequence
from enum import StrEnum
from typing import Any, TypeVar

from fetal.planes import Plane


class Split(StrEnum):
    """What the scans of a patient are used for."""

    TRAIN = "train"
    VALIDATION = "validation"
    TEST = "test"


TRAIN, VALIDATION, TEST = Split.TRAIN, Split.VALIDATION, Split.TEST

STRICT: dict[str, int] = {TRAIN: 0, VALIDATION: 1, TEST: 2}
"""How far from learning a split is kept: where two meet in one patient, the larger one counts."""

SHARES: dict[str, float] = {TRAIN: 0.65, TEST: 0.20, VALIDATION: 0.15}
"""The share of each plane's scans that each split should hold."""

Counts = Mapping[str, Mapping[Plane, int]]

Name = TypeVar("Name", bound=Hashable)


def assign_splits(patients: Counts, splits: Mapping[str, str]) -> dict[str, str]:
    """Give every patient without a split one; a patient who has one keeps it for ever.

    New patients go, in an order that depends on their pseudonym alone, to the split that most
    lacks the planes they bring, so that every split holds every plane in proportion (greedy
    iterative stratification after Sechidis et al. 2011, with patients as the units).

    Args:
        patients: For each patient, how many labelled scans of each plane there are.
        splits: The splits given earlier; may name patients who are not in `patients`.

    Returns:
        A split for every patient of `patients`.

    Example:
        >>> assign_splits({"P-1": {Plane.BRAIN: 3}}, {})["P-1"]
        <Split.TRAIN: 'train'>
    """
    held = {split: dict.fromkeys(Plane, 0) for split in SHARES}
    for patient, planes in patients.items():
        if patient in splits:
            for plane, count in planes.items():
                held[splits[patient]][plane] += count
    result = {patient: splits[patient] for patient in patients if patient in splits}
    new = {patient: planes for patient, planes in patients.items() if patient not in splits}
    return result | assign_new(new, held)


def assign_new(patients: Counts, held: Mapping[str, Mapping[Plane, int]]) -> dict[str, str]:
    """Give every one of some patients without a split one, as `assign_splits` does.

    Args:
        patients: For each of them, how many labelled scans of each plane there are.
        held: How many scans of each plane the splits hold already.

    Returns:
        The split of every patient of `patients`.
    """
    filled = {split: dict.fromkeys(Plane, 0.0) for split in SHARES}
    for split, planes in held.items():
        _add(filled[split], planes)
    result: dict[str, str] = {}
    for patient in sorted(patients, key=_order):
        planes = patients[patient]
        empty = _empty_splits(filled)
        split = empty[0] if empty else _neediest(filled, SHARES, planes)
        _add(filled[split], planes)
        result[patient] = split
    return result


def patient_folds(patients: Counts, folds: int, seed: int = 0) -> dict[str, int]:
    """Deal patients out to folds that each hold every plane in proportion.

    Args:
        patients: For each patient, how many labelled scans of each plane there are.
        folds: How many folds, at least 2 and at most as many as patients.
        seed: Another seed deals the patients in another order; the same, always the same.

    Returns:
        The fold of every patient, 0 to `folds` - 1.

    Raises:
        ValueError: there are fewer than 2 folds, or fewer patients than folds.

    Example:
        >>> clinic = {f"P-{number}": {Plane.BRAIN: 1} for number in range(4)}
        >>> sorted(patient_folds(clinic, 2).values())
        [0, 0, 1, 1]
    """
    if not 2 <= folds <= len(patients):
        raise ValueError(
            f"Expected at least 2 folds and at most one for each of the {len(patients)} patients; "
            f"received {folds}. Choose another number of folds, or label scans of more patients."
        )
    return _deal(patients, dict.fromkeys(range(folds), 1 / folds), f"folds {seed}")


def draw_patients(patients: Counts, scans: int, seed: int = 0) -> set[str]:
    """Draw patients who together have about so many scans, of every plane in proportion.

    Args:
        patients: For each patient, how many labelled scans of each plane there are.
        scans: How many scans to come near to.
        seed: Another seed draws others; the same, always the same.

    Returns:
        The patients drawn: all of them where they have no more than `scans` scans.

    Example:
        >>> clinic = {f"P-{number}": {Plane.BRAIN: 1} for number in range(10)}
        >>> len(draw_patients(clinic, 4))
        4
    """
    there = sum(sum(planes.values()) for planes in patients.values())
    if scans >= there:
        return set(patients)
    share = scans / there
    dealt = _deal(patients, {True: share, False: 1 - share}, f"draw {seed}")
    return {patient for patient, drawn in dealt.items() if drawn}


def check_apart(splits: Mapping[str, Sequence[str]]) -> None:
    """Make sure that no patient stands in two splits.

    Args:
        splits: For each split, the patients of its scans.

    Raises:
        ValueError: a patient is on more than one split; the message names one.
    """
    seen: dict[str, str] = {}
    for split, patients in splits.items():
        for patient in patients:
            if seen.setdefault(patient, split) != split:
                raise ValueError(
                    f"Patient {patient} is in both {seen[patient]} and {split}. "
                    "A patient's scans must all be in one split: move them to one of the two."
                )


def _deal(patients: Counts, shares: Mapping[Name, float], salt: str) -> dict[str, Name]:
    held = {split: dict.fromkeys(Plane, 0.0) for split in shares}
    result: dict[str, Name] = {}
    for patient in sorted(patients, key=lambda name: _order(f"{salt} {name}")):
        split = _neediest(held, shares, patients[patient])
        _add(held[split], patients[patient])
        result[patient] = split
    return result


def _order(patient: str) -> bytes:
    return hashlib.sha256(patient.encode()).digest()


def _add(held: dict[Plane, float], planes: Mapping[Plane, int]) -> None:
    for plane, count in planes.items():
        held[plane] += count


def _empty_splits(held: Mapping[str, Mapping[Plane, float]]) -> list[str]:
    """Splits that nobody is on yet: they come first, since without one nothing can be compared."""
    return [split for split, counts in held.items() if not any(counts.values())]


def _neediest(
    held: Mapping[Name, Mapping[Plane, float]],
    shares: Mapping[Name, float],
    planes: Mapping[Plane, int],
) -> Name:
    """The split that most lacks the planes that a patient brings."""
    total = {
        plane: sum(counts[plane] for counts in held.values()) + planes[plane] for plane in planes
    }

    def need(split: Name) -> float:
        return sum(shares[split] * total[plane] - held[split][plane] for plane in planes)

    return max(shares, key=need)


def __getattr__(name: str) -> Any:
    if name == "assign_sides":
        # Its name in version 0.1.
        warnings.warn("Use assign_splits; assign_sides will go.", DeprecationWarning, stacklevel=2)
        return assign_splits
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
