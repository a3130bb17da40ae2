"""Takes one file into the workspace: all of it, or nothing."""

from collections.abc import Mapping
from dataclasses import replace

from sqlalchemy import select
from sqlalchemy.orm import Session

from fetal.scans import Scan as ReadScan
from fetal.scans.deidentification.machines import machine_named
from fetal.scans.deidentification.pseudonyms import DAYS
from fetal.scans.sandboxed_reading import client
from fetal.scans.sandboxed_reading.file_reader import ReadFile
from fetal.store import audit
from fetal.store.contents import holds_pixels
from fetal.store.tables import Patient, ScanRow
from fetal.workbench.core.key_check import require_newest
from fetal.workbench.core.prediction_rows import keep_prediction
from fetal.workbench.core.workbench import Champion, Workbench
from fetal.workbench.ingest.deid_policy import OPEN, DeidentificationCheck
from fetal.workbench.ingest.files import IngestOutcome, IngestResult, PatientRef, UploadedFile
from fetal.workbench.ingest.patient_codes import patient_code, study_codes
from fetal.workbench.ingest.recognition import origin_digest, picture_as_stored, stored_scan
from fetal.workbench.ingest.scan_rows import new_row
from fetal.workbench.near_duplicates.detect_pairs import look

__all__ = [
    "IngestOutcome",
    "IngestResult",
    "PatientRef",
    "UploadedFile",
    "store_file",
    "store_scan",
]

_ERASED = "This scan was erased at the same moment: please bring it in again if it is to be stored."


def store_file(
    workbench: Workbench,
    incoming: UploadedFile,
    *,
    who: str,
    owner: PatientRef,
    source: str,
    champion: Champion | None,
    machine: str | None = None,
    gate: DeidentificationCheck = OPEN,
) -> IngestResult:
    """Read one file, let the champion predict it and store both in one transaction.

    The pixels are stored first, under their digest. A program that is killed in between leaves a
    file that no row names, and the next attempt uses it.

    Args:
        workbench: the workbench.
        incoming: the file.
        who: the person.
        owner: the patient, where the file names none itself.
        source: `upload`, `import` or `sample`.
        champion: the model that predicts; none leaves the scan without a prediction.
        machine: the ultrasound machine's model, where the file does not tell it itself.
        gate: whether it may be stored without being looked at.

    Returns:
        What became of it; a file that cannot be read is refused with a sentence.
    """
    return store_scan(
        workbench,
        incoming.name,
        client.read_file(incoming.data, incoming.file),
        who=who,
        owner=owner,
        source=source,
        champion=champion,
        machine=machine,
        gate=gate,
    )


def store_scan(
    workbench: Workbench,
    name: str,
    read: ReadFile,
    *,
    who: str,
    owner: PatientRef,
    source: str,
    champion: Champion | None,
    machine: str | None = None,
    operator: str | None = None,
    gate: DeidentificationCheck = OPEN,
    decided: Mapping[str, int] | None = None,
) -> IngestResult:
    """Store a file that was read already, as `store_file` does.

    Args:
        workbench: the workbench.
        name: its name, with or without folders.
        read: what reading it gave.
        who: the person.
        owner: the patient, where the file names none itself.
        source: `upload`, `import` or `sample`.
        champion: the model that predicts; none leaves the scan without a prediction.
        machine: the ultrasound machine's model, where the file does not tell it itself.
        operator: the code of who scanned, never a name, where a table tells it.
        gate: whether it may be stored without being looked at.
        decided: how often the person who looked changed what is blanked, for the audit trail.

    Returns:
        What became of it.
    """
    file = UploadedFile(name, b"").file
    if read.scan is None or read.png is None:
        return IngestResult(file, IngestOutcome.REFUSED, None, read.refusal or "")
    scan, png = read.scan, read.png
    if operator is not None:
        scan = replace(scan, facts={**scan.facts, "operator": operator})
    scan = replace(scan, machine=scan.machine or machine_named(machine))
    if scan.patient is not None:
        owner = PatientRef(patient_code(workbench, scan.patient), named=True)
    elif scan.study is not None and not owner.named:
        with workbench.store.reading() as session:
            owner = _owner_of_study(session, workbench, scan.study) or owner
    read = replace(read, scan=scan)
    taken = (
        _already_there(workbench, file, read, owner, who)
        or gate.stop(file, read, owner, source, who)
        or _add(workbench, file, scan, png, owner, who, source, champion, decided)
        # Somebody else stored the same scan while this one was predicted.
        or _already_there(workbench, file, read, owner, who)
        or IngestResult(file, IngestOutcome.REFUSED, None, _ERASED)
    )
    gate.show(taken, read)
    return taken


def _owner_of_study(session: Session, workbench: Workbench, study: str) -> PatientRef | None:
    """The patient of an examination's scans that came earlier: it can have no other."""
    patient = session.scalar(
        select(Patient)
        .join(ScanRow, ScanRow.patient_id == Patient.id)
        .where(ScanRow.study.in_(study_codes(workbench, study)))
        .order_by(ScanRow.id)
        .limit(1)
    )
    return PatientRef(patient.id, patient.named) if patient else None


def _already_there(
    workbench: Workbench, file: str, read: ReadFile, owner: PatientRef, who: str
) -> IngestResult | None:
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
    return IngestResult(file, IngestOutcome.ALREADY_THERE, known.id, sentence)


def _restore(workbench: Workbench, scan: ScanRow, png: bytes, who: str) -> None:
    """Write a scan's picture again."""
    # In a transaction, in which nobody can erase the scan: its picture must not come back.
    with workbench.store.session() as session:
        if session.get(ScanRow, scan.id) is not None:
            workbench.blobs.put(scan.blob, png)
            audit.record(session, who, "restore picture", scan=scan.name)


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
        _ensure(session, workbench, owner)
        audit.record(
            session, who, "refile", scan=scan.name, before=patient.id, after=owner.pseudonym
        )
        if scan.day is not None:
            shift = workbench.pseudonyms.shift
            scan.day = (scan.day - shift(patient.id) + shift(owner.pseudonym)) % DAYS
        scan.patient_id = owner.pseudonym
    return True


def _add(
    workbench: Workbench,
    file: str,
    read: ReadScan,
    png: bytes,
    owner: PatientRef,
    who: str,
    source: str,
    champion: Champion | None,
    decided: Mapping[str, int] | None,
) -> IngestResult | None:
    """Store a scan; None if somebody else has stored it meanwhile."""
    prediction = champion.model.predict(read) if champion is not None else None
    key = f"scans/{read.digest[:2]}/{read.digest}.png"
    if not holds_pixels(workbench.blobs, key, read.digest):
        workbench.blobs.put(key, png)
    seen = look(workbench, read, owner.pseudonym, source)
    with workbench.store.reading() as session:
        origin = origin_digest(session, workbench.blobs, read, file)
    with workbench.store.session() as session:
        if session.scalar(select(ScanRow.id).where(ScanRow.digest == read.digest)) is not None:
            return None
        if read.study is not None and not owner.named:
            owner = _owner_of_study(session, workbench, read.study) or owner
        _ensure(session, workbench, owner)
        # Somebody may have erased the same picture since it was written.
        if not workbench.blobs.exists(key):
            workbench.blobs.put(key, png)
        scan = new_row(session, workbench, file, read, owner.pseudonym, origin, key)
        scan.source, scan.added_by = source, who
        session.add(scan)
        session.flush()
        if champion is not None and prediction is not None:
            keep_prediction(session, scan.id, champion.version.id, prediction)
        if decided is not None:
            audit.record(session, who, "keep checked scan", scan=scan.name, **decided)
        if seen is not None:
            seen.keep(session, scan.id)
    alike = [seen.words()] if seen is not None and seen.found else []
    sentence = " ".join([f"Added as {scan.name}.", *read.warnings, *alike])
    return IngestResult(file, IngestOutcome.ADDED, scan.id, sentence)


def _ensure(session: Session, workbench: Workbench, owner: PatientRef) -> None:
    # In the transaction that writes the codes, or a key renewed just now would be missed.
    require_newest(session, workbench.pseudonyms)
    if session.get(Patient, owner.pseudonym) is None:
        session.add(Patient(id=owner.pseudonym, named=owner.named))
        session.flush()
