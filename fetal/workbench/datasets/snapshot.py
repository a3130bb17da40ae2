"""The frozen list of scans and labels that a run uses, and who is in which split."""

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from fetal.jobs.lease import touched
from fetal.planes import Plane
from fetal.splits import STRICT, TEST, TRAIN, VALIDATION, assign_splits
from fetal.store.blobs import Blobs
from fetal.store.tables import NOTE, SAMPLE, Annotation, Patient, ScanRow
from fetal.workbench.near_duplicates.groups import groups, left_out

_AT_ONCE = 5000
"""Patients in one statement: databases take only so many values at a time."""


@dataclass(frozen=True)
class Labelled:
    """A stored scan that a person says shows a plane.

    `group` is the patient, or the code that stands for all patients that a person called one.
    """

    scan: int
    digest: str
    blob: str
    box: list[int]
    source: str
    patient: str
    group: str
    plane: Plane
    labelled_at: datetime

    def entry(self, split: str) -> dict[str, Any]:
        """The scan as a snapshot holds it."""
        return {
            "scan": self.scan,
            "digest": self.digest,
            "blob": self.blob,
            "box": self.box,
            "plane": self.plane.value,
            "patient": self.group,
            "split": split,
        }


def newest_labels() -> Any:
    """A subquery of each scan's newest label row: scan_id, label, at."""
    newest = (
        select(func.max(Annotation.id).label("id"))
        .where(Annotation.kind != NOTE)
        .group_by(Annotation.scan_id)
        .subquery()
    )
    return (
        select(Annotation.scan_id, Annotation.label, Annotation.at)
        .join(newest, newest.c.id == Annotation.id)
        .subquery()
    )


def labelled(session: Session) -> list[Labelled]:
    """All scans whose newest label is a plane, but copies left out, in the order they came."""
    label = newest_labels()
    together, copies = groups(session), left_out(session)
    rows = session.execute(
        select(ScanRow, label.c.label, label.c.at)
        .join(label, label.c.scan_id == ScanRow.id)
        .where(label.c.label.in_([plane.value for plane in Plane]))
        .order_by(ScanRow.id)
    )
    return [
        Labelled(
            scan.id,
            scan.digest,
            scan.blob,
            list(scan.sector),
            scan.source,
            scan.patient_id,
            together.get(scan.patient_id, scan.patient_id),
            Plane(plane),
            at,
        )
        for scan, plane, at in rows
        if scan.id not in copies
    ]


def unlabelled(session: Session) -> list[int]:
    """The scans that wait for a label, newest first."""
    label = newest_labels()
    query = (
        select(ScanRow.id)
        .outerjoin(label, label.c.scan_id == ScanRow.id)
        .where(label.c.label.is_(None))
        .order_by(ScanRow.id.desc())
    )
    return list(session.scalars(query))


def plan_splits(
    session: Session, scans: Iterable[Labelled], known: frozenset[str]
) -> dict[str, str]:
    """Say in which split each patient with a labelled scan is, or would be.

    A split given earlier stays for ever. A patient whom the champion has seen is never tested on:
    the model would be asked what it has learnt by heart. For the same reason such a patient
    trains, unless there is nobody else to check on during training. Samples are no patients, so
    none of them takes a place in the locked test set. Patients that a person called one patient
    go to one split together.

    Args:
        session: the transaction.
        scans: the labelled scans.
        known: digests of the scans that the champion has learnt from.

    Returns:
        The split of each patient; nothing is written.
    """
    scans = list(scans)
    together = groups(session)
    given = given_splits(session)
    of_groups = _strictest(given, together)
    seen = {together.get(one, one) for one in _patients_of(session, known)} - of_groups.keys()
    samples = {scan.group for scan in scans if scan.source == SAMPLE}
    counts = _planes_per_group(scans)
    real = {group: counts[group] for group in counts.keys() - samples}
    splits = assign_splits(real, of_groups | dict.fromkeys(seen, TRAIN))
    splits |= _untested({group: counts[group] for group in samples}, of_groups)
    if VALIDATION not in splits.values():
        splits |= _untested({group: real[group] for group in seen & real.keys()}, of_groups)
    return {scan.patient: given.get(scan.patient, splits[scan.group]) for scan in scans}


def given_splits(session: Session) -> dict[str, str]:
    """The splits that patients were given, which never change."""
    query = select(Patient.id, Patient.split).where(Patient.split.is_not(None))
    return {patient: split for patient, split in session.execute(query) if split is not None}


def _strictest(given: Mapping[str, str], together: Mapping[str, str]) -> dict[str, str]:
    """The split of each group; where its patients were in two before anybody knew, the stricter."""
    splits: dict[str, str] = {}
    for patient, split in given.items():
        group = together.get(patient, patient)
        splits[group] = max(split, splits.get(group, split), key=STRICT.__getitem__)
    return splits


def _untested(
    patients: Mapping[str, Mapping[Plane, int]], given: Mapping[str, str]
) -> dict[str, str]:
    splits = assign_splits(patients, given)
    # Only a split that was given earlier is for ever.
    return {
        patient: TRAIN if split == TEST and patient not in given else split
        for patient, split in splits.items()
    }


def keep_splits(session: Session, splits: Mapping[str, str]) -> int:
    """Write down the splits of patients who have none; those who have one keep it.

    Args:
        session: the transaction.
        splits: the split of each patient.

    Returns:
        How many patients got a split: fewer than asked for if one is gone or has one already.
    """
    given = 0
    for split in (TRAIN, VALIDATION, TEST):
        codes = [code for code, wanted in splits.items() if wanted == split]
        for start in range(0, len(codes), _AT_ONCE):
            changed = session.execute(
                update(Patient)
                .where(Patient.id.in_(codes[start : start + _AT_ONCE]), Patient.split.is_(None))
                .values(split=split)
                .execution_options(synchronize_session=False)
            )
            given += touched(changed)
    return given


def count_splits(
    scans: Iterable[Labelled], splits: Mapping[str, str]
) -> dict[str, dict[Plane, int]]:
    """How many scans of each plane are in each split."""
    counts: dict[str, dict[Plane, int]] = {
        split: dict.fromkeys(Plane, 0) for split in (TRAIN, VALIDATION, TEST)
    }
    for scan in scans:
        counts[splits[scan.patient]][scan.plane] += 1
    return counts


def freeze(
    blobs: Blobs, scans: Iterable[Labelled], splits: Mapping[str, str]
) -> tuple[str, dict[str, Any]]:
    """Store the snapshot of a run under its own digest.

    Args:
        blobs: the files.
        scans: the labelled scans.
        splits: the split of each of their patients.

    Returns:
        The blob's key, and the counts to be shown with the run.
    """
    scans = list(scans)
    entries = [scan.entry(splits[scan.patient]) for scan in scans]
    learning = [entry for entry in entries if entry["split"] != TEST]
    snapshot = {
        "examples": learning,
        "test": [entry for entry in entries if entry["split"] == TEST],
    }
    content = json.dumps(snapshot, sort_keys=True).encode()
    digest = hashlib.sha256(content).hexdigest()
    key = f"snapshots/{digest}.json"
    blobs.put(key, content)
    counts = {
        "scans": len(learning),
        "patients": len({entry["patient"] for entry in learning}),
        "splits": count_splits(scans, splits),
        "digest": digest,
    }
    return key, counts


def _planes_per_group(scans: Iterable[Labelled]) -> dict[str, dict[Plane, int]]:
    counts: dict[str, Counter[Plane]] = {}
    for scan in scans:
        counts.setdefault(scan.group, Counter())[scan.plane] += 1
    return {group: dict(planes) for group, planes in counts.items()}


def _patients_of(session: Session, digests: frozenset[str]) -> set[str]:
    if not digests:
        return set()
    rows = session.execute(select(ScanRow.digest, ScanRow.patient_id))
    return {patient for digest, patient in rows if digest in digests}
