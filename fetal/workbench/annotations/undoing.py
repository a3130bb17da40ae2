"""How a label or a note is taken back: by a row that says so."""

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from fetal.store.states import AnnotationKind
from fetal.store.tables import Annotation
from fetal.workbench.annotations.label_rows import LABELS

_UNDONE = "This is undone already; reload the page to see what was done."


class UndoError(ValueError):
    """This cannot be undone."""


@dataclass(frozen=True)
class TakenBack:
    """What an undo took back.

    Attributes:
        undo_id: the number of the row that takes it back.
        annotation_id: the number of what was taken back.
        scan_id: the scan that it was said of.
    """

    undo_id: int
    annotation_id: int
    scan_id: int


def take_back(session: Session, annotation_id: int, who: str) -> TakenBack:
    """Add the row that takes back a label or a note, to a transaction.

    Args:
        session: the transaction.
        annotation_id: what to take back.
        who: the person, who gave it.

    Returns:
        What was taken back.

    Raises:
        UndoError: there is no such annotation, or another person's, or it is taken back already,
            or is itself an undo.
    """
    target = session.get(Annotation, annotation_id)
    if target is None or target.kind == AnnotationKind.UNDO:
        raise UndoError("There is nothing to undo here; reload the page to see what was done.")
    if target.who != who:
        raise UndoError(
            f"Only {target.who} can take this back. Give the scan your own label instead: both "
            "stay in its history."
        )
    history = session.scalars(
        select(Annotation).where(Annotation.scan_id == target.scan_id).order_by(Annotation.id)
    ).all()
    gone = {row.undoes_id for row in history if row.undoes_id is not None}
    if target.id in gone:
        raise UndoError(_UNDONE)
    left = [
        row
        for row in history
        if row.kind != AnnotationKind.UNDO and row.id not in {*gone, target.id}
    ]
    stands = next((row for row in reversed(left) if row.kind in LABELS), None)
    undoing = Annotation(
        scan_id=target.scan_id,
        label=stands.label if stands is not None else None,
        kind=AnnotationKind.UNDO,
        note=left[-1].note if left else "",
        who=who,
        batch_id=target.batch_id,
        undoes_id=target.id,
        stands_id=stands.id if stands is not None else None,
    )
    session.add(undoing)
    try:
        session.flush()
    except IntegrityError as error:
        raise UndoError(_UNDONE) from error
    return TakenBack(undoing.id, target.id, target.scan_id)
