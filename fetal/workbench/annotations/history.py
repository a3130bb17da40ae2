"""What people did with the scans: every label and note, and what was taken back."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, TextClause, func, select, text
from sqlalchemy.orm import aliased

from fetal.store.states import AnnotationKind
from fetal.store.tables import Annotation, ScanRow
from fetal.workbench.core.permissions import Permission
from fetal.workbench.core.workbench import Workbench

_UNDOING = aliased(Annotation, name="undoing")
_OVERRIDDEN = aliased(Annotation, name="overridden")


@dataclass(frozen=True)
class Entry:
    """One label or note that a person gave.

    Attributes:
        annotation_id: its number, to undo it with.
        at: when it was kept here.
        scan: the scan's name.
        scan_id: the scan's number.
        label: the label that the scan had after it.
        kind: what was done.
        who: the person; of an imported label, who imported it.
        note: the scan's note after it.
        given_by: of an imported label, who gave it, as the table says.
        given_at: of an imported label, when it was given, as the table says.
        undone: whether it was taken back later.
        undone_by: who took it back.
        undone_at: when it was taken back.
        overrides: the person whose label it replaced without having seen it.
    """

    annotation_id: int
    at: datetime
    scan: str
    scan_id: int
    label: str | None
    kind: AnnotationKind
    who: str
    note: str
    given_by: str | None
    given_at: datetime | None
    undone: bool
    undone_by: str | None
    undone_at: datetime | None
    overrides: str | None


def history(workbench: Workbench, scan_id: int) -> list[Entry]:
    """List all that was said of one scan.

    Args:
        workbench: the workbench.
        scan_id: the scan.

    Returns:
        Labels, imported ones too, and notes, the newest first; those that were taken back too.
    """
    workbench.permit(Permission.SEE)
    return _entries(workbench, _query().where(Annotation.scan_id == scan_id))


def today(workbench: Workbench, who: str | None = None, most: int | None = None) -> list[Entry]:
    """List what was done since midnight of this computer's clock.

    Args:
        workbench: the workbench.
        who: only this person's entries. If None, everybody's.
        most: at most so many. If None, all.

    Returns:
        Labels and notes, the newest first; those that were taken back too, but not the labels of
        imported tables.
    """
    workbench.permit(Permission.SEE)
    query = _query().where(*_done_today())
    if who is not None:
        # In these words, SQLite does not read all that the person ever did.
        query = query.where(func.coalesce(Annotation.who, "") == who)
    # In this order, the index of what was done gives the newest at once.
    newest = query.order_by(None).order_by(Annotation.at.desc(), Annotation.id.desc())
    return _entries(workbench, newest.limit(most))


def count_today(workbench: Workbench) -> int:
    """Count what everybody has done since midnight of this computer's clock, as `today` lists it.

    Args:
        workbench: the workbench.
    """
    workbench.permit(Permission.SEE)
    with workbench.store.reading() as session:
        query = select(func.count()).select_from(Annotation).where(*_done_today())
        return session.scalar(query) or 0


def _done_today() -> tuple[ColumnElement[bool], TextClause]:
    midnight = datetime.now().astimezone().replace(hour=0, minute=0, second=0, microsecond=0)
    # In these words, the database finds the index of what was done.
    return Annotation.at >= midnight, text("annotation.kind NOT IN ('undo', 'import')")


def _query() -> Any:
    return (
        select(Annotation, ScanRow.name, _UNDOING.who, _UNDOING.at, _OVERRIDDEN.who)
        .join(ScanRow, ScanRow.id == Annotation.scan_id)
        .outerjoin(_UNDOING, _UNDOING.undoes_id == Annotation.id)
        .outerjoin(_OVERRIDDEN, _OVERRIDDEN.id == Annotation.overrides_id)
        .where(Annotation.kind != AnnotationKind.UNDO)
        .order_by(Annotation.id.desc())
    )


def _entries(workbench: Workbench, query: Any) -> list[Entry]:
    with workbench.store.reading() as session:
        return [_entry(row) for row in session.execute(query)]


def _entry(row: Sequence[Any]) -> Entry:
    kept, name, undone_by, undone_at, overrides = row
    return Entry(
        annotation_id=kept.id,
        at=kept.at,
        scan=name,
        scan_id=kept.scan_id,
        label=kept.label,
        kind=AnnotationKind(kept.kind),
        who=kept.who,
        note=kept.note,
        given_by=kept.given_by,
        given_at=kept.given_at,
        undone=undone_at is not None,
        undone_by=undone_by,
        undone_at=undone_at,
        overrides=overrides,
    )
