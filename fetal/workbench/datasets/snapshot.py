"""The frozen list of scans and labels that a run uses."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from fetal.jobs.claims.fenced_row import touched
from fetal.planes import PLANES
from fetal.splits import TEST, TRAIN, VALIDATION
from fetal.store.blobs import Blobs
from fetal.store.bulk import any_of, batches
from fetal.store.contents import EXAMPLES, HELD_OUT, put_snapshot, snapshot_digest
from fetal.store.tables import Patient, ScanRow
from fetal.workbench.datasets.label_columns import SPLITS, Labels

_AT_ONCE = 5000
"""Scans or patients in one statement."""

_TEST = SPLITS.index(TEST)


def freeze(
    session: Session, blobs: Blobs, labels: Labels, split: Sequence[int], groups: Sequence[str]
) -> tuple[str, str]:
    """Store the snapshot of a run under its own digest.

    Args:
        session: the transaction in which the labels were read.
        blobs: the files.
        labels: the labelled scans that take part.
        split: the place in `SPLITS` of each scan's split.
        groups: the code of each scan's patient, or of the group that the patient belongs to.

    Returns:
        The blob's key, and its digest.
    """
    entries = zip(split, _entries(session, labels, split, groups), strict=True)
    key = put_snapshot(
        blobs, ((HELD_OUT if code == _TEST else EXAMPLES, entry) for code, entry in entries)
    )
    return key, snapshot_digest(key)


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
        for some in batches(codes, _AT_ONCE):
            changed = session.execute(
                update(Patient)
                .where(Patient.id.in_(some), Patient.split.is_(None))
                .values(split=split)
                .execution_options(synchronize_session=False)
            )
            given += touched(changed)
    return given


def _entries(
    session: Session, labels: Labels, split: Sequence[int], groups: Sequence[str]
) -> Iterator[dict[str, Any]]:
    """Yield each scan as a snapshot holds it."""
    numbers, planes = labels.scan.tolist(), labels.plane.tolist()
    for start in range(0, len(numbers), _AT_ONCE):
        part = range(start, min(start + _AT_ONCE, len(numbers)))
        rows = session.execute(
            select(ScanRow.id, ScanRow.digest, ScanRow.blob, ScanRow.sector).where(
                any_of(ScanRow.id, numbers[part.start : part.stop])
            )
        )
        found = {row.id: row for row in rows}
        for place in part:
            row = found[numbers[place]]
            yield {
                "scan": row.id,
                "digest": row.digest,
                "blob": row.blob,
                "box": list(row.sector),
                "plane": PLANES[planes[place]].value,
                "patient": groups[place],
                "split": SPLITS[split[place]],
            }
