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

SOURCE, MACHINE = "source", "machine"

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
    """What it shows, or what it is to be learnt as where it shows no plane at all."""
    patient: str
    read: Callable[[], tuple[NDArray[np.uint8], Box | None]]
    """Gives the pixels, uint8 (height, width), and the sector's box; may raise a `ScanError`."""
    source: str = ""
    """The data set or hospital, where that is told."""
    machine: str = ""
    """The ultrasound machine, where that is told."""
    kind: str = ""
    """What it shows, in words, such as “umbilical cord”; without them, the plane's title."""
    no_plane: bool = False
    """Whether it shows no fetal plane at all, such as an adult's lung."""

    def group(self, leave_out: str) -> str:
        """Which group it belongs to where one is left out at a time.

        Args:
            leave_out: `source`, or `machine` for one machine of one source.
        """
        source = self.source or "not told"
        if leave_out == SOURCE:
            return source
        return f"{source}, {self.machine or 'machine not told'}"


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
    judged = [outer[case.patient] == fold for case in cases]
    return _around(cases, judged, [not one for one in judged], fold)


def split_group(cases: Sequence[ExperimentScan], leave_out: str, group: str, fold: int) -> Split:
    """Judge one source or machine, and train on all the others.

    Args:
        cases: The scans of an experiment.
        leave_out: What a group is: `source` or `machine`.
        group: The one that is judged.
        fold: Its number among those that are judged in turn.

    Returns:
        The numbers of the cases. Scans of other groups whose patients the judged group shows too
        are in none of the three.

    Raises:
        ValueError: too few patients are left to train on.
    """
    judged = [case.group(leave_out) == group for case in cases]
    shown = {case.patient for case, one in zip(cases, judged, strict=True) if one}
    others = [case.patient not in shown for case in cases]
    if len({case.patient for case, one in zip(cases, others, strict=True) if one}) < 2:
        raise ValueError(
            f"Expected at least two patients beside those of “{group}” to train on; they "
            "are not there. Add scans of another source, or leave out machines instead."
        )
    return _around(cases, judged, others, fold)


def split_known(
    cases: Sequence[ExperimentScan], make: Callable[[Sequence[ExperimentScan]], Split]
) -> Split:
    """Deal out the scans that show a plane, and have the others judged in every fold.

    Args:
        cases: The scans of an experiment.
        make: Deals scans out for one fold.

    Returns:
        The numbers of the cases.
    """
    known = [number for number, case in enumerate(cases) if not case.no_plane]
    made = make([cases[number] for number in known])
    places = {name: tuple(known[one] for one in ones) for name, ones in vars(made).items()}
    strange = tuple(number for number, case in enumerate(cases) if case.no_plane)
    return Split(**{**places, "judged": (*places["judged"], *strange)})


def _around(
    cases: Sequence[ExperimentScan], judged: Sequence[bool], others: Sequence[bool], fold: int
) -> Split:
    """A sixth of the other patients stop the training; the rest of them are learnt from."""
    left = _counts([case for case, one in zip(cases, others, strict=True) if one])
    inner = patient_folds(left, min(INNER_FOLDS, len(left)), seed=fold + 1)
    places: dict[str, list[int]] = {TRAIN: [], VALIDATION: [], "judged": []}
    for number, case in enumerate(cases):
        if judged[number]:
            places["judged"].append(number)
        elif others[number]:
            places[TRAIN if inner[case.patient] else VALIDATION].append(number)
    return Split(**{name: tuple(numbers) for name, numbers in places.items()})


def digest_of(cases: Sequence[ExperimentScan]) -> str:
    """One digest of scans, planes and patients: other data, another experiment."""
    lines = sorted(f"{case.digest} {case.plane} {case.patient}" for case in cases)
    return sha256("\n".join(lines).encode()).hexdigest()


def _counts(cases: Sequence[ExperimentScan]) -> Mapping[str, Counter[Plane]]:
    counts: dict[str, Counter[Plane]] = {}
    for case in cases:
        counts.setdefault(case.patient, Counter())[case.plane] += 1
    return counts
