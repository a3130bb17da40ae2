"""Everything that is stored, as a table and counted."""

from typing import Any

import pandas as pd
from sqlalchemy import case, func

from fetal.planes import PLANES
from fetal.predict import Doubt
from fetal.store.tables import UNUSABLE, Patient, PredictionRow
from fetal.workbench.catalogue.query import NEWEST, ScanFilter, scan_query
from fetal.workbench.catalogue.scans import ScanView, scans
from fetal.workbench.core.champion import champion_id
from fetal.workbench.core.workbench import Workbench

LABELLED = "labelled"
UNLABELLED = "not labelled"
_TITLES: dict[str, str] = {plane.value: plane.title for plane in PLANES} | {UNUSABLE: "Unusable"}
_COLUMNS = [
    "id", "scan", "patient", "source", "added", "added by", "label", "labelled by", "labelled",
    "model says", "probability", "model", "agrees", "machine", "width", "height", "note",
]  # fmt: skip


def table(workbench: Workbench, chosen: ScanFilter | None = None) -> pd.DataFrame:
    """List the chosen scans as a table.

    Args:
        workbench: the workbench.
        chosen: which scans; none is all.

    Returns:
        A row for each scan, in the filter's order, with the columns id, scan, patient, source,
        added, added by, label, labelled by, labelled, model says, probability, model, agrees,
        machine, width, height and note. Planes are titles; times are UTC. Where the model does not
        know a scan, it says “Not a plane I know”, and there is no probability.
    """
    rows = [_line(scan) for scan in scans(workbench, chosen)]
    return pd.DataFrame(rows, columns=_COLUMNS)


def counts_per_plane(workbench: Workbench, chosen: ScanFilter | None = None) -> pd.DataFrame:
    """Count the scans of each plane.

    Args:
        workbench: the workbench.
        chosen: which scans; none is all.

    Returns:
        The plane's title as index, every plane in its order and `Unusable` last, and the columns
        `labelled` (by the label) and `not labelled` (by the model's opinion). Empty where there
        is no scan; scans that nobody has an opinion on are not counted.
    """
    shown = func.coalesce(NEWEST.label, PredictionRow.plane)
    counted = _counted(workbench, chosen, shown)
    if not counted:
        return _frame({}, "plane")
    rows = {title: counted.get(name, (0, 0)) for name, title in _TITLES.items()}
    return _frame(rows, "plane")


def counts_per_patient(workbench: Workbench, chosen: ScanFilter | None = None) -> pd.DataFrame:
    """Count the scans of each patient.

    Args:
        workbench: the workbench.
        chosen: which scans; none is all.

    Returns:
        The patient's pseudonym as index, the patient with most scans first, and the columns
        `labelled` and `not labelled`.
    """
    counted = _counted(workbench, chosen, Patient.id)
    order = sorted(counted, key=lambda patient: (-sum(counted[patient]), patient))
    return _frame({patient: counted[patient] for patient in order}, "patient")


def _counted(
    workbench: Workbench, chosen: ScanFilter | None, group: Any
) -> dict[str, tuple[int, int]]:
    labelled = func.sum(case((NEWEST.label.is_not(None), 1), else_=0))
    unlabelled = func.sum(case((NEWEST.label.is_(None), 1), else_=0))
    with workbench.store.reading() as session:
        query = (
            scan_query(chosen or ScanFilter(), champion_id(session), group, labelled, unlabelled)
            .order_by(None)
            .group_by(group)
        )
        return {
            name: (int(with_label), int(without))
            for name, with_label, without in session.execute(query)
            if name is not None
        }


def _frame(rows: dict[str, tuple[int, int]], index: str) -> pd.DataFrame:
    return pd.DataFrame(
        list(rows.values()),
        columns=[LABELLED, UNLABELLED],
        index=pd.Index(list(rows), name=index, dtype=object),
    )


def _opinion(scan: ScanView) -> tuple[str | None, float | None]:
    """The plane that the model names, and how probable it is; none where it knows no plane."""
    if scan.predicted is None:
        return None, None
    if scan.doubt is Doubt.UNKNOWN:
        return "Not a plane I know", None
    return scan.predicted.title, scan.confidence


def _line(scan: ScanView) -> tuple[Any, ...]:
    return (
        scan.id,
        scan.name,
        scan.patient,
        scan.source,
        scan.added_at,
        scan.added_by,
        _TITLES.get(scan.label or ""),
        scan.labelled_by,
        scan.labelled_at,
        *_opinion(scan),
        scan.model_name,
        scan.agrees,
        scan.machine,
        scan.width,
        scan.height,
        scan.note,
    )
