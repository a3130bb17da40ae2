"""Finds the stored scans that show the same picture as another one."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from fetal.scans import Box
from fetal.scans import Scan as ReadScan
from fetal.scans.similarity.perceptual_hash import (
    REACH,
    SAME_REACH,
    Fingerprints,
    Grey,
    distances,
    fingerprint,
    from_texts,
    is_copy,
    similarity,
    small_square,
    to_text,
)
from fetal.store.blobs import BlobError
from fetal.store.bulk import any_of
from fetal.store.contents import read_stored_scan
from fetal.store.tables import SAMPLE, Fingerprint, Lookalike, PendingComparison, ScanRow
from fetal.workbench.core.workbench import Workbench
from fetal.workbench.near_duplicates.ranks import rank_pairs

NEAREST = 64
"""Scans nearest by fingerprint among which the candidates are."""
_CANDIDATES = 8
"""Candidates whose pixels are compared with a new scan: each takes some milliseconds."""


@dataclass(frozen=True)
class Found:
    """A stored scan that a scan looks like.

    Attributes:
        scan_id: its number.
        name: what people call it.
        same_patient: whether both are of one patient.
        distance: bits in which the fingerprints differ.
        similarity: correlation of the pixels at the best fit.
    """

    scan_id: int
    name: str
    same_patient: bool
    distance: int
    similarity: float


@dataclass(frozen=True, eq=False)
class Look:
    """What a scan looks like, and which stored scans look like it; nothing is written yet.

    Attributes:
        bits: its fingerprint, uint64 (4,).
        found: the stored scans that look like it.
        newest: the number of the newest fingerprint that it was compared with.
    """

    bits: Fingerprints
    found: tuple[Found, ...]
    newest: int

    def words(self) -> str:
        """One sentence for the person who brought the scan; empty where nothing looks like it."""
        if not self.found:
            return ""
        # Across patients first, since that is what a person has to look at.
        nearest = min(self.found, key=lambda one: (one.same_patient, -one.similarity))
        if nearest.same_patient:
            return f"It shows nearly the same picture as {nearest.name} of this patient."
        return (
            f"It looks like {nearest.name} of another patient: please look at both under "
            "Look-alikes on the Dataset page."
        )

    def keep(self, session: Session, scan_id: int) -> None:
        """Add it to the transaction that stores the scan.

        Args:
            session: the transaction.
            scan_id: the scan's number.
        """
        if _has_fingerprint(session, scan_id):
            return
        if self._was_overtaken(session):
            session.add(PendingComparison(scan_id=scan_id))
        session.add(Fingerprint(scan_id=scan_id, bits=to_text(self.bits)))
        for one in self.found:
            add_pair(session, (scan_id, one.scan_id), one.distance, one.similarity)

    def _was_overtaken(self, session: Session) -> bool:
        """Whether a scan that was stored since this one was compared may look like it."""
        later = session.scalars(select(Fingerprint.bits).where(Fingerprint.id > self.newest)).all()
        return bool(later) and int(distances(self.bits, from_texts(later)).min()) <= REACH


def look(
    workbench: Workbench,
    read: ReadScan,
    patient: str,
    source: str,
    square: Grey | None = None,
) -> Look | None:
    """Compare a scan with all that are stored; the search takes 6 ms among a million.

    Args:
        workbench: the workbench.
        read: the scan.
        patient: the pseudonym that it is, or will be, filed under.
        source: `upload`, `import` or `sample`.
        square: the scan as `small_square` makes it, where that is known already.

    Returns:
        What was found; none for a sample, which is no patient and is never tested on.
    """
    if source == SAMPLE:
        return None
    if square is None:
        square = small_square(read.pixels, read.sector)
    bits = fingerprint(square)
    known = workbench.fingerprints.current()
    near = candidates(workbench, known.near(bits, NEAREST), patient, read.digest)[:_CANDIDATES]
    return Look(bits, tuple(_alike(workbench, square, patient, near)), known.newest)


def candidates(
    workbench: Workbench, near: Sequence[tuple[int, int]], patient: str, digest: str
) -> list[tuple[ScanRow, int]]:
    """Find the stored scans whose pixels are worth comparing with a scan's.

    Args:
        workbench: the workbench.
        near: the numbers of the scans that are nearest by fingerprint, and the bits that differ.
        patient: the pseudonym that the scan is filed under.
        digest: of its pixels; scans with the same pixels are left out.

    Returns:
        Scans and the bits in which their fingerprints differ, the nearest first.
    """
    rows = _rows(workbench, [number for number, _ in near])
    return [
        (rows[number], distance)
        for number, distance in near
        if number in rows
        and rows[number].digest != digest
        # Scans of one patient are alike anyway: there only the same picture counts.
        and (rows[number].patient_id != patient or distance <= SAME_REACH)
    ]


def examine(workbench: Workbench, one: int, other: int, turns: Sequence[float] = (0.0,)) -> bool:
    """Compare the pixels of two stored scans, and write them down where they look alike.

    Args:
        workbench: the workbench.
        one: a scan's number.
        other: another one's.
        turns: from which angles to lay them over one another.

    Returns:
        Whether they look alike and nobody knew.
    """
    rows = _rows(workbench, [one, other])
    if len(rows) < 2:
        return False
    same_patient = rows[one].patient_id == rows[other].patient_id
    mine, others = _square(workbench, rows[one]), _square(workbench, rows[other])
    if mine is None or others is None:
        return False
    distance = int(distances(fingerprint(mine), fingerprint(others)[None])[0])
    alike = similarity(mine, others, turns)
    if not is_copy(same_patient=same_patient, distance=distance, alike=alike):
        return False
    with workbench.store.session() as session:
        return add_pair(session, (one, other), distance, round(alike, 4))


def add_pair(session: Session, pair: tuple[int, int], distance: int, alike: float) -> bool:
    """Write two scans down that look alike.

    Args:
        session: the transaction; it must be one that writes.
        pair: their numbers.
        distance: bits in which their fingerprints differ.
        alike: correlation of their pixels at the best fit.

    Returns:
        Whether it was written: false if one of them was erased, or the pair is known already.
    """
    both = max(pair), min(pair)
    there = session.scalars(select(ScanRow.id).where(ScanRow.id.in_(both))).all()
    if len(there) < 2 or is_known(session, both):
        return False
    row = Lookalike(scan_id=both[0], other_id=both[1], distance=distance, similarity=alike)
    session.add(row)
    session.flush()
    rank_pairs(session, Lookalike.id == row.id)
    return True


def is_known(session: Session, pair: tuple[int, int]) -> bool:
    """Return whether two scans are written down as look-alikes.

    Args:
        session: the transaction.
        pair: their numbers, the larger first.
    """
    query = select(Lookalike.id).where(Lookalike.scan_id == pair[0], Lookalike.other_id == pair[1])
    return session.scalar(query) is not None


def stored(workbench: Workbench, number: int) -> ReadScan | None:
    """Read a stored scan; None if it is being erased, or its picture is damaged.

    Args:
        workbench: the workbench.
        number: its number.
    """
    row = _rows(workbench, [number]).get(number)
    return _read(workbench, row) if row is not None else None


def _alike(
    workbench: Workbench, square: Grey, patient: str, near: Iterable[tuple[ScanRow, int]]
) -> Iterator[Found]:
    for row, distance in near:
        other = _square(workbench, row)
        alike = similarity(square, other) if other is not None else 0.0
        same_patient = row.patient_id == patient
        if is_copy(same_patient=same_patient, distance=distance, alike=alike):
            yield Found(row.id, row.name, same_patient, distance, round(alike, 4))


def _has_fingerprint(session: Session, scan_id: int) -> bool:
    query = select(func.count()).where(Fingerprint.scan_id == scan_id)
    return bool(session.scalar(query))


def _rows(workbench: Workbench, numbers: Iterable[int]) -> dict[int, ScanRow]:
    wanted = list(numbers)
    if not wanted:
        return {}
    with workbench.store.reading() as session:
        return {
            row.id: row
            for row in session.scalars(select(ScanRow).where(any_of(ScanRow.id, wanted)))
        }


def _read(workbench: Workbench, row: ScanRow) -> ReadScan | None:
    try:
        return read_stored_scan(workbench.blobs, row.blob, row.digest, Box(*row.sector))
    except BlobError:
        # It is being erased, or damaged: then it is compared once it is whole again.
        return None


def _square(workbench: Workbench, row: ScanRow) -> Grey | None:
    read = _read(workbench, row)
    return small_square(read.pixels, read.sector) if read is not None else None
