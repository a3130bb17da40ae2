"""The stored frames of a film, to be looked at one after another beside the one that is read."""

from dataclasses import dataclass

from sqlalchemy import select

from fetal.store.tables import ScanRow
from fetal.workbench.catalogue.scan_figures import Figure
from fetal.workbench.core.permissions import Permission
from fetal.workbench.core.workbench import Workbench

MOST = 400
"""Frames of one film that are listed, the first ones."""


@dataclass(frozen=True)
class CineFrame:
    """A stored frame of a film.

    Attributes:
        scan_id: its number.
        digest: of its pixels; names its picture.
        index: its place in the film, from 0.
    """

    scan_id: int
    digest: str
    index: int


def cine_frames(workbench: Workbench, figure: Figure) -> list[CineFrame]:
    """List the stored frames of the film that a scan is a frame of.

    Args:
        workbench: the workbench.
        figure: the scan. Nothing is read for a still.

    Returns:
        The frames in their order, the scan's own among them; none where no other one is stored.

    Raises:
        NotPermittedError: the person may not see scans.
    """
    workbench.permit(Permission.SEE)
    if figure.cine is None:
        return []
    query = (
        select(ScanRow.id, ScanRow.digest, ScanRow.frame)
        .where(ScanRow.cine == figure.cine)
        .order_by(ScanRow.frame)
        .limit(MOST)
    )
    with workbench.store.reading() as session:
        found = [CineFrame(row.id, row.digest, row.frame) for row in session.execute(query)]
    others = any(one.scan_id != figure.scan_id for one in found)
    return found if others and any(one.scan_id == figure.scan_id for one in found) else []
