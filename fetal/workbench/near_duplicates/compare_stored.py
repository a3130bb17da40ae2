"""Compares stored scans that were not compared yet; stopped or killed, it goes on where it was."""

from collections.abc import Callable, Iterator

from sqlalchemy import delete, exists, func, insert, select
from sqlalchemy.orm import Session

from fetal.progress import OnProgress, Progress, no_progress
from fetal.scans.similarity.perceptual_hash import from_texts
from fetal.store.bulk import numbers_in_order
from fetal.store.tables import SAMPLE, Fingerprint, PendingComparison, ScanRow
from fetal.workbench.core.workbench import Workbench
from fetal.workbench.near_duplicates.detect_pairs import (
    NEAREST,
    candidates,
    examine,
    is_known,
    look,
    stored,
)

Stop = Callable[[], bool]

_AT_ONCE = 500
"""Scans that are read from the list in one step."""
_ASKED_AT_ONCE = 10_000
"""Scans that are put on the list in one transaction: others wait for some milliseconds."""


def waiting(workbench: Workbench) -> int:
    """Count the scans that are still to be compared with those that came before them."""
    with workbench.store.reading() as session:
        return session.scalar(select(func.count()).select_from(PendingComparison)) or 0


def catch_up(
    workbench: Workbench, on_progress: OnProgress = no_progress, stop: Stop | None = None
) -> int:
    """Compare the scans that wait for it, one by one.

    Args:
        workbench: the workbench.
        on_progress: called after each scan.
        stop: asked before each scan; true ends it there, and what is done stays.

    Returns:
        How many were compared.
    """
    return sum(1 for _ in _compared(workbench, on_progress, stop))


def find_new(
    workbench: Workbench, on_progress: OnProgress = no_progress, stop: Stop | None = None
) -> int:
    """Compare the scans that wait for it, as `catch_up` does.

    Args:
        workbench: the workbench.
        on_progress: called after each scan.
        stop: asked before each scan; true ends it there, and what is found stays.

    Returns:
        How many new pairs were found.
    """
    return sum(_compared(workbench, on_progress, stop))


def search(
    workbench: Workbench, on_progress: OnProgress = no_progress, stop: Stop | None = None
) -> int:
    """Compare all stored scans with one another again.

    Stopped or killed, `find_new` and `catch_up` go on with the scans that are left.

    Args:
        workbench: the workbench.
        on_progress: called after each scan.
        stop: asked before each scan; true ends it there, and what is found stays.

    Returns:
        How many new pairs were found.
    """
    _ask_for_all(workbench)
    return find_new(workbench, on_progress, stop)


def _ask_for_all(workbench: Workbench) -> None:
    with workbench.store.reading() as session:
        newest = session.scalar(select(func.max(ScanRow.id))) or 0
    for last in range(0, newest, _ASKED_AT_ONCE):
        with workbench.store.session() as session:
            session.execute(
                insert(PendingComparison).from_select(
                    ["scan_id"],
                    select(ScanRow.id).where(
                        ScanRow.id > last,
                        ScanRow.id <= last + _ASKED_AT_ONCE,
                        ScanRow.source != SAMPLE,
                        ~exists().where(PendingComparison.scan_id == ScanRow.id),
                    ),
                )
            )


def _compared(workbench: Workbench, on_progress: OnProgress, stop: Stop | None) -> Iterator[int]:
    """Yield of each scan that was compared how many new pairs were found."""
    total = waiting(workbench)
    for done, number in enumerate(_pending(workbench), start=1):
        if stop is not None and stop():
            return
        found = _compare(workbench, number)
        # Others may have put more scans on the list meanwhile.
        on_progress(Progress(done, max(done, total)))
        if found is not None:
            yield found


def _pending(workbench: Workbench) -> Iterator[int]:
    column = PendingComparison.scan_id
    return numbers_in_order(workbench.store, select(column), column, _AT_ONCE)


def _compare(workbench: Workbench, number: int) -> int | None:
    """Return how many new pairs were found; None if its picture cannot be read: it waits."""
    with workbench.store.reading() as session:
        scan = session.get(ScanRow, number)
        known = session.scalar(select(Fingerprint).where(Fingerprint.scan_id == number))
    if scan is None:
        return None
    if known is None:
        return _compare_first(workbench, scan)
    bits = from_texts([known.bits])[0]
    near = workbench.fingerprints.current().near(bits, NEAREST, before=known.id)
    found = 0
    for other, _ in candidates(workbench, near, scan.patient_id, scan.digest):
        pair = max(number, other.id), min(number, other.id)
        with workbench.store.reading() as session:
            is_new = not is_known(session, pair)
        found += is_new and examine(workbench, *pair)
    with workbench.store.session() as session:
        _take_off(session, number)
    return found


def _compare_first(workbench: Workbench, scan: ScanRow) -> int | None:
    read = stored(workbench, scan.id)
    seen = look(workbench, read, scan.patient_id, scan.source) if read is not None else None
    if seen is None:
        return None
    with workbench.store.session() as session:
        _take_off(session, scan.id)
        # Somebody may have erased it meanwhile.
        if session.get(ScanRow, scan.id) is not None:
            seen.keep(session, scan.id)
    return len(seen.found)


def _take_off(session: Session, number: int) -> None:
    session.execute(delete(PendingComparison).where(PendingComparison.scan_id == number))
