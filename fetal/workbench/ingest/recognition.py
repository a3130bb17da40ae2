"""Recognises a picture that arrives: which stored scan it is, and what else it was known as."""

import re
from pathlib import PurePath

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from fetal.scans import Scan as ReadScan
from fetal.scans import encode_png, pixel_digest
from fetal.scans.sandboxed_reading.file_reader import ReadFile
from fetal.scans.sector.blanking import blank
from fetal.store.blobs import Blobs
from fetal.store.tables import ScanRow
from fetal.workbench.core.workbench import Workbench
from fetal.workbench.datasets.lineage import trained_by_any

_EXPORTED = re.compile(r"S-([0-9a-f]{10,64})")
"""A file's name in an export: the scan's, which begins with the digest of its pixels."""


def stored_scan(session: Session, workbench: Workbench, scan: ReadScan) -> ScanRow | None:
    """Find the stored scan that shows this very picture.

    Args:
        session: the transaction.
        workbench: the workbench.
        scan: the scan as it was read.

    Returns:
        The scan with these pixels; else the one that came from the same picture, whatever was
        blanked on it, or that is this picture as it left the workspace; else None.
    """
    digests = sorted(scan.digests)
    found = session.scalars(
        select(ScanRow)
        .where(
            or_(
                ScanRow.digest.in_(digests),
                ScanRow.origin_digest.in_(digests),
                ScanRow.picture_key == picture_key(workbench, scan),
            )
        )
        .order_by(ScanRow.id)
    ).all()
    return min(found, key=lambda row: row.digest != scan.digest, default=None)


def picture_as_stored(digest: str, read: ReadFile) -> bytes | None:
    """Give the picture of a stored scan again, out of a file that shows the same.

    Args:
        digest: the stored scan's.
        read: the file as it was read.

    Returns:
        A PNG file with the pixels of that digest; None where the file does not come to them, such
        as where a person blanked more.
    """
    if read.scan is None or read.scan.digest == digest:
        return read.png
    if read.before is None:
        return None
    looks = (read.before, *blank(read.before, read.scan.regions).looks)
    return next((encode_png(look) for look in looks if pixel_digest(look) == digest), None)


def picture_key(workbench: Workbench, scan: ReadScan) -> str | None:
    """Give the keyed hash of the picture as it arrived; None where that is not known."""
    return workbench.pseudonyms.picture(scan.earlier[0]) if scan.earlier else None


def origin_digest(session: Session, blobs: Blobs, scan: ReadScan, file: str) -> str | None:
    """Give another digest by which a scan that is to be stored was known before.

    The digest of the picture as it arrived is only kept where it is known to be that of a scan,
    which was blanked before: else the picture may hold a name.

    Args:
        session: the transaction.
        blobs: the files.
        scan: the scan as it was read.
        file: its file's name.

    Returns:
        The digest of the picture as it arrived, where the file is named after it as exports do,
        or a model was trained on it; else that of the picture after it was blanked once; None
        where the scan has no other digest.
    """
    arrived, *blanked = scan.earlier or (scan.digest,)
    if arrived != scan.digest and (
        exported_name(file, arrived) is not None or trained_by_any(session, blobs, arrived)
    ):
        return arrived
    return next((digest for digest in blanked if digest != scan.digest), None)


def exported_name(file: str, digest: str) -> str | None:
    """Give the name that a scan had where it was exported.

    Args:
        file: the file's name.
        digest: of the picture in it, as it arrived.

    Returns:
        The file's name without its ending, where it begins the digest; else None.

    Example:
        >>> exported_name("S-0123456789.png", "0123456789" + 54 * "a")
        'S-0123456789'
    """
    stem = PurePath(file).stem
    named = _EXPORTED.fullmatch(stem)
    return stem if named is not None and digest.startswith(named.group(1)) else None
