"""A stored scan's pixels, or one sentence on why they cannot be had."""

from collections.abc import Iterable

from sqlalchemy import select

from fetal.scans import Box
from fetal.scans import Scan as ReadScan
from fetal.store.blobs import BlobError
from fetal.store.bulk import any_of
from fetal.store.contents import read_picture, read_stored_scan
from fetal.store.tables import ScanRow
from fetal.workbench.core.permissions import Permission
from fetal.workbench.core.workbench import Workbench


class UnknownScanError(LookupError):
    """No scan has this number."""


class DamagedScanError(RuntimeError):
    """The picture of a scan is gone or damaged; the text says what a person can do."""

    def __init__(self, name: str) -> None:
        super().__init__(
            f"The picture of {name} is missing or damaged, so it cannot be shown. Bring the same "
            f"file in again to restore it; labels and notes are kept."
        )


def stored_scan(workbench: Workbench, scan_id: int) -> ReadScan:
    """Read a stored scan as a model takes it.

    Args:
        workbench: the workbench.
        scan_id: its number.

    Returns:
        Its pixels and its sector.

    Raises:
        UnknownScanError: there is none of this number.
        DamagedScanError: its picture is gone or damaged.
    """
    workbench.permit(Permission.SEE)
    with workbench.store.reading() as session:
        row = session.get(ScanRow, scan_id)
    if row is None:
        raise unknown(scan_id)
    try:
        return read_stored_scan(
            workbench.blobs, row.blob, row.digest, Box(*row.sector), row.machine
        )
    except BlobError as error:
        raise DamagedScanError(row.name) from error


def stored_picture(workbench: Workbench, scan_id: int) -> bytes:
    """Read the picture of a stored scan as a browser takes it.

    Args:
        workbench: the workbench.
        scan_id: its number.

    Returns:
        A PNG file, whose pixels were held against the scan's digest.

    Raises:
        UnknownScanError: there is none of this number.
        DamagedScanError: its picture is gone or damaged.
    """
    workbench.permit(Permission.SEE)
    workbench.note_viewed(scan_id)
    query = select(ScanRow.name, ScanRow.blob, ScanRow.digest).where(ScanRow.id == scan_id)
    with workbench.store.reading() as session:
        row = session.execute(query).first()
    if row is None:
        raise unknown(scan_id)
    try:
        return read_picture(workbench.blobs, row.blob, row.digest)
    except BlobError as error:
        raise DamagedScanError(row.name) from error


def digest_of(workbench: Workbench, scan_id: int) -> str:
    """Return the digest of a stored scan's pixels: what is kept of it in memory goes by that.

    Args:
        workbench: the workbench.
        scan_id: its number.

    Raises:
        UnknownScanError: there is none of this number.
    """
    workbench.permit(Permission.SEE)
    workbench.note_viewed(scan_id)
    with workbench.store.reading() as session:
        digest = session.scalar(select(ScanRow.digest).where(ScanRow.id == scan_id))
    if digest is None:
        raise unknown(scan_id)
    return digest


def digests_of(workbench: Workbench, numbers: Iterable[int]) -> dict[int, str]:
    """Return the digests of those of some scans that are in the workspace still, by number.

    Args:
        workbench: the workbench.
        numbers: the scans' numbers.
    """
    query = select(ScanRow.id, ScanRow.digest).where(any_of(ScanRow.id, numbers))
    with workbench.store.reading() as session:
        return {row.id: row.digest for row in session.execute(query)}


def unknown(scan_id: int) -> UnknownScanError:
    """Return the error for a number that no scan has."""
    return UnknownScanError(f"There is no scan with the number {scan_id} in this workspace.")
