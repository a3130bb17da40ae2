"""What people see of the stored scans."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import select
from sqlalchemy.orm import Session

from fetal.bundle import read_plane_sets
from fetal.metrics import PlaneSet, SetThresholds
from fetal.planes import PLANES, Plane
from fetal.predict import Doubt, SecondOpinion, doubt_words
from fetal.store.bulk import any_of
from fetal.store.state.state_tables import ScanState
from fetal.store.tables import UNUSABLE, ModelVersion, Patient, PredictionRow, ScanRow
from fetal.workbench.catalogue.explanation import explanation
from fetal.workbench.catalogue.find_scans import find
from fetal.workbench.catalogue.query import ScanFilter, counted_cells
from fetal.workbench.catalogue.stored_pixels import (
    DamagedScanError,
    UnknownScanError,
    digest_of,
    stored_scan,
    unknown,
)
from fetal.workbench.core.permissions import Permission
from fetal.workbench.core.workbench import Workbench

__all__ = [
    "UNUSABLE",
    "DamagedScanError",
    "ScanFilter",
    "ScanView",
    "UnknownScanError",
    "count",
    "digest_of",
    "explanation",
    "pixels",
    "scan",
    "scans",
    "stored_scan",
    "views",
]

_COLUMNS = (
    ScanRow.id,
    ScanRow.name,
    ScanRow.patient_id,
    Patient.named,
    ScanRow.source,
    ScanRow.added_at,
    ScanRow.added_by,
    ScanRow.width,
    ScanRow.height,
    ScanRow.machine,
    ScanState.opinion,
    PredictionRow.probabilities,
    ScanState.confidence,
    ScanState.doubt,
    PredictionRow.words,
    PredictionRow.second_opinion,
    ScanState.model_id,
    ScanState.label,
    ScanState.note,
    ScanState.label_id,
    ScanState.label_kind,
    ScanState.labelled_by,
    ScanState.labelled_at,
)


@dataclass(frozen=True)
class ScanView:
    """One stored scan, with its label and a model's opinion.

    Attributes:
        id: its number.
        name: what people call it; made from its pixels, never from a file's name.
        patient: the patient's pseudonym.
        named_patient: false where the patient is unknown.
        source: `upload`, `import` or `sample`.
        added_at: when it came.
        added_by: who brought it.
        width: pixels across.
        height: pixels down.
        machine: the ultrasound machine's model, where the file told it.
        predicted: the champion's opinion; the newest other one where it has none; else none.
        probabilities: calibrated, of every plane; empty without an opinion.
        confidence: the probability of `predicted`; none without an opinion.
        doubt: whether the model was sure, asks for a check or does not know the scan at all; none
            without an opinion.
        doubt_words: the doubt in the words of its time; empty where the model was sure.
        plane_set: the planes that it may show, with a promise; none where the model was sure, or
            does not know the scan, or makes no promise.
        second_opinion: what the model's second reader says; none where it has no second reader.
        model_name: whose opinion it is.
        label: a plane's value or `unusable`; none without a label.
        label_id: the number of the label that stands; None without a label.
        label_kind: how the label came: `accept`, `correct`, `label` or `import`.
        labelled_by: who gave the label.
        labelled_at: when.
        note: what a person wrote about the scan.
        agrees: whether model and person say the same; none where one of them says no plane.
    """

    id: int
    name: str
    patient: str
    named_patient: bool
    source: str
    added_at: datetime
    added_by: str
    width: int
    height: int
    machine: str | None
    predicted: Plane | None
    probabilities: dict[Plane, float]
    confidence: float | None
    doubt: Doubt | None
    doubt_words: str
    plane_set: PlaneSet | None
    second_opinion: SecondOpinion | None
    model_name: str | None
    label: str | None
    label_id: int | None
    label_kind: str | None
    labelled_by: str | None
    labelled_at: datetime | None
    note: str
    agrees: bool | None


def scans(workbench: Workbench, chosen: ScanFilter | None = None) -> list[ScanView]:
    """List stored scans.

    Args:
        workbench: the workbench.
        chosen: which, in which order; if None, all, the newest first.

    Returns:
        The scans, read in a few queries however many they are.
    """
    workbench.permit(Permission.SEE)
    with workbench.store.reading() as session:
        return views(session, find(session, chosen or ScanFilter()))


def views(session: Session, numbers: Sequence[int]) -> list[ScanView]:
    """Read what people see of some scans.

    Args:
        session: the transaction.
        numbers: the scans.

    Returns:
        The scans in the order of their numbers in `numbers`, without those that do not exist.
    """
    query = (
        select(*_COLUMNS)
        .select_from(ScanState)
        .join(ScanRow, ScanRow.id == ScanState.scan_id)
        .join(Patient, Patient.id == ScanRow.patient_id)
        .outerjoin(PredictionRow, PredictionRow.id == ScanState.prediction_id)
        .where(any_of(ScanState.scan_id, numbers))
    )
    rows = session.execute(query).all()
    said = {row.model_id for row in rows if row.model_id is not None}
    models = {
        version.id: (
            version.name,
            _check_below(version.card),
            read_plane_sets(version.card["calibration"]),
        )
        for version in session.scalars(select(ModelVersion).where(ModelVersion.id.in_(said)))
    }
    found = {row.id: _view(row, models) for row in rows}
    return [found[number] for number in numbers if number in found]


def scan(workbench: Workbench, scan_id: int) -> ScanView:
    """Return one stored scan.

    Args:
        workbench: the workbench.
        scan_id: its number.

    Returns:
        The scan.

    Raises:
        UnknownScanError: there is none of this number.
    """
    workbench.permit(Permission.SEE)
    found = scans(workbench, ScanFilter(ids=(scan_id,)))
    if not found:
        raise unknown(scan_id)
    return found[0]


def count(workbench: Workbench, chosen: ScanFilter | None = None) -> int:
    """Count stored scans, whatever the filter's limit.

    Args:
        workbench: the workbench.
        chosen: which; if None, all.

    Returns:
        How many there are.
    """
    workbench.permit(Permission.SEE)
    with workbench.store.reading() as session:
        return sum(cell.scans for cell in counted_cells(session, chosen or ScanFilter()))


def pixels(workbench: Workbench, scan_id: int) -> NDArray[np.uint8]:
    """Read a stored scan.

    Args:
        workbench: the workbench.
        scan_id: its number.

    Returns:
        uint8 (height, width), grey, 0 outside the sector.

    Raises:
        UnknownScanError: there is none of this number.
        DamagedScanError: its picture is gone or damaged.
    """
    return stored_scan(workbench, scan_id).pixels


def _check_below(card: Mapping[str, Any]) -> float:
    return float(card["calibration"]["check_below"])


def _view(
    row: Sequence[Any], models: Mapping[int, tuple[str, float, SetThresholds | None]]
) -> ScanView:
    (
        number, name, patient, named, source, added_at, added_by, width, height, machine,
        plane, probabilities, confidence, doubt, words, second, model_id, label, note,
        label_id, kind, who, at,
    ) = row  # fmt: skip
    model, check_below, thresholds = models[model_id] if model_id is not None else (None, 0.0, None)
    shares = dict(zip(PLANES, probabilities, strict=True)) if probabilities is not None else {}
    doubtful = doubt in (Doubt.CHECK, Doubt.UNKNOWN)
    return ScanView(
        id=number,
        name=name,
        patient=patient,
        named_patient=named,
        source=source,
        added_at=added_at,
        added_by=added_by,
        width=width,
        height=height,
        machine=machine,
        predicted=Plane(plane) if plane is not None else None,
        probabilities=shares,
        confidence=confidence,
        doubt=Doubt(doubt) if doubt is not None else None,
        # Rows of an older program have no words of their own.
        doubt_words=(words or doubt_words(shares, check_below)) if doubtful else "",
        plane_set=thresholds.set_of(shares) if thresholds and doubt == Doubt.CHECK else None,
        second_opinion=SecondOpinion.from_json(second),
        model_name=model,
        label=label,
        label_id=label_id,
        label_kind=kind,
        labelled_by=who,
        labelled_at=at,
        note=note or "",
        agrees=None if None in (label, plane) or label == UNUSABLE else label == plane,
    )
