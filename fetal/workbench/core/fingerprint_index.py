"""Finds the scans nearest to one in milliseconds: all their hashes are in memory.

Libraries were weighed: docs/contributor.md, “What is ours and why”.
"""

import threading
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Integer, Select, String, bindparam, cast, func, select
from sqlalchemy.orm import Session

from fetal.scans.similarity.hash_search import Columns, search, to_columns
from fetal.scans.similarity.perceptual_hash import Fingerprints, from_texts
from fetal.store.database import Store
from fetal.store.tables import Fingerprint
from fetal.workbench.core.erasure_count import count_erasures

Integers = NDArray[np.int64]

_AT_ONCE = 50_000
"""Rows that are read in one step: what is held of them beside the index stays small."""
_FIRST_ROOM = 1024
_RANGE = 65_536
"""Fingerprint numbers whose rows are counted together to find where some were erased."""


@dataclass(frozen=True, eq=False)
class StoredFingerprints:
    """The fingerprints that were stored at one moment.

    Attributes:
        count: how many there are: the first columns of the arrays hold them.
        numbers: int64 (room,), their numbers, ascending.
        scans: int64 (room,), the numbers of their scans.
        columns: uint64 (4, room), their bits as `hash_search.to_columns` orders them.
    """

    count: int
    numbers: Integers
    scans: Integers
    columns: Columns

    @property
    def newest(self) -> int:
        """The number of the newest fingerprint; 0 if there is none."""
        return int(self.numbers[self.count - 1]) if self.count else 0

    def near(
        self, one: Fingerprints, most: int, before: int | None = None
    ) -> list[tuple[int, int]]:
        """Find the scans whose fingerprints are nearest to a given one.

        Args:
            one: uint64 (4,).
            most: how many to return at the most.
            before: number of a fingerprint; only scans with a smaller number are compared. If
                None, all are.

        Returns:
            Scan numbers and the bits that differ, the nearest first.
        """
        count = self.count
        if before is not None:
            count = int(np.searchsorted(self.numbers[:count], before))
        places, apart = search(one, self.columns[:, :count])
        nearest = np.argsort(apart, kind="stable")[:most]
        return list(zip(self.scans[places[nearest]].tolist(), apart[nearest].tolist(), strict=True))


class FingerprintIndex:
    """Follows the table of fingerprints; safe to share between threads.

    Other processes add and erase rows too. Each question first asks the table for what is new, and
    for what is gone if something was erased. A million scans take 48 to 72 MB in each
    process that asks.

    Args:
        store: the workspace's store.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._turn = threading.Lock()
        self._erasures = 0
        self._rows = _empty(_FIRST_ROOM)

    def near(self, one: Fingerprints, most: int) -> list[tuple[int, int]]:
        """Find the scans whose fingerprints are nearest to a given one, as `current` holds them."""
        return self.current().near(one, most)

    def current(self) -> StoredFingerprints:
        """Return all fingerprints that are stored now."""
        with self._turn, self._store.reading() as session:
            # Read before the rows: an erasure between the two is seen at the next question.
            erasures = count_erasures(session)
            if erasures != self._erasures:
                self._rows = _without_erased(session, self._rows)
                self._erasures = erasures
            self._rows = _with_new(session, self._rows)
            return self._rows


def _joined_rows() -> Select[str, str, str]:
    some = (
        select(Fingerprint.id, Fingerprint.scan_id, Fingerprint.bits)
        .where(Fingerprint.id > bindparam("last", type_=Integer))
        .order_by(Fingerprint.id)
        .limit(_AT_ONCE)
        .subquery()
    ).c
    return select(
        func.aggregate_strings(cast(some.id, String), ","),
        func.aggregate_strings(cast(some.scan_id, String), ","),
        func.aggregate_strings(some.bits, ""),
    )


# Put together once: that takes longer than the database takes to say that nothing is new.
_NEXT_ROWS = _joined_rows()


def _empty(room: int) -> StoredFingerprints:
    numbers, scans = np.zeros(room, np.int64), np.zeros(room, np.int64)
    return StoredFingerprints(0, numbers, scans, np.zeros((4, room), np.uint64))


def _with_new(session: Session, rows: StoredFingerprints) -> StoredFingerprints:
    while True:
        numbers, scans, columns = _read(session, rows.newest)
        if len(numbers):
            rows = _appended(rows, numbers, scans, columns)
        if len(numbers) < _AT_ONCE:
            return rows


def _read(session: Session, last: int) -> tuple[Integers, Integers, Columns]:
    """Read the next rows; the database joins them to three texts, which is much faster than rows.

    The three texts have one order, which need not be that of the numbers.
    """
    numbers, scans, bits = session.execute(_NEXT_ROWS, {"last": last}).one()
    if not numbers:
        return np.empty(0, np.int64), np.empty(0, np.int64), np.empty((4, 0), np.uint64)
    found = np.fromstring(numbers, np.int64, sep=",")
    order = np.argsort(found)
    columns = to_columns(from_texts([bits]))
    return found[order], np.fromstring(scans, np.int64, sep=",")[order], columns[:, order]


def _appended(
    rows: StoredFingerprints, numbers: Integers, scans: Integers, columns: Columns
) -> StoredFingerprints:
    """Write behind the rows that are there; whoever still reads these sees no change."""
    count = rows.count + len(numbers)
    if count > len(rows.numbers):
        rows = _copied(rows, slice(rows.count), room=count + count // 2)
    rows.numbers[rows.count : count] = numbers
    rows.scans[rows.count : count] = scans
    rows.columns[:, rows.count : count] = columns
    return StoredFingerprints(count, rows.numbers, rows.scans, rows.columns)


def _copied(rows: StoredFingerprints, kept: slice | Integers, room: int) -> StoredFingerprints:
    numbers = rows.numbers[: rows.count][kept]
    copy, count = _empty(room), len(numbers)
    copy.numbers[:count] = numbers
    copy.scans[:count] = rows.scans[: rows.count][kept]
    copy.columns[:, :count] = rows.columns[:, : rows.count][:, kept]
    return StoredFingerprints(count, copy.numbers, copy.scans, copy.columns)


def _without_erased(session: Session, rows: StoredFingerprints) -> StoredFingerprints:
    """Drop what was erased: only ranges of numbers in which rows are missing are read again."""
    numbers = rows.numbers[: rows.count]
    ranges, known = np.unique(numbers // _RANGE, return_counts=True)
    place = Fingerprint.id // _RANGE
    counted = session.execute(
        select(place, func.count()).where(Fingerprint.id <= rows.newest).group_by(place)
    )
    there = {int(number): count for number, count in counted}
    gone = np.zeros(rows.count, np.bool_)
    for number, count in zip(ranges.tolist(), known.tolist(), strict=True):
        if there.get(number, 0) == count:
            continue
        first = number * _RANGE
        left = session.scalars(
            select(Fingerprint.id).where(Fingerprint.id >= first, Fingerprint.id < first + _RANGE)
        )
        own = slice(*np.searchsorted(numbers, [first, first + _RANGE]).tolist())
        gone[own] = ~np.isin(numbers[own], list(left))
    return _copied(rows, np.flatnonzero(~gone), room=len(rows.numbers)) if gone.any() else rows
