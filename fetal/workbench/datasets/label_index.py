"""The labels of the workspace in memory, kept up to date by what is new in the tables."""

import threading
from weakref import WeakKeyDictionary

import numpy as np
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from fetal.splits import TEST
from fetal.store.bulk import any_of
from fetal.store.database import Store
from fetal.store.state.state_tables import SplitCount
from fetal.store.tables import (
    NOTE,
    Annotation,
    Audit,
    Lookalike,
    LookalikeDecision,
    ModelVersion,
    ScanRow,
)
from fetal.workbench.core.erasure_count import count_erasures
from fetal.workbench.core.fingerprint_index import FingerprintIndex
from fetal.workbench.core.workbench import Workbench
from fetal.workbench.datasets.label_columns import (
    NO_SPLIT,
    SPLITS,
    Columns,
    Decisions,
    Numbers,
    Pairs,
    read_columns,
    read_decisions,
    read_labels,
    read_pairs,
    read_splits,
)
from fetal.workbench.datasets.leakage import with_like
from fetal.workbench.datasets.learnt_counts import LearntCounts
from fetal.workbench.datasets.lineage import learnt_scans, note_learnt

MOVING = ("erase", "renew key", "refile")
"""Actions in the audit trail after which a scan is gone or belongs to another patient code."""

_MOST_CHANGES = 20_000
"""With more changes than these, everything is read anew."""


_KnownMark = tuple[int, Pairs, Decisions, Numbers]
"""The newest scan, and what else the scans that a model knows follow from."""


class LabelIndex:
    """Follows the tables of labels, splits and near-duplicates; safe to share between threads.

    Rows of these tables are only added, but for an erasure and a change of patients' codes, which
    the audit trail tells of. So a question costs what is new since the one before.

    Args:
        store: the workspace's store.
    """

    def __init__(self, store: Store) -> None:
        self.learnt_counts = LearntCounts()
        """How many scans each model has learnt from."""
        self._store = store
        self._turn = threading.Lock()
        self._columns: Columns | None = None
        self._annotation = 0
        self._audit = 0
        self._erasures = 0
        self._given: dict[str, int] = {}
        self._tested = 0
        self._learnt: tuple[tuple[int, ...], Numbers] | None = None
        self._known: tuple[_KnownMark, Numbers] | None = None

    def columns(self) -> Columns:
        """Return everything as it is now."""
        with self._turn, self._store.reading() as session:
            return self._follow(session)

    def is_read(self, version: ModelVersion | None) -> bool:
        """Return whether questions about a model cost no more than what is new.

        Args:
            version: the model from which `learnt` will be asked; None for none.
        """
        learnt = self._learnt
        return self._columns is not None and (
            version is None or (learnt is not None and learnt[0][0] == version.id)
        )

    def test_mark(self) -> str:
        """Return a text that changes with a label, or a split, of a patient in the test split."""
        with self._turn, self._store.reading() as session:
            self._follow(session)
            return f"{self._tested}-{self._given.get(TEST, 0)}"

    def learnt(self, version: ModelVersion | None) -> Numbers:
        """Return the stored scans from which a model has learnt, as `learnt_scans` does.

        What was read for the model asked last is kept until more of its scans are known.

        Args:
            version: the model; if None, nothing was learnt.
        """
        note_learnt(self._store)
        with self._turn, self._store.reading() as session:
            if version is None:
                return learnt_scans(session, self._store.blobs, None)
            mark = (version.id, count_erasures(session), self.learnt_counts.of(session, version))
            if self._learnt is None or self._learnt[0] != mark:
                self._learnt = (mark, learnt_scans(session, self._store.blobs, version))
            return self._learnt[1]

    def known(self, columns: Columns, learnt: Numbers) -> Numbers:
        """Return the scans that a model has learnt from, and their like, as `with_like` does.

        What was found last is kept until scans, pairs or decisions are new.

        Args:
            columns: what `columns` returned.
            learnt: what `learnt` returned.
        """
        with self._turn, self._store.reading() as session:
            newest = session.scalar(select(func.max(ScanRow.id))) or 0
            mark = (newest, columns.pairs, columns.decisions, learnt)
            if self._known is None or not _are_same(self._known[0], mark):
                like = with_like(session, learnt, columns.pairs.scans, columns.decisions)
                self._known = (mark, like)
            return self._known[1]

    def _follow(self, session: Session) -> Columns:
        newest = session.scalar(select(func.max(Annotation.id))) or 0
        audit = session.scalar(select(func.max(Audit.id))) or 0
        erasures = count_erasures(session)
        given = _count_splits(session)
        changed = self._changed(session)
        moved = erasures != self._erasures or self._has_moved(session)
        columns = self._columns
        if columns is None or moved or changed is None:
            columns = read_columns(session)
            tested = columns.labels.given[columns.is_in(TEST)]
            self._tested = int(tested.max(initial=0))
        else:
            columns = self._newer(session, columns, changed, given)
        self._columns, self._given = columns, given
        self._annotation, self._audit, self._erasures = newest, audit, erasures
        return columns

    def _changed(self, session: Session) -> dict[int, int] | None:
        """The scans with new labels and the newest row of each; None where they are too many."""
        rows = session.execute(
            select(Annotation.scan_id, Annotation.id)
            .where(Annotation.id > self._annotation, Annotation.kind != NOTE)
            .order_by(Annotation.id)
            .limit(_MOST_CHANGES + 1)
        ).all()
        if len(rows) > _MOST_CHANGES:
            return None
        return {row.scan_id: row.id for row in rows}

    def _has_moved(self, session: Session) -> bool:
        moved = select(Audit.id).where(Audit.id > self._audit, Audit.action.in_(MOVING)).limit(1)
        return session.scalar(moved) is not None

    def _newer(
        self, session: Session, columns: Columns, changed: dict[int, int], given: dict[str, int]
    ) -> Columns:
        patients, labels, pairs = columns.patients, columns.labels, columns.pairs
        if changed:
            labels = labels.replaced(changed, read_labels(session, patients, list(changed)))
        if (session.scalar(select(func.max(Lookalike.id))) or 0) > pairs.newest:
            more = read_pairs(session, patients, pairs.newest)
            pairs = Pairs(
                np.concatenate([pairs.scans, more.scans]),
                np.concatenate([pairs.patients, more.patients]),
                more.newest,
            )
        if given != self._given:
            splits = read_splits(session, patients)
        else:
            # Whoever is new has none.
            more_patients = len(patients.codes) - len(columns.splits)
            splits = np.append(columns.splits, np.full(more_patients, NO_SPLIT, np.int8))
        decisions = columns.decisions
        if (session.scalar(select(func.max(LookalikeDecision.id))) or 0) != decisions.newest:
            decisions = read_decisions(session)
        columns = Columns(patients, labels, splits, pairs, decisions)
        self._tested = max(self._tested, _newest_in_test(session, columns, changed))
        return columns


def label_index(workbench: Workbench) -> LabelIndex:
    """Return the index of an open workbench, the same one each time.

    Args:
        workbench: the workbench.
    """
    with _OPENING:
        # The workbench is another object in each person's hands; this part of it is the same.
        if workbench.fingerprints not in _INDEXES:
            _INDEXES[workbench.fingerprints] = LabelIndex(workbench.store)
        return _INDEXES[workbench.fingerprints]


_INDEXES: WeakKeyDictionary[FingerprintIndex, LabelIndex] = WeakKeyDictionary()
_OPENING = threading.Lock()


def _count_splits(session: Session) -> dict[str, int]:
    return {row.split: row.patients for row in session.scalars(select(SplitCount))}


def _are_same(one: _KnownMark, other: _KnownMark) -> bool:
    return one[0] == other[0] and all(a is b for a, b in zip(one[1:], other[1:], strict=True))


def _newest_in_test(session: Session, columns: Columns, changed: dict[int, int]) -> int:
    """The newest of some annotations whose patient is in the test split; 0 where there is none."""
    if not changed:
        return 0
    patients = session.execute(
        select(ScanRow.id, ScanRow.patient_id).where(any_of(ScanRow.id, changed))
    )
    test = SPLITS.index(TEST)
    places = columns.patients.places
    return max(
        (
            changed[number]
            for number, code in patients
            if code in places and columns.splits[places[code]] == test
        ),
        default=0,
    )
