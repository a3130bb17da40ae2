"""Carries stored codes over to a new key, a few patients at a time, so that nobody waits long.

The new key counts from the first moment on. Until all is carried over, codes of both keys are
stored, each patient's wholly of one of them; nobody may add to them meanwhile. A process that is
killed is followed by the next one that opens the key (`pseudonym_key.open_key`).
"""

import json
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import astuple, dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.orm import Session

from fetal.scans import Pseudonyms
from fetal.scans.deidentification.pseudonyms import DAYS
from fetal.store import audit
from fetal.store.access import audit_chain
from fetal.store.access.audit_chain import EventKind
from fetal.store.bulk import batches
from fetal.store.database import Store
from fetal.store.erasing.compaction import want_compaction
from fetal.store.state.state_tables import PatientCount
from fetal.store.tables import Audit, Fact, Patient, ScanRow
from fetal.workbench.core.actor import Origin
from fetal.workbench.core.erasure_count import add_erasure
from fetal.workbench.core.key_check import RENEWAL, KeyRenewedError, is_newest
from fetal.workbench.privacy.snapshot_rewrite import (
    Change,
    prepare_rewriting,
    rewrite_snapshots,
    sweep_snapshots,
)

SCANS_AT_ONCE = 250
"""Scans that are carried over in one transaction; of a patient who has more, all."""
_LINES_AT_ONCE = 500
_ASKED_BY = "key renewal by"
_PATIENTS_IN_AUDIT = ("before", "after")
"""Where lines of the audit trail name patients, by pseudonym."""


@dataclass(frozen=True)
class Carried:
    """How far a renewal has come.

    Attributes:
        until: when the last patient who was carried over was added, in ISO 8601; empty at first.
        patients: how many patients got a new code.
        scans: how many scans were carried over.
        line: up to which line of the audit trail codes were carried over.
        last: the last line of the audit trail that may hold codes of the old key.
        told: whether the lists of trainings have the new codes, and the renewal is written down.
    """

    until: str = ""
    patients: int = 0
    scans: int = 0
    line: int = 0
    last: int = 0
    told: bool = False


class _MovedError(RuntimeError):
    """Another process has carried over what was about to be."""


def begin_carrying(session: Session, who: str) -> None:
    """Note that codes are to be carried over from now on.

    Args:
        session: the transaction in which the new key begins to count.
        who: the person, for the audit trail.
    """
    last = session.scalar(select(func.max(Audit.id))) or 0
    session.add(Fact(name=_ASKED_BY, value=who))
    _keep(session, Carried(last=last))


def carry_on(store: Store, new: Pseudonyms) -> Carried | None:
    """Carry over what is left; several processes may do so at once.

    Args:
        store: the workspace's store.
        new: the pseudonyms with the new key.

    Returns:
        What was done by the end; None where nothing was left to do.

    Raises:
        KeyRenewedError: codes are carried over to another key than this.
    """
    done = None
    while (reached := _how_far(store, new)) is not None:
        done = reached
        try:
            done = _finish(store, new, _carry_lines(store, new, _carry_patients(store, new, done)))
        except _MovedError:
            # What the other process has done is looked up again.
            continue
    return done


def _carry_patients(store: Store, new: Pseudonyms, reached: Carried) -> Carried:
    for codes, until in _waiting(store, reached):
        with _step(store, reached) as session:
            changed, scans = _carry(session, new, codes)
            reached = _keep(
                session,
                replace(
                    reached,
                    until=until,
                    patients=reached.patients + changed,
                    scans=reached.scans + scans,
                ),
            )
    return reached


def _waiting(store: Store, reached: Carried) -> Iterator[tuple[list[str], str]]:
    """The codes of patients who are still to be carried over, few at a time, in a fixed order.

    When a patient was added stays what it was, and nobody is added meanwhile.
    """
    after = datetime.fromisoformat(reached.until) if reached.until else None
    with store.reading() as session:
        rows = session.execute(
            select(Patient.added_at, Patient.id, PatientCount.scans)
            .outerjoin(PatientCount, PatientCount.patient_id == Patient.id)
            .order_by(Patient.added_at)
        ).all()
    codes: list[str] = []
    scans, last = 0, after
    for added_at, code, count in rows:
        if after is not None and added_at <= after:
            continue
        # Those of one moment go together: the moment tells how far it has come.
        if codes and last is not None and added_at != last and scans >= SCANS_AT_ONCE:
            yield codes, last.isoformat()
            codes, scans = [], 0
        codes.append(code)
        scans, last = scans + (count or 1), added_at
    if codes and last is not None:
        yield codes, last.isoformat()


def _carry(session: Session, new: Pseudonyms, codes: Sequence[str]) -> tuple[int, int]:
    """New rows first, scans over to them, old rows last: a scan always has its patient."""
    rows = {
        row.id: row
        for some in batches(codes, _LINES_AT_ONCE)
        for row in session.scalars(select(Patient).where(Patient.id.in_(some)))
    }
    changed = {code: new.renew(code) for code in rows if new.renew(code) != code}
    if changed:
        session.execute(
            insert(Patient), [_copied(rows[before], after) for before, after in changed.items()]
        )
    scans = [
        scan
        for some in batches(list(rows), _LINES_AT_ONCE)
        for scan in session.execute(select(*_CODED).where(ScanRow.patient_id.in_(some)))
    ]
    if scans:
        old = new.before()
        session.execute(update(ScanRow), [_renewed(scan, old, new) for scan in scans])
    for some in batches(list(changed), _LINES_AT_ONCE):
        session.execute(delete(Patient).where(Patient.id.in_(some)))
    # What is kept in memory has the old codes.
    add_erasure(session)
    return len(changed), len(scans)


_CODED = (
    ScanRow.id,
    ScanRow.patient_id,
    ScanRow.day,
    ScanRow.study,
    ScanRow.file_key,
    ScanRow.picture_key,
    ScanRow.cine,
)


def _renewed(scan: Sequence[Any], old: Pseudonyms, new: Pseudonyms) -> dict[str, Any]:
    number, patient, day, *codes = scan
    after = new.renew(patient)
    names = ("study", "file_key", "picture_key", "cine")
    return {
        "id": number,
        "patient_id": after,
        "day": None if day is None else (day - old.shift(patient) + new.shift(after)) % DAYS,
        **{
            name: new.renew(code) if code else None for name, code in zip(names, codes, strict=True)
        },
    }


def _copied(row: Patient, code: str) -> dict[str, Any]:
    values = {column.name: getattr(row, column.name) for column in Patient.__table__.columns}
    return {**values, "id": code}


def _carry_lines(store: Store, new: Pseudonyms, reached: Carried) -> Carried:
    """Carry over the lines of the audit trail that name patients."""
    with store.reading() as session:
        rows = session.execute(
            select(Audit.id, Audit.detail)
            .where(Audit.id > reached.line, Audit.id <= reached.last)
            .order_by(Audit.id)
            .execution_options(yield_per=5000)
        )
        wanted = {
            number: carried for number, detail in rows if (carried := _told(new, detail)) != detail
        }
    for some in batches(list(wanted), _LINES_AT_ONCE):
        with _step(store, reached) as session:
            for line in session.scalars(select(Audit).where(Audit.id.in_(some))):
                line.detail = wanted[line.id]
            reached = _keep(session, replace(reached, line=some[-1]))
    return reached


def _told(new: Pseudonyms, detail: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: new.renew(value) if name in _PATIENTS_IN_AUDIT else value
        for name, value in detail.items()
    }


def _finish(store: Store, new: Pseudonyms, reached: Carried) -> Carried:
    """Have trainings name lists with the new codes, write the renewal down, and remove the old."""
    if not reached.told:
        change = _renewing(new)
        # Long lists are written before others have to wait.
        prepared = prepare_rewriting(store, change)
        with _step(store, reached) as session:
            rewrite_snapshots(session, store.blobs, change, prepared)
            who = session.get_one(Fact, _ASKED_BY).value
            told = {"generation": new.generation, "scans": reached.scans}
            audit_chain.append(
                session, EventKind.KEY_RENEWED, who, origin=Origin.COMMAND_LINE, **told
            )
            audit.record(session, who, "renew key", **told)
            reached = _keep(session, replace(reached, told=True))
    sweep_snapshots(store)
    # Job files of trainings that ended name patients too.
    shutil.rmtree(store.workspace.folder / "runs", ignore_errors=True)
    with _step(store, reached) as session:
        session.execute(delete(Fact).where(Fact.name.in_((RENEWAL, _ASKED_BY))))
        want_compaction(session)
    return reached


def _renewing(new: Pseudonyms) -> Change:
    return lambda entry: {**entry, "patient": new.renew(entry["patient"])}


@contextmanager
def _step(store: Store, reached: Carried) -> Iterator[Session]:
    """A transaction that goes on from where the renewal was found."""
    with store.session() as session:
        if _read(session) != reached:
            raise _MovedError
        yield session


def _how_far(store: Store, new: Pseudonyms) -> Carried | None:
    with store.reading() as session:
        reached = _read(session)
        if reached is not None and not is_newest(session, new):
            raise KeyRenewedError
        return reached


def _read(session: Session) -> Carried | None:
    fact = session.get(Fact, RENEWAL)
    return Carried(*json.loads(fact.value)) if fact is not None else None


def _keep(session: Session, reached: Carried) -> Carried:
    # Without names, since a fact is short.
    session.merge(Fact(name=RENEWAL, value=json.dumps(astuple(reached))))
    return reached
