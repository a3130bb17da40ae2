"""The one query behind every list of scans: each with its newest label and the opinion on it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import ColumnElement, Select, and_, case, exists, func, or_, select
from sqlalchemy.orm import aliased

from fetal.store.any_of import any_of
from fetal.store.tables import UNUSABLE, Annotation, Patient, PredictionRow, ScanRow

Order = Literal["newest", "oldest", "doubt"]


@dataclass(frozen=True)
class ScanFilter:
    """Which scans, in which order. Whatever is left empty excludes nothing.

    Attributes:
        planes: planes or `unusable`: the label where there is one, else the model's opinion.
        sources: `upload`, `import`, `sample`.
        reviewed: true for labelled scans, false for those without a label.
        doubts: what the model said of its certainty: `sure`, `check`, `unknown`.
        agreement: true where the model and the person agree, false where they do not.
        since: added at this moment or later.
        until: added at this moment or before.
        ids: only these scans.
        without: none of these scans.
        order: `newest` or `oldest` first, or `doubt`: what the model does not know first, then the
            largest doubt, and scans that no model has seen last.
        limit: at most so many.
        offset: leave out so many at the start.
    """

    planes: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    reviewed: bool | None = None
    doubts: tuple[str, ...] = ()
    agreement: bool | None = None
    since: datetime | None = None
    until: datetime | None = None
    ids: tuple[int, ...] | None = None
    without: tuple[int, ...] = ()
    order: Order = "newest"
    limit: int | None = None
    offset: int = 0


NEWEST = aliased(Annotation, name="newest")
"""The newest annotation of the scan, which tells its label and note."""

GIVEN = aliased(Annotation, name="given")
"""The annotation that gave the label which stands: an earlier one after a note or an undo."""


def scan_query(chosen: ScanFilter, champion: int | None, *columns: Any) -> Select[Any]:
    """Select scans with their patient, label and opinion.

    Args:
        chosen: which scans.
        champion: the version whose opinion counts; where it has none, the newest other one does.
        columns: what to select of Scan, Patient, Prediction, NEWEST and GIVEN.

    Returns:
        The query, ordered and cut as chosen.
    """
    query = (
        select(*columns)
        .select_from(ScanRow)
        .join(Patient, Patient.id == ScanRow.patient_id)
        .outerjoin(NEWEST, _is_newest_annotation())
        .outerjoin(GIVEN, GIVEN.id == _label_giver())
        .outerjoin(PredictionRow, _is_opinion(champion))
        .where(*_conditions(chosen))
        .order_by(*_ORDERS[chosen.order])
        .limit(chosen.limit)
    )
    return query.offset(chosen.offset) if chosen.offset else query


def count_query(chosen: ScanFilter, champion: int | None) -> Select[Any]:
    """Count the scans that a filter chooses, whatever its limit.

    Args:
        chosen: which scans.
        champion: the version whose opinion counts.

    Returns:
        The query for the number.
    """
    query = select(func.count()).select_from(ScanRow).where(*_conditions(chosen))
    if chosen.planes or chosen.reviewed is not None or chosen.agreement is not None:
        query = query.outerjoin(NEWEST, _is_newest_annotation())
    if chosen.planes or chosen.doubts or chosen.agreement is not None:
        query = query.outerjoin(PredictionRow, _is_opinion(champion))
    return query


def _is_newest_annotation() -> ColumnElement[bool]:
    # “None is newer” can be looked up in the index scan by scan, and also joined as a whole:
    # SQLite does the one and PostgreSQL the other, and neither is slow.
    newer = aliased(Annotation)
    return and_(
        NEWEST.scan_id == ScanRow.id,
        ~exists().where(newer.scan_id == NEWEST.scan_id, newer.id > NEWEST.id),
    )


def _label_giver() -> ColumnElement[int | None]:
    return case((NEWEST.kind.in_(("note", "undo")), NEWEST.stands_id), else_=NEWEST.id)


def _is_opinion(champion: int | None) -> ColumnElement[bool]:
    better = aliased(PredictionRow)
    preferred = better.id > PredictionRow.id
    if champion is not None:
        preferred = or_(preferred, better.model_id == champion)
    last = ~exists().where(better.scan_id == PredictionRow.scan_id, preferred)
    return and_(
        PredictionRow.scan_id == ScanRow.id,
        last if champion is None else or_(PredictionRow.model_id == champion, last),
    )


def _conditions(chosen: ScanFilter) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if chosen.planes:
        shown = func.coalesce(NEWEST.label, PredictionRow.plane)
        found.append(shown.in_([str(plane) for plane in chosen.planes]))
    if chosen.sources:
        found.append(ScanRow.source.in_(chosen.sources))
    if chosen.reviewed is not None:
        found.append(NEWEST.label.is_not(None) if chosen.reviewed else NEWEST.label.is_(None))
    if chosen.doubts:
        found.append(PredictionRow.doubt.in_(chosen.doubts))
    if chosen.agreement is not None:
        same = NEWEST.label == PredictionRow.plane
        found.append(and_(NEWEST.label != UNUSABLE, same if chosen.agreement else ~same))
    if chosen.since is not None:
        found.append(ScanRow.added_at >= chosen.since)
    if chosen.until is not None:
        found.append(ScanRow.added_at <= chosen.until)
    if chosen.ids is not None:
        found.append(any_of(ScanRow.id, chosen.ids))
    if chosen.without:
        found.append(~any_of(ScanRow.id, chosen.without))
    return found


_ORDERS: dict[str, tuple[Any, ...]] = {
    "newest": (ScanRow.id.desc(),),
    "oldest": (ScanRow.id,),
    "doubt": (
        PredictionRow.confidence.is_(None),
        PredictionRow.doubt != "unknown",
        PredictionRow.confidence,
        ScanRow.id,
    ),
}
