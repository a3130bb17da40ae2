"""Labels that replaced another label which their giver had not seen, and who is to be told."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Integer, literal_column, select, text
from sqlalchemy.orm import Session, aliased

from fetal.store import audit
from fetal.store.table_base import now
from fetal.store.tables import Annotation, Audit, ScanRow
from fetal.workbench.core.permissions import Permission
from fetal.workbench.core.workbench import Workbench

DAYS = 30
"""For so long a person who has not been told is told."""

_TOLD = "told of another label"
_OVERRIDDEN = aliased(Annotation, name="overridden")


@dataclass(frozen=True)
class Conflict:
    """A label that was given by somebody who had not seen the one before.

    Attributes:
        annotation_id: the number of the newer label, which stands.
        at: when it was given.
        scan_id: the scan's number.
        scan: the scan's name.
        label: the newer label.
        who: who gave it.
        before: the label that it replaced.
        before_who: who had given that one.
    """

    annotation_id: int
    at: datetime
    scan_id: int
    scan: str
    label: str | None
    who: str
    before: str | None
    before_who: str


def conflict_of(session: Session, annotation_id: int) -> Conflict | None:
    """Return the conflict that a label made.

    Args:
        session: the transaction.
        annotation_id: the label.

    Returns:
        The conflict; None where its giver had seen what it replaced.
    """
    row = session.execute(_query().where(Annotation.id == annotation_id)).first()
    return _conflict(row) if row is not None else None


def untold(workbench: Workbench, who: str) -> list[Conflict]:
    """List the conflicts in which a person's label was replaced, and which they have not noted.

    Args:
        workbench: the workbench.
        who: the person.

    Returns:
        The conflicts of the last 30 days, the newest first.
    """
    who = workbench.permit(Permission.SEE, who)
    since = now() - timedelta(days=DAYS)
    with workbench.store.reading() as session:
        query = (
            _query()
            .where(
                Annotation.at >= since,
                # It follows, but in these words the database finds the index of such labels.
                text("annotation.overrides_id IS NOT NULL"),
                _OVERRIDDEN.who == who,
            )
            .order_by(Annotation.at.desc(), Annotation.id.desc())
        )
        told = _told_up_to(session, who, since)
        found = [_conflict(row) for row in session.execute(query)]
    return [one for one in found if one.annotation_id > told]


def note_told(workbench: Workbench, who: str, found: Sequence[Conflict]) -> None:
    """Remember that a person has read of conflicts, so that they are not told again.

    Args:
        workbench: the workbench.
        who: the person.
        found: what the person has read.
    """
    who = workbench.permit(Permission.SEE, who)
    newest = max(one.annotation_id for one in found)
    with workbench.store.session() as session:
        audit.record(session, who, _TOLD, annotation=newest)


def _query() -> Any:
    # With the plus, SQLite does not begin with all labels of the person who was overridden.
    overridden = literal_column("+annotation.overrides_id", Integer)
    return (
        select(Annotation, ScanRow.name, _OVERRIDDEN)
        .join(ScanRow, ScanRow.id == Annotation.scan_id)
        .join(_OVERRIDDEN, _OVERRIDDEN.id == overridden)
    )


def _told_up_to(session: Session, who: str, since: datetime) -> int:
    told = select(Audit.detail).where(Audit.at >= since, Audit.who == who, Audit.action == _TOLD)
    return max((int(detail["annotation"]) for detail in session.scalars(told)), default=0)


def _conflict(row: Any) -> Conflict:
    newer, scan, older = row
    return Conflict(
        annotation_id=newer.id,
        at=newer.at,
        scan_id=newer.scan_id,
        scan=scan,
        label=newer.label,
        who=newer.who,
        before=older.label,
        before_who=older.who,
    )
