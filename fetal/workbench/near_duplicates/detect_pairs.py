"""Finds scans that show the same picture: when one arrives, and among all that are stored."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from fetal.progress import OnProgress, Progress, no_progress
from fetal.scans import Box
from fetal.scans import Scan as ReadScan
from fetal.scans.similarity.perceptual_hash import (
    SAME_REACH,
    Fingerprints,
    Grey,
    distances,
    fingerprint,
    is_copy,
    similarity,
    small_square,
    to_text,
)
from fetal.store.any_of import any_of
from fetal.store.blobs import BlobError
from fetal.store.contents import read_pixels
from fetal.store.tables import SAMPLE, Fingerprint, Lookalike, ScanRow
from fetal.workbench.core.workbench import Workbench

_CANDIDATES = 8
"""Scans whose pixels are compared with a new one: the nearest by fingerprint."""


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
    """What a scan looks like, and which stored scans look like it; nothing is written yet."""

    bits: Fingerprints
    found: tuple[Found, ...]

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
        session.add(Fingerprint(scan_id=scan_id, bits=to_text(self.bits)))
        for one in self.found:
            pair = _pair(scan_id, one.scan_id, one.distance, one.similarity)
            if _may_be_added(session, pair):
                session.add(pair)


def look(workbench: Workbench, read: ReadScan, patient: str, source: str) -> Look | None:
    """Compare a scan with all that are stored; some milliseconds, however many there are.

    Args:
        workbench: the workbench.
        read: the scan.
        patient: the pseudonym that it is, or will be, filed under.
        source: `upload`, `import` or `sample`.

    Returns:
        What was found; none for a sample, which is no patient and is never tested on.
    """
    if source == SAMPLE:
        return None
    square = small_square(read.pixels, read.sector)
    bits = fingerprint(square)
    near = workbench.fingerprints.near(bits, _CANDIDATES)
    rows = _rows(workbench, [number for number, _ in near])
    found = []
    for number, distance in near:
        row = rows.get(number)
        if row is None or row.digest == read.digest:
            continue
        same_patient = row.patient_id == patient
        if same_patient and distance > SAME_REACH:
            continue
        other = _square(workbench, row)
        alike = similarity(square, other) if other is not None else 0.0
        if is_copy(same_patient=same_patient, distance=distance, alike=alike):
            found.append(Found(number, row.name, same_patient, distance, round(alike, 4)))
    return Look(bits, tuple(found))


def waiting(workbench: Workbench) -> int:
    """Count the scans that were never compared, because an older program stored them."""
    with workbench.store.reading() as session:
        query = select(func.count()).select_from(_unseen().subquery())
        return session.scalar(query) or 0


def catch_up(
    workbench: Workbench,
    on_progress: OnProgress = no_progress,
    stop: Callable[[], bool] | None = None,
) -> int:
    """Compare the scans that were never compared, one by one; it goes on where it was stopped.

    Args:
        workbench: the workbench.
        on_progress: called after each scan.
        stop: asked before each scan; true ends it there, and what is done stays.

    Returns:
        How many were compared.
    """
    with workbench.store.reading() as session:
        numbers = list(session.scalars(_unseen()))
    for done, number in enumerate(numbers):
        if stop is not None and stop():
            return done
        _compare_stored(workbench, number)
        on_progress(Progress(done + 1, len(numbers)))
    return len(numbers)


def search(
    workbench: Workbench,
    on_progress: OnProgress = no_progress,
    stop: Callable[[], bool] | None = None,
) -> int:
    """Compare all stored scans with one another, also those that arrived at the same moment.

    Args:
        workbench: the workbench.
        on_progress: called after each pair that was looked at.
        stop: asked before each pair; true ends it there, and what is found stays.

    Returns:
        How many new pairs were found.
    """
    catch_up(workbench, on_progress, stop)
    with workbench.store.reading() as session:
        known = {(row.scan_id, row.other_id) for row in session.scalars(select(Lookalike))}
    pairs = [pair for pair in workbench.fingerprints.pairs() if pair[:2] not in known]
    found = 0
    for done, (one, other, _) in enumerate(pairs, start=1):
        if stop is not None and stop():
            break
        found += examine(workbench, one, other)
        on_progress(Progress(done, len(pairs)))
    return found


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
        pair = _pair(one, other, distance, round(alike, 4))
        if not _may_be_added(session, pair):
            return False
        session.add(pair)
    return True


def stored(workbench: Workbench, number: int) -> ReadScan | None:
    """Read a stored scan; None if it is being erased, or its picture is damaged.

    Args:
        workbench: the workbench.
        number: its number.
    """
    row = _rows(workbench, [number]).get(number)
    return _read(workbench, row) if row is not None else None


def _compare_stored(workbench: Workbench, number: int) -> None:
    row = _rows(workbench, [number]).get(number)
    read = _read(workbench, row) if row is not None else None
    if row is None or read is None:
        return
    seen = look(workbench, read, row.patient_id, row.source)
    if seen is None:
        return
    with workbench.store.session() as session:
        # Somebody may have erased it meanwhile.
        if session.get(ScanRow, number) is not None:
            seen.keep(session, number)


def _has_fingerprint(session: Session, scan_id: int) -> bool:
    query = select(Fingerprint.id).where(Fingerprint.scan_id == scan_id)
    return session.scalar(query) is not None


def _may_be_added(session: Session, pair: Lookalike) -> bool:
    """Whether both scans are still there, and nobody has found the pair meanwhile."""
    both = {pair.scan_id, pair.other_id}
    there = set(session.scalars(select(ScanRow.id).where(ScanRow.id.in_(both))))
    known = select(Lookalike.id).where(
        Lookalike.scan_id == pair.scan_id, Lookalike.other_id == pair.other_id
    )
    return there == both and session.scalar(known) is None


def _unseen() -> Select[int]:
    return (
        select(ScanRow.id)
        .outerjoin(Fingerprint, Fingerprint.scan_id == ScanRow.id)
        .where(Fingerprint.id.is_(None), ScanRow.source != SAMPLE)
        .order_by(ScanRow.id)
    )


def _pair(one: int, other: int, distance: int, alike: float) -> Lookalike:
    return Lookalike(
        scan_id=max(one, other), other_id=min(one, other), distance=distance, similarity=alike
    )


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
        pixels = read_pixels(workbench.blobs, row.blob, row.digest)
    except BlobError:
        # It is being erased, or damaged: then it is compared once it is whole again.
        return None
    return ReadScan(pixels, Box(*row.sector), True, row.digest)


def _square(workbench: Workbench, row: ScanRow) -> Grey | None:
    read = _read(workbench, row)
    return small_square(read.pixels, read.sector) if read is not None else None
