"""Where scans that look alike would let a model be tested on what it has learnt from."""

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import select
from sqlalchemy.orm import Session

from fetal.store.blobs import Blobs
from fetal.store.tables import Lookalike, ModelVersion
from fetal.workbench.datasets.label_columns import (
    NO_SPLIT,
    Columns,
    Decisions,
    Labels,
    Numbers,
    read_decisions,
)
from fetal.workbench.datasets.lineage import learnt_scans
from fetal.workbench.datasets.split_plan import Groups, scans_of_patients
from fetal.workbench.near_duplicates.groups import DIFFERENT

_AT_ONCE = 5000
"""Patients in one statement: databases take only so many values at a time."""

_HALF = 32
"""Bits of a scan's number in the number of a pair."""


def held_back(
    columns: Columns,
    labels: Labels,
    grouped: Groups,
    splits: NDArray[np.int8],
) -> NDArray[np.bool_]:
    """Find the scans that must not be learnt from, because the other split holds their like.

    The locked test set never loses a scan: always the scan in the split that learns stays out. Of
    two patients that a person called one, these are all scans of the one who learns; of two scans
    that nobody has decided on, the one scan, until somebody does. The patients that a training
    checks itself on are kept clean of those that it learns from in the same way.

    Args:
        columns: the near-duplicates, what was decided on them, and the splits given so far.
        labels: the labelled scans that take part.
        grouped: which patients are one.
        splits: int8 (patients,), the split that each labelled patient has or would get.

    Returns:
        bool (n,), as long as `labels`.
    """
    known = np.where(splits != NO_SPLIT, splits, columns.splits)
    strictest = grouped.strictest(known)[grouped.of]
    held = splits[labels.patient] < strictest[labels.patient]
    level = known[columns.pairs.patients]
    open_pairs = (level != NO_SPLIT).all(axis=1) & (level[:, 0] != level[:, 1])
    open_pairs &= ~_are_in(columns.pairs.scans, columns.decisions.decided)
    learning = np.where(level[:, 0] < level[:, 1], *columns.pairs.scans.T)[open_pairs]
    return held | np.isin(labels.scan, learning)


def seen_by(session: Session, blobs: Blobs, version: ModelVersion | None) -> Numbers:
    """Return the stored scans that a model knows: trained on, or the like of one.

    A model that has learnt a copy of a scan by heart, or other scans of the same patient, is not
    measured on it. `fetal.workbench.datasets.lineage` says how a scan is known under other pixels.

    Args:
        session: the transaction.
        blobs: the files.
        version: the model; if None, nothing is known.

    Returns:
        The scans' numbers, the smallest first.
    """
    known = learnt_scans(session, blobs, version)
    if not len(known):
        return known
    rows = session.execute(select(Lookalike.scan_id, Lookalike.other_id)).all()
    pairs = np.array([tuple(row) for row in rows], np.int64).reshape(-1, 2)
    return with_like(session, known, pairs, read_decisions(session))


def with_like(session: Session, known: Numbers, pairs: Numbers, decisions: Decisions) -> Numbers:
    """Add to scans those that look like one of them, and those of a patient who shows one.

    Args:
        session: the transaction.
        known: the scans' numbers.
        pairs: int64 (n, 2), the near-duplicates, the larger number first.
        decisions: what people said of pairs.

    Returns:
        The numbers of them all, the smallest first.
    """
    different = [pair for pair, one in decisions.standing.items() if one.decision == DIFFERENT]
    alike = pairs[~_are_in(pairs, np.array(different, np.int64).reshape(-1, 2))]
    like = [alike[np.isin(alike[:, ::-1], known)]]
    together = decisions.together
    members = scans_of_patients(session, list(together))
    scans = np.array([row.id for row in members], np.int64)
    of_group = np.array([together[row.patient_id] for row in members], np.str_)
    like.append(scans[np.isin(of_group, of_group[np.isin(scans, known)])])
    more = np.unique(np.concatenate(like))
    more = more[~np.isin(more, known)]
    # What is known is in order: to sort half a million numbers anew would take longer.
    return np.insert(known, np.searchsorted(known, more), more)


def _are_in(pairs: Numbers, several: Numbers) -> NDArray[np.bool_]:
    """Return which pairs are among several, each int64 (n, 2)."""
    return np.isin((pairs[:, 0] << _HALF) | pairs[:, 1], (several[:, 0] << _HALF) | several[:, 1])
