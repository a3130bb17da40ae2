"""In which split each patient with a labelled scan is, or would be after a retraining."""

import threading
from collections.abc import Sequence
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Row, select
from sqlalchemy.orm import Session

from fetal.planes import PLANES, Plane
from fetal.splits import TEST, TRAIN, VALIDATION, assign_new
from fetal.store.bulk import any_of, batches
from fetal.store.tables import ScanRow
from fetal.workbench.datasets.label_columns import (
    NO_SPLIT,
    SPLITS,
    Columns,
    Decisions,
    Labels,
    Numbers,
)

_AT_ONCE = 5000
"""Patients in one statement: databases take only so many values at a time."""

_TRAIN, _VALIDATION, _TEST = (SPLITS.index(split) for split in (TRAIN, VALIDATION, TEST))


class Groups:
    """Patients as they are split: those that a person called one patient are one group.

    Args:
        columns: the patients, and whom a person called one.

    Attributes:
        names: the code of each group; a patient who stands alone is a group of that one.
        of: int64 (patients,), the place of each patient's group among `names`.
    """

    def __init__(self, columns: Columns) -> None:
        # The codes may be those of an index that knows more patients by now.
        count, known = len(columns.splits), columns.patients.places
        self.names = columns.patients.codes[:count]
        self.of: Numbers = np.arange(count)
        members: list[tuple[int, int]] = []
        places: dict[str, int] = {}
        for code, name in columns.decisions.together.items():
            if name not in places:
                places[name] = len(self.names)
                self.names.append(name)
            # A member may have no labelled scan, so that no column names it.
            if (place := known.get(code, count)) < count:
                self.of[place] = places[name]
                members.append((place, places[name]))
        self._members: Numbers = np.array(members, np.int64).reshape(-1, 2)

    def strictest(self, splits: NDArray[np.int8]) -> NDArray[np.int8]:
        """Return the split of each group; where its patients are in two, the stricter.

        Args:
            splits: int8 (patients,), as `Columns.splits`.

        Returns:
            int8 (groups,); `NO_SPLIT` where none of its patients has one.
        """
        found = np.full(len(self.names), NO_SPLIT, np.int8)
        found[: len(splits)] = splits
        members, group = self._members.T
        np.maximum.at(found, group, splits[members])
        found[members] = NO_SPLIT
        return found


def groups_of(columns: Columns) -> Groups:
    """Return how patients are split, kept until patients or decisions are new.

    Args:
        columns: the patients, and whom a person called one.
    """
    count = len(columns.splits)
    with _MAKING:
        known = _KNOWN.get(columns.decisions)
        if known is None or known[0] != count:
            known = _KNOWN[columns.decisions] = (count, Groups(columns))
        return known[1]


_KNOWN: WeakKeyDictionary[Decisions, tuple[int, Groups]] = WeakKeyDictionary()
_MAKING = threading.Lock()


def plan_splits(
    session: Session, columns: Columns, labels: Labels, groups: Groups, known: Numbers
) -> NDArray[np.int8]:
    """Return in which split each patient with a labelled scan is, or would be.

    A split given earlier stays for ever. A patient whom the champion has seen is never tested on:
    the model would be asked what it has learnt by heart. For the same reason such a patient
    trains, unless there is nobody else to check on during training. Samples are no patients, so
    none of them takes a place in the locked test set. Patients that a person called one patient
    go to one split together.

    Args:
        session: the transaction.
        columns: splits given so far.
        labels: the labelled scans that take part.
        groups: which patients are one.
        known: the scans that the champion has learnt from, or their like.

    Returns:
        int8 (patients,), the split of each; `NO_SPLIT` where no scan is labelled. Nothing is
        written.
    """
    of_scan = groups.of[labels.patient]
    planes = np.bincount(
        of_scan * len(PLANES) + labels.plane, minlength=len(groups.names) * len(PLANES)
    ).reshape(-1, len(PLANES))
    labelled = planes.any(axis=1)
    sample = np.zeros(len(groups.names), np.bool_)
    sample[of_scan[labels.sample]] = True
    given = groups.strictest(columns.splits)
    new = labelled & (given == NO_SPLIT)
    seen = new & ~sample & _seen(session, columns, groups, new, known)
    splits = np.where(labelled, given, NO_SPLIT).astype(np.int8)
    splits[seen] = _TRAIN
    _assign(splits, planes, groups, labelled & ~sample)
    _assign(splits, planes, groups, labelled & sample, tested=False)
    if not (splits == _VALIDATION).any():
        splits[seen] = NO_SPLIT
        _assign(splits, planes, groups, seen, tested=False)
    found = np.full(len(groups.of), NO_SPLIT, np.int8)
    patients = np.flatnonzero(np.bincount(labels.patient, minlength=len(groups.of)))
    found[patients] = splits[groups.of[patients]]
    # In a group, who had a split keeps it.
    had = patients[columns.splits[patients] != NO_SPLIT]
    found[had] = columns.splits[had]
    return found


def _assign(
    splits: NDArray[np.int8],
    planes: Numbers,
    groups: Groups,
    chosen: NDArray[np.bool_],
    *,
    tested: bool = True,
) -> None:
    """Assign those of the chosen groups that have no split one, in proportion to the others."""
    held: dict[str, dict[Plane, int]] = {
        split: _counted(planes[chosen & (splits == code)].sum(axis=0))
        for code, split in enumerate(SPLITS)
    }
    new = np.flatnonzero(chosen & (splits == NO_SPLIT))
    places = {groups.names[place]: place for place in new.tolist()}
    wanted = {name: _counted(planes[place]) for name, place in places.items()}
    for name, split in assign_new(wanted, held).items():
        code = SPLITS.index(split)
        splits[places[name]] = code if tested or code != _TEST else _TRAIN


def _counted(planes: Numbers) -> dict[Plane, int]:
    return {PLANES[code]: count for code, count in enumerate(planes.tolist()) if count}


def _seen(
    session: Session,
    columns: Columns,
    groups: Groups,
    new: NDArray[np.bool_],
    known: Numbers,
) -> NDArray[np.bool_]:
    """Which groups show a scan that the champion has learnt from; only asked of new ones."""
    seen = np.zeros(len(groups.names), np.bool_)
    codes = [columns.patients.codes[place] for place in np.flatnonzero(new[groups.of]).tolist()]
    if not len(known) or not codes:
        return seen
    if len(known) <= len(codes):
        rows = session.execute(
            select(ScanRow.id, ScanRow.patient_id).where(any_of(ScanRow.id, known.tolist()))
        ).all()
    else:
        rows = scans_of_patients(session, codes)
    learnt = np.isin(np.array([row.id for row in rows], np.int64), known)
    places, count = columns.patients.places, len(groups.of)
    for row, is_known in zip(rows, learnt, strict=True):
        if is_known and (place := places.get(row.patient_id, count)) < count:
            seen[groups.of[place]] = True
    return seen


def scans_of_patients(session: Session, codes: Sequence[str]) -> list[Row[int, str]]:
    """List the scans of some patients.

    Args:
        session: the transaction.
        codes: the patients' pseudonyms, each once.

    Returns:
        The number of each scan, and its patient.
    """
    return [
        row
        for some in batches(codes, _AT_ONCE)
        for row in session.execute(
            select(ScanRow.id, ScanRow.patient_id).where(ScanRow.patient_id.in_(some))
        )
    ]
