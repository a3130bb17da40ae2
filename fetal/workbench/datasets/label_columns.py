"""All labels, splits and near-duplicate pairs of a workspace in columns: small enough for memory.

A million scans with half of them labelled take about twenty megabytes.
"""

from array import array
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import func, select
from sqlalchemy.orm import Session, aliased

from fetal.planes import PLANES
from fetal.splits import TEST, TRAIN, VALIDATION
from fetal.store.bulk import any_of
from fetal.store.tables import (
    NOTE,
    SAMPLE,
    Annotation,
    Lookalike,
    LookalikeDecision,
    Patient,
    ScanRow,
)
from fetal.workbench.near_duplicates.groups import Pair, Standing, groups, standing

Numbers = NDArray[np.int64]

SPLITS = (TRAIN, VALIDATION, TEST)
"""The splits by their code in a column, from the one that learns to the strictest."""
NO_SPLIT = -1

_PLANE_CODES: dict[str | None, int] = {plane.value: code for code, plane in enumerate(PLANES)}
_ROWS = 10_000
"""Rows that are fetched at once."""


@dataclass(frozen=True, eq=False)
class PatientCodes:
    """Pseudonyms and their places in columns; a place is never given to another patient."""

    codes: list[str] = field(default_factory=list)
    places: dict[str, int] = field(default_factory=dict)

    def place(self, code: str) -> int:
        """Return the place of a patient, who gets the next one if new."""
        place = self.places.setdefault(code, len(self.codes))
        if place == len(self.codes):
            self.codes.append(code)
        return place


@dataclass(frozen=True, eq=False)
class Labels:
    """All stored scans whose newest label is a plane, in the order in which they came.

    Attributes:
        scan: int64 (n,), their numbers.
        given: int64 (n,), the number of the annotation by which the label stands.
        plane: int8 (n,), places in `fetal.planes.PLANES`.
        patient: int64 (n,), the patients' places.
        sample: bool (n,), whether it came with the program.
    """

    scan: Numbers
    given: Numbers
    plane: NDArray[np.int8]
    patient: Numbers
    sample: NDArray[np.bool_]

    def only(self, chosen: NDArray[np.bool_]) -> "Labels":
        """Return some of the scans.

        Args:
            chosen: bool (n,).
        """
        return Labels(
            self.scan[chosen],
            self.given[chosen],
            self.plane[chosen],
            self.patient[chosen],
            self.sample[chosen],
        )

    def replaced(self, changed: Iterable[int], now: "Labels") -> "Labels":
        """Return the labels after some scans were labelled anew.

        Args:
            changed: the numbers of these scans.
            now: those of them that have a label now.
        """
        kept = self.only(~np.isin(self.scan, np.fromiter(changed, np.int64)))
        places = np.searchsorted(kept.scan, now.scan)
        return Labels(
            np.insert(kept.scan, places, now.scan),
            np.insert(kept.given, places, now.given),
            np.insert(kept.plane, places, now.plane),
            np.insert(kept.patient, places, now.patient),
            np.insert(kept.sample, places, now.sample),
        )


@dataclass(frozen=True, eq=False)
class Pairs:
    """Near-duplicates: two stored scans each.

    Attributes:
        scans: int64 (n, 2), their numbers, the larger first.
        patients: int64 (n, 2), the patients' places.
        newest: the number of the newest row that was read.
    """

    scans: Numbers
    patients: Numbers
    newest: int


@dataclass(frozen=True, eq=False)
class Decisions:
    """What people said of near-duplicates.

    Attributes:
        standing: the decision that stands for each pair, by the two scans' numbers.
        together: the code of the group of each patient whom a person called one with another.
        newest: the number of the newest row.
    """

    standing: dict[Pair, Standing]
    together: dict[str, str]
    newest: int

    @cached_property
    def copies(self) -> Numbers:
        """The scans that a person called copies, which take part in nothing any more."""
        numbers = [one.left_out for one in self.standing.values() if one.left_out is not None]
        return np.array(numbers, np.int64)

    @cached_property
    def decided(self) -> Numbers:
        """The pairs that somebody has decided on, int64 (n, 2)."""
        return np.array(list(self.standing), np.int64).reshape(-1, 2)


@dataclass(frozen=True, eq=False)
class Columns:
    """What a retraining is planned from, as of one moment.

    Attributes:
        patients: the pseudonyms.
        labels: the labelled scans.
        splits: int8 (patients,), the split of each patient by its place in `SPLITS`; `NO_SPLIT`
            where none was given.
        pairs: the near-duplicates.
        decisions: what people said of them.
    """

    patients: PatientCodes
    labels: Labels
    splits: NDArray[np.int8]
    pairs: Pairs
    decisions: Decisions

    def is_in(self, split: str) -> NDArray[np.bool_]:
        """Return which labelled scans' patients were given a split.

        Args:
            split: train, validation or test.

        Returns:
            bool (n,), as long as `labels`.
        """
        return np.asarray(self.splits[self.labels.patient] == SPLITS.index(split))


def read_columns(session: Session) -> Columns:
    """Read everything; about two seconds for a million scans.

    Args:
        session: the transaction.

    Returns:
        The columns.
    """
    patients = PatientCodes()
    labels = read_labels(session, patients)
    pairs = read_pairs(session, patients)
    return Columns(patients, labels, read_splits(session, patients), pairs, read_decisions(session))


def read_labels(
    session: Session, patients: PatientCodes, scans: Sequence[int] | None = None
) -> Labels:
    """Read the labels of some scans.

    Args:
        session: the transaction.
        patients: gets the patients who are new.
        scans: the scans' numbers; if None, all.

    Returns:
        Those of them whose newest label is a plane.
    """
    query = (
        select(
            Annotation.scan_id, Annotation.id, Annotation.label, ScanRow.patient_id, ScanRow.source
        )
        .join(ScanRow, ScanRow.id == Annotation.scan_id)
        .where(Annotation.kind != NOTE)
        .order_by(Annotation.scan_id, Annotation.id)
        .execution_options(yield_per=_ROWS)
    )
    if scans is not None:
        query = query.where(any_of(Annotation.scan_id, scans))
    scan, given, patient = array("q"), array("q"), array("q")
    plane, sample = array("b"), array("b")
    for number, annotation, label, code, source in session.execute(query):
        if scan and scan[-1] == number:
            # An earlier label of the same scan.
            for column in (scan, given, patient, plane, sample):
                column.pop()
        scan.append(number)
        given.append(annotation)
        patient.append(patients.place(code))
        plane.append(_PLANE_CODES.get(label, -1))
        sample.append(source == SAMPLE)
    every = Labels(
        np.array(scan, np.int64),
        np.array(given, np.int64),
        np.array(plane, np.int8),
        np.array(patient, np.int64),
        np.array(sample, np.bool_),
    )
    return every.only(every.plane >= 0)


def read_pairs(session: Session, patients: PatientCodes, after: int = 0) -> Pairs:
    """Read near-duplicates.

    Args:
        session: the transaction.
        patients: gets the patients who are new.
        after: only rows with a larger number.
    """
    one, other = aliased(ScanRow), aliased(ScanRow)
    rows = session.execute(
        select(
            Lookalike.id, Lookalike.scan_id, Lookalike.other_id, one.patient_id, other.patient_id
        )
        .join(one, one.id == Lookalike.scan_id)
        .join(other, other.id == Lookalike.other_id)
        .where(Lookalike.id > after)
        .execution_options(yield_per=_ROWS)
    )
    newest, scans, places = after, array("q"), array("q")
    for number, first, second, *codes in rows:
        newest = max(newest, number)
        scans.extend((first, second))
        places.extend(patients.place(code) for code in codes)
    return Pairs(
        np.array(scans, np.int64).reshape(-1, 2), np.array(places, np.int64).reshape(-1, 2), newest
    )


def read_decisions(session: Session) -> Decisions:
    """Read what people said of near-duplicates.

    Args:
        session: the transaction.
    """
    newest = session.scalar(select(func.max(LookalikeDecision.id))) or 0
    return Decisions(standing(session), groups(session), newest)


def read_splits(session: Session, patients: PatientCodes) -> NDArray[np.int8]:
    """Read the splits that patients were given, which never change.

    Args:
        session: the transaction.
        patients: gets the patients who are new.

    Returns:
        int8 (patients,), as `Columns.splits`.
    """
    query = select(Patient.id, Patient.split).where(Patient.split.is_not(None))
    given = [(patients.place(code), split) for code, split in session.execute(query)]
    splits = np.full(len(patients.codes), NO_SPLIT, np.int8)
    for place, split in given:
        splits[place] = SPLITS.index(split)
    return splits
