"""Everything that is stored, as a table and counted."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd
from sqlalchemy import case, func, select
from sqlalchemy.orm import Session

from fetal.planes import PLANES
from fetal.predict import Doubt
from fetal.store.bulk import any_of
from fetal.store.state.state_tables import PatientCount, ScanState
from fetal.store.tables import UNUSABLE, ModelVersion, ScanRow
from fetal.workbench.catalogue.find_scans import find
from fetal.workbench.catalogue.query import (
    ScanFilter,
    cells,
    conditions,
    counted_cells,
    in_cells,
    narrows,
)
from fetal.workbench.core.permissions import Permission
from fetal.workbench.core.workbench import Workbench

LABELLED = "labelled"
UNLABELLED = "not labelled"
_TITLES: dict[str, str] = {plane.value: plane.title for plane in PLANES} | {UNUSABLE: "Unusable"}
_COLUMNS = [
    "id", "scan", "patient", "source", "added", "added by", "label", "labelled by", "labelled",
    "model says", "probability", "model", "agrees", "machine", "width", "height", "note",
]  # fmt: skip


_READ = (
    ScanRow.id,
    ScanRow.name,
    ScanRow.patient_id,
    ScanRow.source,
    ScanRow.added_at,
    ScanRow.added_by,
    ScanState.label,
    ScanState.labelled_by,
    ScanState.labelled_at,
    ScanState.opinion,
    ScanState.confidence,
    ScanState.doubt,
    ModelVersion.name,
    ScanRow.machine,
    ScanRow.width,
    ScanRow.height,
    ScanState.note,
)
"""What a line of the table is made from, and nothing else: not all that is known of a scan."""


def table(workbench: Workbench, chosen: ScanFilter | None = None) -> pd.DataFrame:
    """List the chosen scans as a table.

    Args:
        workbench: the workbench.
        chosen: which scans; if None, all.

    Returns:
        A row for each scan, in the filter's order, with the columns id, scan, patient, source,
        added, added by, label, labelled by, labelled, model says, probability, model, agrees,
        machine, width, height and note. Planes are titles; times are UTC. Where the model does not
        know a scan, it says “Not a plane I know”, and there is no probability.
    """
    workbench.permit(Permission.SEE)
    with workbench.store.reading() as session:
        numbers = find(session, chosen or ScanFilter())
        query = (
            select(*_READ)
            .select_from(ScanState)
            .join(ScanRow, ScanRow.id == ScanState.scan_id)
            .outerjoin(ModelVersion, ModelVersion.id == ScanState.model_id)
            .where(any_of(ScanState.scan_id, numbers))
        )
        found = {row[0]: _line(row) for row in session.execute(query)}
    rows = [found[number] for number in numbers if number in found]
    return pd.DataFrame(rows, columns=_COLUMNS)


def counts_per_plane(workbench: Workbench, chosen: ScanFilter | None = None) -> pd.DataFrame:
    """Count the scans of each plane.

    Args:
        workbench: the workbench.
        chosen: which scans; if None, all.

    Returns:
        The plane's title as index, every plane in its order and `Unusable` last, and the columns
        `labelled` (by the label) and `not labelled` (by the model's opinion). Empty where there
        is no scan; scans that nobody has an opinion on are not counted.
    """
    workbench.permit(Permission.SEE)
    with workbench.store.reading() as session:
        found = counted_cells(session, chosen or ScanFilter())
    counted = {name: [0, 0] for name in _TITLES}
    for cell in found:
        if cell.shown:
            counted[cell.shown][not cell.label] += cell.scans
    rows = {_TITLES[name]: (both[0], both[1]) for name, both in counted.items()}
    return _frame(rows if any(map(sum, rows.values())) else {}, "plane")


@dataclass(frozen=True)
class PatientCounts:
    """How many scans patients have.

    Attributes:
        most: the patient's pseudonym as index, the patient with most scans first, and the columns
            `labelled` and `not labelled`.
        patients: how many patients there are, those of `most` and the others.
    """

    most: pd.DataFrame
    patients: int


def counts_per_patient(
    workbench: Workbench, chosen: ScanFilter | None = None, most: int = 20
) -> PatientCounts:
    """Count the scans of the patients who have most.

    Args:
        workbench: the workbench.
        chosen: which scans; if None, all.
        most: of so many patients at the most.

    Returns:
        The counts.
    """
    workbench.permit(Permission.SEE)
    chosen = chosen or ScanFilter()
    with workbench.store.reading() as session:
        if narrows(chosen) or conditions(chosen):
            rows, patients = _counted_patients(session, chosen, most)
        else:
            total = PatientCount.scans
            query = select(PatientCount.patient_id, total, PatientCount.labelled)
            query = query.order_by(total.desc(), PatientCount.patient_id.desc()).limit(most)
            rows = [(row[0], row[1], row[2]) for row in session.execute(query)]
            patients = session.scalar(select(func.count()).select_from(PatientCount)) or 0
    counts = {code: (labelled, scans - labelled) for code, scans, labelled in rows}
    return PatientCounts(_frame(counts, "patient"), patients)


def _counted_patients(
    session: Session, chosen: ScanFilter, most: int
) -> tuple[list[tuple[str, int, int]], int]:
    """Count in the index of the cells, which holds the patients too."""
    found = cells(session, chosen)
    labelled = in_cells(cell for cell in found if cell.label)
    scans = func.count()
    query = (
        select(
            ScanState.patient_id,
            scans,
            func.sum(case((labelled, 1), else_=0)),
            func.count().over(),
        )
        .where(in_cells(found), *conditions(chosen))
        .group_by(ScanState.patient_id)
        .order_by(scans.desc(), ScanState.patient_id.desc())
        .limit(most)
    )
    rows = session.execute(query).all()
    return [(row[0], row[1], int(row[2])) for row in rows], rows[0][3] if rows else 0


def _frame(rows: dict[str, tuple[int, int]], index: str) -> pd.DataFrame:
    return pd.DataFrame(
        list(rows.values()),
        columns=[LABELLED, UNLABELLED],
        index=pd.Index(list(rows), name=index, dtype=object),
    )


def _line(row: Sequence[Any]) -> tuple[Any, ...]:
    """One scan, from the columns of `_READ`."""
    (
        number, name, patient, source, added, added_by, label, who, at, opinion, confidence,
        doubt, model, machine, width, height, note,
    ) = row  # fmt: skip
    compared = label is not None and opinion is not None and label != UNUSABLE
    says, probability = _TITLES.get(opinion or ""), confidence
    if opinion is not None and doubt == Doubt.UNKNOWN:
        says, probability = "Not a plane I know", None
    return (
        number, name, patient, source, added, added_by, _TITLES.get(label or ""), who, at, says,
        probability, model, label == opinion if compared else None, machine, width, height,
        note or "",
    )  # fmt: skip
