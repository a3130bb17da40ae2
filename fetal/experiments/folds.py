"""The labelled scans of an experiment, and how their patients are dealt out."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256

import numpy as np
from numpy.typing import NDArray

from fetal.planes import Plane
from fetal.scans import Box
from fetal.splits import TRAIN, VALIDATION, draw_patients, patient_folds

INNER_FOLDS = 6
"""A sixth of a training's patients stop it early; they neither train it nor judge it."""


@dataclass(frozen=True)
class ExperimentScan:
    """One labelled scan."""

    name: str
    """What its answers are filed under, such as the image's name."""
    digest: str
    """Of the file: the same bytes, the same digest."""
    plane: Plane
    patient: str
    read: Callable[[], tuple[NDArray[np.uint8], Box | None]]
    """Gives the pixels, uint8 (height, width), and the sector's box; may raise a `ScanError`."""


@dataclass(frozen=True)
class Split:
    """Which cases one training learns from, is stopped by and is judged on, by their numbers."""

    train: tuple[int, ...]
    validation: tuple[int, ...]
    judged: tuple[int, ...]


def draw(cases: Sequence[ExperimentScan], scans: int | None) -> list[ExperimentScan]:
    """Leave out what is there twice, and draw about so many scans by whole patients.

    Args:
        cases: Labelled scans.
        scans: About how many to draw. If None, all.
    """
    single = list({case.digest: case for case in reversed(cases)}.values())[::-1]
    if scans is None:
        return single
    drawn = draw_patients(_counts(single), scans)
    return [case for case in single if case.patient in drawn]


def split(cases: Sequence[ExperimentScan], folds: int, fold: int) -> Split:
    """Deal patients out for one fold.

    Args:
        cases: The scans of an experiment.
        folds: How many parts the patients are dealt into.
        fold: Which part is judged.

    Returns:
        The numbers of the cases; no patient is in two of the three.
    """
    outer = patient_folds(_counts(cases), folds)
    rest = [case for case in cases if outer[case.patient] != fold]
    left = _counts(rest)
    inner = patient_folds(left, min(INNER_FOLDS, len(left)), seed=fold + 1)

    def place(case: ExperimentScan) -> str:
        if outer[case.patient] == fold:
            return "judged"
        return TRAIN if inner[case.patient] else VALIDATION

    places = [place(case) for case in cases]
    return Split(
        **{
            name: tuple(number for number, where in enumerate(places) if where == name)
            for name in (TRAIN, VALIDATION, "judged")
        }
    )


def digest_of(cases: Sequence[ExperimentScan]) -> str:
    """One digest of scans, planes and patients: other data, another experiment."""
    lines = sorted(f"{case.digest} {case.plane} {case.patient}" for case in cases)
    return sha256("\n".join(lines).encode()).hexdigest()


def _counts(cases: Sequence[ExperimentScan]) -> Mapping[str, Counter[Plane]]:
    counts: dict[str, Counter[Plane]] = {}
    for case in cases:
        counts.setdefault(case.patient, Counter())[case.plane] += 1
    return counts
