"""The row of a scan that is to be stored."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from fetal.scans import Scan as ReadScan
from fetal.store.tables import ScanRow
from fetal.workbench.core.workbench import Workbench
from fetal.workbench.ingest.patient_codes import study_code
from fetal.workbench.ingest.recognition import exported_name, picture_key


def new_row(
    session: Session,
    workbench: Workbench,
    file: str,
    read: ReadScan,
    patient: str,
    origin: str | None,
    blob: str,
) -> ScanRow:
    """Make the row of a scan; who brought it and how is still to be filled in.

    Args:
        session: the transaction.
        workbench: the workbench.
        file: the file's name, of which a keyed hash is kept.
        read: the scan.
        patient: the patient's code.
        origin: another digest by which the scan was known (`recognition.origin_digest`).
        blob: the key of its pixels.

    Returns:
        The row, in no transaction yet.
    """
    height, width = read.pixels.shape
    names = workbench.pseudonyms
    return ScanRow(
        digest=read.digest,
        name=_former_name(session, read, file) or f"S-{read.digest[:16]}",
        picture_key=picture_key(workbench, read),
        origin_digest=origin,
        file_key=names.file(file),
        patient_id=patient,
        width=width,
        height=height,
        sector=[int(edge) for edge in read.sector],
        machine=read.machine,
        study=study_code(session, workbench, read.study) if read.study else None,
        day=names.day(read.day, patient) if read.day else None,
        facts=dict(read.facts),
        blob=blob,
    )


def _former_name(session: Session, read: ReadScan, file: str) -> str | None:
    """The name that an exported scan had, unless another one has it here."""
    name = exported_name(file, read.earlier[0]) if read.earlier else None
    taken = name is not None and session.scalar(select(ScanRow.id).where(ScanRow.name == name))
    return None if taken else name
