"""The codes of patients and examinations, those of version 0.1 among them.

A patient who is known by a shorter code of version 0.1 keeps it, so that new scans lie with the
old ones.
"""

from sqlalchemy import select
from sqlalchemy.orm import Session

from fetal.scans.deidentification.placeholders import is_placeholder
from fetal.store.tables import Patient, ScanRow
from fetal.workbench.core.key_check import require_newest
from fetal.workbench.core.workbench import Workbench
from fetal.workbench.ingest.files import PatientRef


def patient_code(workbench: Workbench, identifier: str) -> str:
    """Return the code under which a patient is known, or will be.

    Args:
        workbench: the workbench.
        identifier: the patient's identifier as a file or a person writes it.
    """
    code, former = (
        workbench.pseudonyms.patient(identifier),
        workbench.pseudonyms.former_patient(identifier),
    )
    with workbench.store.reading() as session:
        known = set(session.scalars(select(Patient.id).where(Patient.id.in_((code, former)))))
    return former if known == {former} else code


def study_codes(workbench: Workbench, identifier: str) -> tuple[str, str]:
    """Return the codes under which an examination may be known: today's, and that of version 0.1.

    Args:
        workbench: the workbench.
        identifier: its UID or accession number.
    """
    return workbench.pseudonyms.study(identifier), workbench.pseudonyms.former_study(identifier)


def study_code(session: Session, workbench: Workbench, identifier: str) -> str:
    """Return the code under which an examination is known, or will be.

    Args:
        session: the transaction.
        workbench: the workbench.
        identifier: its UID or accession number.
    """
    code, former = study_codes(workbench, identifier)
    some = select(ScanRow.study).where(ScanRow.study.in_((code, former))).distinct()
    return former if set(session.scalars(some)) == {former} else code


def owner_of(workbench: Workbench, patient: str | None) -> PatientRef:
    """Return the patient of a drop or of a line of a table.

    Args:
        workbench: the workbench.
        patient: the identifier as a person gave it. None, blank, or a placeholder such as
            ANONYMOUS is a new unknown patient.

    Returns:
        The patient's pseudonym.
    """
    if patient is None or is_placeholder(patient):
        return PatientRef(workbench.pseudonyms.unknown(), named=False)
    return PatientRef(patient_code(workbench, patient), named=True)


def owner_of_study(session: Session, workbench: Workbench, study: str) -> PatientRef | None:
    """Return the patient of an examination's scans that came earlier: it can have no other.

    Args:
        session: the transaction.
        workbench: the workbench.
        study: the examination's UID or accession number.

    Returns:
        The patient; None where no scan of the examination is stored.
    """
    patient = session.scalar(
        select(Patient)
        .join(ScanRow, ScanRow.patient_id == Patient.id)
        .where(ScanRow.study.in_(study_codes(workbench, study)))
        .order_by(ScanRow.id)
        .limit(1)
    )
    return PatientRef(patient.id, patient.named) if patient else None


def ensure_patient(session: Session, workbench: Workbench, owner: PatientRef) -> None:
    """Add a patient's row, unless it is there.

    Args:
        session: the transaction that writes the patient's codes.
        workbench: the workbench.
        owner: the patient.

    Raises:
        KeyRenewedError: the codes were made with a key that was renewed meanwhile.
    """
    # In the transaction that writes the codes, or a key renewed just now would be missed.
    require_newest(session, workbench.pseudonyms)
    if session.get(Patient, owner.pseudonym) is None:
        session.add(Patient(id=owner.pseudonym, named=owner.named))
        session.flush()
