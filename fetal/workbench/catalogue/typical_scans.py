"""A typical scan of each plane, to hold another one against."""

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from fetal.planes import PLANES, Plane
from fetal.predict import Doubt
from fetal.store.state.state_tables import ScanState
from fetal.store.tables import ScanRow
from fetal.workbench.catalogue.query import ScanFilter, cells, in_cells
from fetal.workbench.core.permissions import Permission
from fetal.workbench.core.workbench import Workbench

_LOOKED_AT = 200
"""Of so many scans of a plane, the newest, the surest is taken: no list is read to its end."""


@dataclass(frozen=True)
class TypicalScan:
    """A scan of which a person and the model say the same.

    Attributes:
        scan_id: its number.
        digest: of its pixels; names its picture.
        plane: what it shows.
    """

    scan_id: int
    digest: str
    plane: Plane


def typical_scans(workbench: Workbench) -> list[TypicalScan]:
    """Return one scan of each plane: of those that people labelled as the model did, the surest.

    Args:
        workbench: the workbench.

    Returns:
        At most one of each plane, in the planes' order; none of a plane that nobody labelled so.

    Raises:
        NotPermittedError: the person may not see scans.
    """
    workbench.permit(Permission.SEE)
    with workbench.store.reading() as session:
        found = [_typical(session, plane) for plane in PLANES]
    return [one for one in found if one is not None]


def _typical(session: Session, plane: Plane) -> TypicalScan | None:
    asked = ScanFilter(
        planes=(plane.value,), reviewed=True, agreement=True, doubts=(Doubt.SURE.value,)
    )
    newest = (
        select(ScanState.scan_id, ScanState.confidence)
        .where(in_cells(cells(session, asked)))
        .order_by(ScanState.added_at.desc(), ScanState.scan_id.desc())
        .limit(_LOOKED_AT)
        .subquery()
    )
    row = session.execute(
        select(ScanRow.id, ScanRow.digest)
        .join(newest, newest.c.scan_id == ScanRow.id)
        .order_by(newest.c.confidence.desc(), ScanRow.id)
        .limit(1)
    ).first()
    return TypicalScan(row.id, row.digest, plane) if row is not None else None
