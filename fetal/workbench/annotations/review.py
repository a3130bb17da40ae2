"""Labels, notes and undo: each is a row of its own, and none is ever changed."""

from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import aliased

from fetal.store.states import AnnotationKind
from fetal.store.tables import Annotation, ScanRow
from fetal.workbench.annotations.conflicts import Conflict, conflict_of
from fetal.workbench.annotations.label_batches import take_back_batch
from fetal.workbench.annotations.label_rows import (
    LONGEST_NOTE,
    NoteTooLongError,
    add_label,
    check_note,
    checked_label,
    label_giver,
    newest_annotation,
)
from fetal.workbench.annotations.undoing import TakenBack, UndoError, take_back
from fetal.workbench.catalogue.query import ScanFilter
from fetal.workbench.catalogue.scans import ScanView, UnknownScanError, count, scans
from fetal.workbench.core.permissions import Permission
from fetal.workbench.core.workbench import Workbench

__all__ = [
    "LONGEST_NOTE",
    "Labelled",
    "NoteTooLongError",
    "TakenBack",
    "UndoError",
    "annotate",
    "label",
    "next_scan",
    "note",
    "remaining",
    "undo",
    "undo_last",
]


@dataclass(frozen=True)
class Labelled:
    """What became of a label.

    Attributes:
        annotation_id: the label's number, to undo it with.
        conflict: the label that it replaced although its giver had not seen it; None where there
            was none.
    """

    annotation_id: int
    conflict: Conflict | None


def next_scan(workbench: Workbench, skipped: Collection[int] = ()) -> ScanView | None:
    """Return the scan to label next.

    Args:
        workbench: the workbench.
        skipped: scans to leave out.

    Returns:
        The unlabelled scan that the model doubts most: what it does not know before what it is
        unsure of. One that no model has seen comes last; none where all are labelled or skipped.
    """
    chosen = ScanFilter(reviewed=False, order="doubt", limit=1, without=tuple(skipped))
    return next(iter(scans(workbench, chosen)), None)


def remaining(workbench: Workbench) -> int:
    """Count the scans without a label."""
    workbench.permit(Permission.SEE)
    return count(workbench, ScanFilter(reviewed=False))


def annotate(workbench: Workbench, scan_id: int, label: str, who: str, note: str = "") -> int:
    """Label a scan.

    Args:
        workbench: the workbench.
        scan_id: the scan.
        label: a plane as people write it, or `unusable`.
        who: the person.
        note: a note to leave with it; empty leaves the note that is there.

    Returns:
        The annotation's number, to undo it with.

    Raises:
        UnknownPlaneError: the label is neither a plane nor `unusable`.
        UnknownScanError: there is no such scan.
        NoteTooLongError: the note has more than 2000 characters.
        NotPermittedError: the person may not label.
    """
    who = workbench.permit(Permission.LABEL, who)
    label = checked_label(label, note)
    with workbench.store.session() as session:
        return add_label(session, scan_id, label, who, note=note)


def label(
    workbench: Workbench,
    scan_id: int,
    label: str,
    who: str,
    note: str = "",
    *,
    seen: int | None,
    queue_id: int | None = None,
) -> Labelled:
    """Label a scan that a person looked at, and find out whether another label came in between.

    The new label stands in any case, and the other one stays in the scan's history: nobody's work
    is lost, and both persons can be told.

    Args:
        workbench: the workbench.
        scan_id: the scan.
        label: a plane as people write it, or `unusable`.
        who: the person.
        note: a note to leave with it; empty leaves the note that is there.
        seen: `ScanView.label_id` of what the person saw: the label that stood then, or None.
        queue_id: the reading queue in which it is given, if any.

    Returns:
        The label's number, and the label that came in between.

    Raises:
        UnknownPlaneError: the label is neither a plane nor `unusable`.
        UnknownScanError: there is no such scan.
        NoteTooLongError: the note has more than 2000 characters.
        NotPermittedError: the person may not label.
    """
    who = workbench.permit(Permission.LABEL, who)
    label = checked_label(label, note)
    with workbench.store.session() as session:
        stands = label_giver(newest_annotation(session, scan_id))
        unseen = stands if stands != seen else None
        number = add_label(
            session, scan_id, label, who, note=note, overrides_id=unseen, queue_id=queue_id
        )
        return Labelled(number, conflict_of(session, number))


def note(workbench: Workbench, scan_id: int, text: str, who: str) -> int:
    """Leave a note on a scan, in place of the one that is there; its label stays.

    Args:
        workbench: the workbench.
        scan_id: the scan.
        text: the note, at most 2000 characters; empty takes the note away.
        who: the person.

    Returns:
        The annotation's number, to undo it with.

    Raises:
        UnknownScanError: there is no such scan.
        NoteTooLongError: the note is too long.
        NotPermittedError: the person may not label.
    """
    who = workbench.permit(Permission.LABEL, who)
    check_note(text)
    with workbench.store.session() as session:
        if session.get(ScanRow, scan_id) is None:
            raise UnknownScanError(f"There is no scan with the number {scan_id} in this workspace.")
        before = newest_annotation(session, scan_id)
        row = Annotation(
            scan_id=scan_id,
            label=before.label if before is not None else None,
            kind=AnnotationKind.NOTE,
            note=text,
            who=who,
            stands_id=label_giver(before),
        )
        session.add(row)
        session.flush()
        return row.id


def undo(workbench: Workbench, annotation_id: int, who: str) -> int:
    """Take back one label or note of one's own; what was done with the scan since then stays.

    Args:
        workbench: the workbench.
        annotation_id: what to take back.
        who: the person.

    Returns:
        The number of the row that takes it back.

    Raises:
        UndoError: there is no such annotation, or another person's, or it is taken back already,
            or is itself an undo.
        NotPermittedError: the person may not label.
    """
    return undo_one(workbench, annotation_id, who).undo_id


def undo_one(workbench: Workbench, annotation_id: int, who: str) -> TakenBack:
    """Do what `undo` does, and tell which scan it was."""
    who = workbench.permit(Permission.LABEL, who)
    with workbench.store.session() as session:
        return take_back(session, annotation_id, who)


def undo_last(workbench: Workbench, who: str) -> TakenBack | None:
    """Take back the newest label or note of a person that still stands.

    Args:
        workbench: the workbench.
        who: the person.

    Returns:
        What was taken back; None where there is nothing to take back. Of a label for many scans
        all are taken back, and the newest is returned.
    """
    who = workbench.permit(Permission.LABEL, who)
    later = aliased(Annotation)
    newest = (
        select(Annotation.id)
        .where(
            Annotation.who == who,
            Annotation.kind.not_in((AnnotationKind.UNDO, AnnotationKind.IMPORT)),
            ~select(later.id).where(later.undoes_id == Annotation.id).exists(),
        )
        .order_by(Annotation.id.desc())
        .limit(1)
    )
    with workbench.store.session() as session:
        number = session.scalar(newest)
        if number is None:
            return None
        batch = session.get_one(Annotation, number).batch_id
        taken = take_back(session, number, who)
        if batch is not None:
            take_back_batch(session, batch, who, without=[number])
        return taken
