"""Recognises a picture that arrives: which stored scan it is, and what else it was known as."""

import re
from collections.abc import Sequence
from pathlib import PurePath

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from fetal.scans import Scan as ReadScan
from fetal.scans import encode_png, pixel_digest
from fetal.scans.deidentification.pseudonyms import DAYS
from fetal.scans.sandboxed_reading.file_reader import ReadFile
from fetal.scans.sector.blanking import blank
from fetal.store import audit
from fetal.store.blobs import Blobs
from fetal.store.contents import holds_pixels
from fetal.store.tables import Patient, ScanRow
from fetal.workbench.core.workbench import Workbench
from fetal.workbench.datasets.lineage import trained_by_any
from fetal.workbench.ingest.files import FramePlace, IngestOutcome, IngestResult, PatientRef
from fetal.workbench.ingest.patient_codes import ensure_patient
from fetal.workbench.near_duplicates.groups import regroup
from fetal.workbench.near_duplicates.ranks import rank_pairs_of

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
    [found] = stored_scans(session, workbench, [scan])
    return found


def stored_scans(
    session: Session, workbench: Workbench, scans: Sequence[ReadScan]
) -> list[ScanRow | None]:
    """Find the stored scan of each of a few pictures, as `stored_scan` does of one.

    Args:
        session: the transaction.
        workbench: the workbench.
        scans: the scans as they were read; a few, since all are asked for in one query.

    Returns:
        The stored scan of each, in their order; None where there is none.
    """
    digests = sorted(set[str]().union(*(scan.digests for scan in scans)))
    keys = [picture_key(workbench, scan) for scan in scans]
    rows = session.scalars(
        select(ScanRow)
        .where(
            or_(
                ScanRow.digest.in_(digests),
                ScanRow.origin_digest.in_(digests),
                ScanRow.picture_key.in_([key for key in keys if key is not None]),
            )
        )
        .order_by(ScanRow.id)
    ).all()
    return [_best(rows, scan, key) for scan, key in zip(scans, keys, strict=True)]


def _best(rows: Sequence[ScanRow], scan: ReadScan, key: str | None) -> ScanRow | None:
    found = [
        row
        for row in rows
        if {row.digest, row.origin_digest} & scan.digests
        or (key is not None and row.picture_key == key)
    ]
    return min(found, key=lambda row: row.digest != scan.digest, default=None)


def already_there(
    workbench: Workbench,
    file: str,
    read: ReadFile,
    owner: PatientRef,
    who: str,
    place: FramePlace | None = None,
) -> IngestResult | None:
    """Report that a scan is stored already, and mend what the file can mend of it.

    A scan of an unknown patient is filed under its patient, if the file tells who that is. A
    picture that is missing or damaged is written again. A scan of which no film is known is
    joined to the film that it is a frame of.

    Args:
        workbench: the workbench.
        file: the file's name.
        read: what reading it gave.
        owner: its patient.
        who: the person who brings it.
        place: which frame of which film it is; None of a still.

    Returns:
        What became of the file; None where the scan is not stored.
    """
    with workbench.store.reading() as session:
        known = stored_scan(session, workbench, read.scan) if read.scan is not None else None
        if known is None:
            return None
        patient = session.get_one(Patient, known.patient_id)
    sentence = f"Already there as {known.name}; nothing was added."
    if owner.named and patient.id != owner.pseudonym:
        sentence = f"Already there as {known.name}, filed under another patient; it stays there."
        if not patient.named and _refile(workbench, known.id, owner, who):
            sentence = f"Already there as {known.name}; it is now filed under its patient."
    if not holds_pixels(workbench.blobs, known.blob, known.digest) and (
        png := picture_as_stored(known.digest, read)
    ):
        _restore(workbench, known, png, who)
        sentence += " Its picture was missing or damaged, and is whole again."
    if place is not None and known.cine is None:
        _join_film(workbench, known.id, place)
    return IngestResult(file, IngestOutcome.ALREADY_THERE, known.id, sentence)


def _restore(workbench: Workbench, scan: ScanRow, png: bytes, who: str) -> None:
    """Write a scan's picture again."""
    # In a transaction, in which nobody can erase the scan: its picture must not come back.
    with workbench.store.session() as session:
        if session.get(ScanRow, scan.id) is not None:
            workbench.blobs.put(scan.blob, png)
            audit.record(session, who, "restore picture", scan=scan.name)


def _join_film(workbench: Workbench, scan_id: int, place: FramePlace) -> None:
    """Note which frame of which film a stored scan is."""
    with workbench.store.session() as session:
        scan = session.get(ScanRow, scan_id)
        if scan is not None and scan.cine is None:
            scan.cine, scan.frame = workbench.pseudonyms.film(place.film), place.index


def _refile(workbench: Workbench, scan_id: int, owner: PatientRef, who: str) -> bool:
    """File a scan of an unknown patient under the patient who has become known.

    Returns whether it is filed there now; somebody else may have done it a moment ago.
    """
    with workbench.store.session() as session:
        scan = session.get(ScanRow, scan_id)
        if scan is None or scan.patient_id == owner.pseudonym:
            return scan is not None
        patient = session.get_one(Patient, scan.patient_id)
        # Once the unknown patient is in a split, the scan has to stay there.
        if patient.named or patient.split is not None:
            return False
        ensure_patient(session, workbench, owner)
        audit.record(
            session, who, "refile", scan=scan.name, before=patient.id, after=owner.pseudonym
        )
        if scan.day is not None:
            shift = workbench.pseudonyms.shift
            scan.day = (scan.day - shift(patient.id) + shift(owner.pseudonym)) % DAYS
        scan.patient_id = owner.pseudonym
        session.flush()
        regroup(session, (patient.id, owner.pseudonym))
        rank_pairs_of(session, select(ScanRow.id).where(ScanRow.id == scan_id))
    return True


def picture_as_stored(digest: str, read: ReadFile) -> bytes | None:
    """Restore the picture of a stored scan from a file that shows the same.

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
    """Return the keyed hash of the picture as it arrived; None where that is not known."""
    return workbench.pseudonyms.picture(scan.earlier[0]) if scan.earlier else None


def origin_digest(session: Session, blobs: Blobs, scan: ReadScan, file: str) -> str | None:
    """Return another digest by which a scan that is to be stored was known before.

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
    """Return the name that a scan had where it was exported.

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
