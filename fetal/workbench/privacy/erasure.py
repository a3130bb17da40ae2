"""Erases a patient or a scan, as the law may ask: what is left is that something was erased.

Everywhere else, nothing that a person did is overwritten. Here rows go, with the labels and notes
on them, and the audit trail keeps one line that tells how many.
"""

import shutil
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from fetal.store import audit
from fetal.store.access.audit_chain import EventKind
from fetal.store.bulk import batches
from fetal.store.erasing.compaction import compact_if_quiet, want_compaction
from fetal.store.schema.all_tables import METADATA
from fetal.store.tables import Annotation, Audit, Patient, ScanRow
from fetal.workbench.core.erasure_count import add_erasure, count_erasures
from fetal.workbench.core.kept_answers import forget_answers
from fetal.workbench.core.key_check import require_no_renewal
from fetal.workbench.core.permissions import Permission
from fetal.workbench.core.workbench import Workbench
from fetal.workbench.datasets.lineage import learnt_by, name_as_foreign, note_learnt
from fetal.workbench.near_duplicates.groups import in_one_group, regroup
from fetal.workbench.privacy.snapshot_rewrite import (
    Change,
    prepare_rewriting,
    require_no_training,
    rewrite_snapshots,
    sweep_snapshots,
)

_AT_ONCE = 500
"""Scans in one statement: databases take only so many values at a time."""
_LINES_AT_ONCE = 5000
"""Lines of the audit trail that are fetched at once."""


class UnknownCodeError(LookupError):
    """Nothing in the workspace has this code."""


@dataclass(frozen=True)
class Erasure:
    """What is, or would be, erased.

    Attributes:
        patient: the patient's pseudonym where the whole patient goes, else none.
        scans: how many scans.
        labels: how many labels, notes and undos of theirs.
        models: names of the versions that learnt from one of the scans, or from a version that
            did. They stay: what may be kept of them is a person's to decide.
        traces: true where something may still stand in the database's log, because another
            process was reading.
        later: true where people are at work, so that the database's file is written anew when they
            have stopped (`fetal.store.erasing.compaction`).
    """

    patient: str | None
    scans: int
    labels: int
    models: tuple[str, ...]
    traces: bool = False
    later: bool = False


def outlook(workbench: Workbench, code: str) -> Erasure:
    """Report what would be erased; nothing is changed.

    Args:
        workbench: the workbench.
        code: a patient's pseudonym (`P-…` or `U-…`) or the name of a scan (`S-…`).

    Returns:
        What would go.

    Raises:
        UnknownCodeError: there is no such patient or scan.
    """
    # What is written down is not looked for in each model's list again.
    note_learnt(workbench.store)
    with workbench.store.reading() as session:
        patient, rows = _found(session, code)
        return Erasure(
            patient.id if patient else None,
            len(rows),
            _count_labels(session, rows),
            _learnt_from(session, workbench, rows),
        )


def erase(workbench: Workbench, code: str, who: str) -> Erasure:
    """Erase a patient with all scans, or one scan: pictures, predictions, labels, notes, lists.

    The pictures go first, so that a process that is killed leaves rows without pictures, and the
    same call finishes the work. Kept features and folders of ended trainings go whole, since they
    do not tell whose they are; the next training makes them anew.

    Args:
        workbench: the workbench.
        code: a patient's pseudonym (`P-…` or `U-…`) or the name of a scan (`S-…`).
        who: the person, for the audit trail.

    Returns:
        What was erased.

    Raises:
        NotPermittedError: the person may not erase.
        UnknownCodeError: there is no such patient or scan.
        TrainingGoesOnError: a training waits or works.
        KeyRenewalGoesOnError: codes are being carried over to a new key.
    """
    who = workbench.permit(Permission.ERASE, who)
    told = outlook(workbench, code)
    # What takes long is done before others have to wait.
    with workbench.store.reading() as session:
        patient, rows = _found(session, code)
        expected = _digests(rows)
        name_as_foreign(session, workbench.blobs, [row.id for row in rows])
        trail = _lines_of(session, _codes(patient, rows))
        newest = session.scalar(select(func.max(Audit.id))) or 0
    prepared = prepare_rewriting(workbench.store, _without(expected))
    with workbench.store.session() as session:
        require_no_training(session)
        require_no_renewal(session)
        patient, rows = _found(session, code)
        workbench.blobs.delete(*(row.blob for row in rows))
        digests, labels = _digests(rows), _count_labels(session, rows)
        rewrite_snapshots(
            session, workbench.blobs, _without(digests), prepared if digests == expected else None
        )
        trail += _lines_of(session, _codes(patient, rows), after=newest)
        _clear_trail(session, trail)
        linked = in_one_group(session, {row.patient_id for row in rows})
        for some in batches([row.id for row in rows], _AT_ONCE):
            _delete_scans(session, some)
        # A decision that went may have been what made others one patient.
        regroup(session, linked)
        if patient is not None:
            session.execute(delete(Patient).where(Patient.id == patient.id))
        add_erasure(session)
        want_compaction(session)
        forget_answers(session)
        workbench.tell(session, EventKind.ERASED, who, scans=len(rows), labels=labels)
        audit.record(session, who, "erase", scans=len(rows), labels=labels)
    sweep_snapshots(workbench.store)
    for kept in ("runs", "cache/features"):
        shutil.rmtree(workbench.workspace.folder / kept, ignore_errors=True)
    clean = workbench.store.empty_log()
    compact = compact_if_quiet(workbench.store)
    # Others may have gone on labelling since the outlook: what is told is what went.
    return replace(told, scans=len(rows), labels=labels, traces=not clean, later=not compact)


def generation(workbench: Workbench) -> int:
    """Return a number that changes with every erasure, in every process.

    What was kept in memory under another number may show what has been erased since: drop it.

    Args:
        workbench: the workbench.

    Returns:
        How often something was erased in this workspace; 0 in a new one.
    """
    with workbench.store.reading() as session:
        return count_erasures(session)


def _found(session: Session, code: str) -> tuple[Patient | None, Sequence[ScanRow]]:
    patient = session.get(Patient, code)
    wanted = ScanRow.patient_id == code if patient else ScanRow.name == code.removesuffix(".png")
    rows = session.scalars(select(ScanRow).where(wanted)).all()
    if patient is None and not rows:
        raise UnknownCodeError(
            "Expected the code of a patient (P-… or U-…) or of a scan (S-…) as the app shows it; "
            "nothing in this workspace has the code that was given."
        )
    return patient, rows


def _digests(rows: Iterable[ScanRow]) -> frozenset[str]:
    return frozenset(row.digest for row in rows)


def _without(digests: frozenset[str]) -> Change:
    return lambda entry: None if entry["digest"] in digests else entry


def _count_labels(session: Session, rows: Sequence[ScanRow]) -> int:
    return sum(
        session.scalar(select(func.count()).where(Annotation.scan_id.in_(some))) or 0
        for some in batches([row.id for row in rows], _AT_ONCE)
    )


def _delete_scans(session: Session, numbers: Sequence[int]) -> None:
    # Whatever table names scans, now or later, must let go of them.
    for table in reversed(METADATA.sorted_tables):
        for column in table.columns:
            if any(key.column is ScanRow.__table__.c.id for key in column.foreign_keys):
                session.execute(delete(table).where(column.in_(numbers)))
    session.execute(delete(ScanRow).where(ScanRow.id.in_(numbers)))


def _codes(patient: Patient | None, rows: Iterable[ScanRow]) -> frozenset[str]:
    """How the audit trail may name what is to be erased."""
    return frozenset(row.name for row in rows) | ({patient.id} if patient else set())


def _lines_of(session: Session, codes: frozenset[str], after: int = 0) -> list[int]:
    """The numbers of the lines of the audit trail, of those after one, that hold some codes."""
    lines = session.execute(
        select(Audit.id, Audit.detail)
        .where(Audit.id > after)
        .execution_options(yield_per=_LINES_AT_ONCE)
    )
    return [
        number
        for number, detail in lines
        if codes & {value for value in detail.values() if isinstance(value, str)}
    ]


def _clear_trail(session: Session, numbers: Sequence[int]) -> None:
    for some in batches(numbers, _AT_ONCE):
        for line in session.scalars(select(Audit).where(Audit.id.in_(some))):
            line.detail = {"erased": True}


def _learnt_from(
    session: Session, workbench: Workbench, rows: Sequence[ScanRow]
) -> tuple[str, ...]:
    versions = learnt_by(session, workbench.blobs, [row.id for row in rows])
    return tuple(version.name for version in versions)
