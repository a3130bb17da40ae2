"""What the pages draw of a scan: which picture it has, and the heat maps that go over it."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from sqlalchemy import and_, select

from fetal.planes import PLANES, Plane
from fetal.predict import KeptHeat
from fetal.store.bulk import any_of
from fetal.store.tables import ModelVersion, PredictionRow, Promotion, ScanRow
from fetal.workbench.core.permissions import Permission
from fetal.workbench.core.workbench import Workbench


@dataclass(frozen=True)
class Figure:
    """A scan as it is drawn.

    Attributes:
        scan_id: its number.
        digest: of its pixels; names its picture.
        width: pixels across.
        height: pixels down.
        model_digest: of the champion; None where no model predicts.
        plane: what the champion says; None where it has not looked at the scan.
        probabilities: calibrated, of every plane; empty where it has not looked.
        heat: the champion's Grad-CAM; None where none is kept.
        cine: what the frames of its film share; None of a still.
    """

    scan_id: int
    digest: str
    width: int
    height: int
    model_digest: str | None
    plane: Plane | None
    probabilities: dict[Plane, float]
    heat: KeptHeat | None = field(repr=False)
    cine: str | None = None


def figures(workbench: Workbench, numbers: Iterable[int]) -> dict[int, Figure]:
    """Return those of some scans that are in the workspace, by number, read in one query.

    Args:
        workbench: the workbench.
        numbers: the scans' numbers.
    """
    workbench.permit(Permission.SEE)
    champion = select(Promotion.model_id).order_by(Promotion.id.desc()).limit(1).scalar_subquery()
    query = (
        select(
            ScanRow.id,
            ScanRow.digest,
            ScanRow.width,
            ScanRow.height,
            ScanRow.cine,
            ModelVersion.digest.label("model_digest"),
            PredictionRow.plane,
            PredictionRow.probabilities,
            PredictionRow.heat,
        )
        .select_from(ScanRow)
        .outerjoin(ModelVersion, ModelVersion.id == champion)
        .outerjoin(
            PredictionRow,
            and_(PredictionRow.scan_id == ScanRow.id, PredictionRow.model_id == ModelVersion.id),
        )
        .where(any_of(ScanRow.id, numbers))
    )
    with workbench.store.reading() as session:
        found = {
            row.id: Figure(
                row.id,
                row.digest,
                row.width,
                row.height,
                row.model_digest,
                Plane(row.plane) if row.plane is not None else None,
                dict(zip(PLANES, row.probabilities or (), strict=False)),
                KeptHeat.unpack(row.heat) if row.heat is not None else None,
                row.cine,
            )
            for row in session.execute(query)
        }
    workbench.note_viewed(*found)
    return found


def scan_of(workbench: Workbench, digest: str) -> int | None:
    """Return the number of the scan with a digest; None if there is none, or not any more."""
    workbench.permit(Permission.SEE)
    with workbench.store.reading() as session:
        found = session.scalar(select(ScanRow.id).where(ScanRow.digest == digest))
    if found is not None:
        workbench.note_viewed(found)
    return found
