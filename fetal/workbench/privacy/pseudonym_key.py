"""The key of the workspace's pseudonyms: whether it is the right one, and how it is renewed."""

import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import delete, insert, select, update
from sqlalchemy.orm import Session

from fetal.scans import PseudonymKeyError, Pseudonyms
from fetal.scans.deidentification.pseudonyms import DAYS
from fetal.store import audit
from fetal.store.access import audit_chain
from fetal.store.access.audit_chain import EventKind
from fetal.store.database import Store
from fetal.store.tables import Audit, Fact, Patient, ScanRow
from fetal.workbench.core.actor import Origin
from fetal.workbench.core.key_check import FINGERPRINT, require_newest
from fetal.workbench.core.permissions import Permission
from fetal.workbench.core.workbench import Workbench
from fetal.workbench.privacy.snapshot_rewrite import (
    Change,
    prepare_rewriting,
    require_no_training,
    rewrite_snapshots,
    sweep_snapshots,
)

_PATIENTS_IN_AUDIT = ("before", "after")
"""Where lines of the audit trail name patients, by pseudonym."""


@dataclass(frozen=True)
class Renewal:
    """What a renewal of the key did.

    Attributes:
        generation: how many keys the workspace has had by now.
        patients: how many patients have a new pseudonym.
        scans: how many scans were carried over.
        traces: true where the old pseudonyms may still stand in the database's log, because
            another process was reading.
    """

    generation: int
    patients: int
    scans: int
    traces: bool


def open_key(store: Store) -> Pseudonyms:
    """Open the workspace's key file, made on first use, and check that it is the workspace's.

    Args:
        store: the workspace's store.

    Returns:
        The pseudonyms.

    Raises:
        PseudonymKeyError: the file is damaged, or holds another key.
    """
    path = store.workspace.key_file
    coming = _coming(path)
    if coming.exists():
        _finish(store, path)
    pseudonyms = Pseudonyms.open(path)
    check_key(store, pseudonyms)
    return pseudonyms


def check_key(store: Store, pseudonyms: Pseudonyms) -> None:
    """Refuse a key that is not the workspace's: it would make two patients of one.

    One patient under two pseudonyms could be trained on under one and tested under the other.

    Args:
        store: the workspace's store; the first key that it sees is the workspace's.
        pseudonyms: the pseudonyms with the key at hand.

    Raises:
        PseudonymKeyError: the key is another one.
    """
    known = _known(store)
    if known is None:
        with store.session() as session:
            fact = session.get(Fact, FINGERPRINT)
            # Another process may have opened the new workspace at the same moment.
            if fact is None:
                fact = Fact(name=FINGERPRINT, value=pseudonyms.fingerprint())
                session.add(fact)
            known = fact.value
    if known != pseudonyms.fingerprint():
        raise PseudonymKeyError(
            "Expected the pseudonym key that this workspace began with, or was last given; the key "
            "file holds another one. Put the right key file back, from a backup or from the server "
            "where the key was renewed."
        )


def rotate(workbench: Workbench, who: str) -> Renewal:
    """Renew the key (`renew_key`), as somebody who may.

    Args:
        workbench: the workbench.
        who: the person, for the audit trail.

    Raises:
        NotPermittedError: the person may not renew the key.
    """
    return renew_key(workbench.store, workbench.permit(Permission.RENEW_KEY, who))


def renew_key(store: Store, who: str) -> Renewal:
    """Assign the workspace a new key and carry every stored pseudonym over to it.

    All codes change in one transaction: patients, examinations, files, the offsets of days, the
    lists that trainings used, the audit trail. A process that is killed leaves the workspace with
    the old key or with the new one, whole. The old key stays in the key file, behind the new one,
    since a patient who comes again is found by both only
    (`fetal.scans.deidentification.pseudonyms`).

    Args:
        store: the workspace's store.
        who: the person, for the audit trail.

    Returns:
        What was done.

    Raises:
        PseudonymKeyError: the key at hand is not the workspace's.
        TrainingGoesOnError: a training waits or works.
    """
    path = store.workspace.key_file
    old = open_key(store)
    with store.reading() as session:
        new = _without_collisions(old, _codes(session))
    # Long lists are written before others have to wait.
    prepared = prepare_rewriting(store, _renewing(new))
    with store.session() as session:
        require_newest(session, old)
        require_no_training(session)
        fact = session.get_one(Fact, FINGERPRINT, with_for_update=True)
        if _collides(new, _codes(session)):
            # A patient came meanwhile who would become one with another.
            new, prepared = _without_collisions(old, _codes(session)), {}
        new.write(_coming(path))
        fact.value = new.fingerprint()
        patients = _carry_patients(session, new)
        scans = _carry_scans(session, old, new, {after: before for before, after in patients})
        _carry_audit(session, new)
        rewrite_snapshots(session, store.blobs, _renewing(new), prepared)
        told = {"generation": new.generation, "scans": scans}
        audit_chain.append(session, EventKind.KEY_RENEWED, who, origin=Origin.COMMAND_LINE, **told)
        audit.record(session, who, "renew key", **told)
    _finish(store, path)
    sweep_snapshots(store)
    # Job files of trainings that ended name patients too.
    shutil.rmtree(store.workspace.folder / "runs", ignore_errors=True)
    return Renewal(new.generation, len(patients), scans, traces=not store.compact())


def _finish(store: Store, path: Path) -> None:
    """Put the new key of a renewal in the old one's place, if its transaction was kept."""
    coming = _coming(path)
    try:
        if Pseudonyms(coming.read_bytes()).fingerprint() == _known(store):
            coming.replace(path)
    except FileNotFoundError:
        # Another process, which opened the workspace at this moment, has done it.
        return


def _coming(path: Path) -> Path:
    return path.with_name(f"{path.name}.coming")


def _without_collisions(old: Pseudonyms, codes: Sequence[str]) -> Pseudonyms:
    # Two patients must not become one. With short codes that can happen, so another key is drawn.
    while True:
        new = old.renewed()
        if not _collides(new, codes):
            return new


def _collides(new: Pseudonyms, codes: Sequence[str]) -> bool:
    return len({new.renew(code) for code in codes}) < len(codes)


def _codes(session: Session) -> list[str]:
    return list(session.scalars(select(Patient.id)))


def _renewing(new: Pseudonyms) -> Change:
    return lambda entry: {**entry, "patient": new.renew(entry["patient"])}


def _carry_patients(session: Session, new: Pseudonyms) -> list[tuple[str, str]]:
    """New rows first, scans over to them, old rows last: a scan always has its patient."""
    rows = {row.id: row for row in session.scalars(select(Patient))}
    changed = [(code, new.renew(code)) for code in rows if new.renew(code) != code]
    if changed:
        session.execute(
            insert(Patient), [_copied(rows[before], after) for before, after in changed]
        )
    for before, after in changed:
        session.execute(
            update(ScanRow).where(ScanRow.patient_id == before).values(patient_id=after)
        )
    for before, _ in changed:
        session.execute(delete(Patient).where(Patient.id == before))
    return changed


def _copied(row: Patient, code: str) -> dict[str, Any]:
    values = {column.name: getattr(row, column.name) for column in Patient.__table__.columns}
    return {**values, "id": code}


def _carry_scans(session: Session, old: Pseudonyms, new: Pseudonyms, before: dict[str, str]) -> int:
    query = select(
        ScanRow.id,
        ScanRow.patient_id,
        ScanRow.study,
        ScanRow.file_key,
        ScanRow.picture_key,
        ScanRow.cine,
        ScanRow.day,
    )
    changed = [
        {
            "id": number,
            "study": new.renew(study) if study else None,
            "file_key": new.renew(file_key) if file_key else None,
            "picture_key": new.renew(picture_key) if picture_key else None,
            "cine": new.renew(cine) if cine else None,
            "day": None
            if day is None
            else (day - old.shift(before.get(patient, patient)) + new.shift(patient)) % DAYS,
        }
        for number, patient, study, file_key, picture_key, cine, day in session.execute(query)
    ]
    if changed:
        session.execute(update(ScanRow), changed)
    return len(changed)


def _carry_audit(session: Session, new: Pseudonyms) -> None:
    for line in session.scalars(select(Audit)):
        carried = {
            name: new.renew(value) if name in _PATIENTS_IN_AUDIT else value
            for name, value in line.detail.items()
        }
        if carried != line.detail:
            line.detail = carried


def _known(store: Store) -> str | None:
    with store.reading() as session:
        fact = session.get(Fact, FINGERPRINT)
        return fact.value if fact else None
