"""All fingerprints of the workspace in memory, so that a new scan is compared in a moment."""

import threading

import numpy as np
from sqlalchemy import select

from fetal.scans.similarity.perceptual_hash import (
    REACH,
    Fingerprints,
    distances,
    from_texts,
    near_pairs,
)
from fetal.store.database import Store
from fetal.store.tables import Fingerprint
from fetal.workbench.core.erasure_count import count_erasures


class FingerprintIndex:
    """Follows the table of fingerprints; safe to share between threads.

    Other processes add and erase rows too: before each question the table is asked for what is
    new, and read anew if something was erased. 10,000 scans take less than a megabyte.

    Args:
        store: the workspace's store.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._turn = threading.Lock()
        self._last = 0
        self._erasures = 0
        self._scans: list[int] = []
        self._bits: Fingerprints = from_texts([])

    def near(self, one: Fingerprints, most: int) -> list[tuple[int, int]]:
        """Find the scans whose fingerprint is near a given one.

        Args:
            one: uint64 (4,).
            most: how many to give at the most.

        Returns:
            Scan numbers and the bits that differ, the nearest first.
        """
        with self._turn:
            self._follow()
            scans, bits = self._scans, self._bits
        apart = distances(one, bits)
        near = np.flatnonzero(apart <= REACH)
        nearest = near[np.argsort(apart[near], kind="stable")[:most]]
        return [(scans[place], int(apart[place])) for place in nearest]

    def pairs(self) -> list[tuple[int, int, int]]:
        """Find all pairs of scans whose fingerprints are near one another.

        Returns:
            Two scan numbers, the larger first, and the bits that differ.
        """
        with self._turn:
            self._follow()
            scans, bits = self._scans, self._bits
        return [
            (max(scans[one], scans[other]), min(scans[one], scans[other]), apart)
            for one, other, apart in near_pairs(bits)
        ]

    def _follow(self) -> None:
        with self._store.reading() as session:
            # Read before the rows: an erasure between the two is seen at the next question.
            erasures = count_erasures(session)
            if erasures != self._erasures:
                self._last, self._scans, self._bits = 0, [], from_texts([])
                self._erasures = erasures
            rows = session.execute(
                select(Fingerprint.id, Fingerprint.scan_id, Fingerprint.bits)
                .where(Fingerprint.id > self._last)
                .order_by(Fingerprint.id)
            ).all()
        if rows:
            self._last = rows[-1].id
            self._scans = [*self._scans, *(row.scan_id for row in rows)]
            self._bits = np.concatenate([self._bits, from_texts([row.bits for row in rows])])
