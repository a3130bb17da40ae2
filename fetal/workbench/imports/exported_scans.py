"""Takes what a table tells of a scan into the workspace: whose it is, its label and its note."""

from collections.abc import Sequence
from datetime import datetime
from enum import Enum, auto

from sqlalchemy import select
from sqlalchemy.orm import Session, aliased

from fetal.store.states import AnnotationKind
from fetal.store.tables import NOTE, Annotation, Patient
from fetal.workbench.annotations.label_rows import add_label, label_giver, newest_annotation
from fetal.workbench.core.workbench import Workbench
from fetal.workbench.ingest.files import PatientRef
from fetal.workbench.label_tables.exported_rows import ExportedRow
from fetal.workbench.label_tables.label_table import LabelRow


class Came(Enum):
    """What became of a label that came back."""

    ADDED = auto()
    KEPT = auto()
    """The scan keeps another label, which is newer."""
    NOTHING_NEW = auto()


def exported_owner(workbench: Workbench, code: str, row: ExportedRow) -> PatientRef:
    """Return the patient of an exported scan.

    Args:
        workbench: the workbench.
        code: the patient's code in the workspace that wrote the export.
        row: what else the export tells.

    Returns:
        The patient of this workspace who has that code, or the sample's; else a patient of its
        own for each code, known as unknown (`U-…`) where the export calls them so.
    """
    with workbench.store.reading() as session:
        known = session.get(Patient, code)
    if known is not None:
        return PatientRef(known.id, known.named)
    if row.sample:
        return PatientRef(code, named=True)
    own = workbench.pseudonyms.patient(code)
    if code.startswith("U-"):
        return PatientRef(f"U-{own.removeprefix('P-')}", named=False)
    return PatientRef(own, named=True)


def take_label(session: Session, scan_id: int, label: str | None, row: LabelRow, who: str) -> Came:
    """Assign a scan the label that a table gives it.

    Args:
        session: the transaction.
        scan_id: the scan.
        label: a plane's value or `unusable`; None where it has no label.
        row: the table's line.
        who: the person who imports.

    Returns:
        What became of it. A scan that got this label by an import before keeps what a person said
        since.
    """
    if row.exported is not None:
        return _bring_back(session, scan_id, label, row.exported, who)
    newest = newest_annotation(session, scan_id)
    if label is None or (newest is not None and newest.label == label):
        return Came.NOTHING_NEW
    if _imported_before(session, scan_id, label):
        return Came.KEPT
    add_label(session, scan_id, label, who, kind=AnnotationKind.IMPORT)
    return Came.ADDED


def _bring_back(
    session: Session, scan_id: int, label: str | None, row: ExportedRow, who: str
) -> Came:
    """Assign a scan the label and the note that it was exported with.

    What the workspace holds already is not written again, and a newer label stays.
    """
    history = session.scalars(
        select(Annotation).where(Annotation.scan_id == scan_id).order_by(Annotation.id)
    ).all()
    newest = history[-1] if history else None
    stands = newest.label if newest is not None else None
    if label is not None and stands is not None and label != stands:
        if _is_known(history, label, row) or _is_newer(history, newest, row.time):
            return Came.KEPT
    elif label == stands:
        if not row.note or (newest is not None and newest.note):
            return Came.NOTHING_NEW
        _add_note(session, scan_id, newest, row.note, who)
        return Came.NOTHING_NEW
    if label is None:
        return Came.NOTHING_NEW
    number = add_label(session, scan_id, label, who, note=row.note, kind=AnnotationKind.IMPORT)
    added = session.get_one(Annotation, number)
    added.given_by, added.given_at = row.annotator, row.time
    return Came.ADDED


def _is_known(history: Sequence[Annotation], label: str, row: ExportedRow) -> bool:
    """Whether this very label was given here, and not taken back."""
    undone = {one.undoes_id for one in history}
    return any(
        one.label == label
        and (one.given_by or one.who) == row.annotator
        and row.time is not None
        and (one.given_at or one.at).replace(microsecond=0) == row.time.replace(microsecond=0)
        and one.id not in undone
        for one in history
    )


def _is_newer(
    history: Sequence[Annotation], newest: Annotation | None, time: datetime | None
) -> bool:
    """Whether the label that stands was given after another one."""
    giver = label_giver(newest)
    stands = next((one for one in history if one.id == giver), None)
    return stands is not None and time is not None and (stands.given_at or stands.at) >= time


def _add_note(
    session: Session, scan_id: int, newest: Annotation | None, note: str, who: str
) -> None:
    session.add(
        Annotation(
            scan_id=scan_id,
            label=newest.label if newest is not None else None,
            kind=NOTE,
            note=note,
            who=who,
            stands_id=label_giver(newest),
        )
    )


def _imported_before(session: Session, scan_id: int, label: str) -> bool:
    undoing = aliased(Annotation)
    before = select(Annotation.id).where(
        Annotation.scan_id == scan_id,
        Annotation.kind == AnnotationKind.IMPORT,
        Annotation.label == label,
        ~select(undoing.id).where(undoing.undoes_id == Annotation.id).exists(),
    )
    return session.scalar(before.limit(1)) is not None
