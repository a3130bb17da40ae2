"""The table of an export: a line for each scan, read a few at a time and written as CSV."""

import csv
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any, TextIO

from sqlalchemy import select
from sqlalchemy.orm import Session

from fetal.predict.second_opinion import opinion_cells
from fetal.store.bulk import any_of
from fetal.store.state.state_tables import ScanState
from fetal.store.tables import Patient, PredictionRow, ScanRow
from fetal.workbench.catalogue.find_scans import find_stored_after
from fetal.workbench.catalogue.query import ScanFilter
from fetal.workbench.catalogue.scans import ScanView, views
from fetal.workbench.core.workbench import Workbench
from fetal.workbench.label_tables.export_format import FILE, HEADER, safe_cell
from fetal.workbench.label_tables.own_file_names import own_names

_AT_ONCE = 1000
"""Scans that are read, and kept in memory, at once."""


@dataclass(frozen=True)
class ExportLine:
    """A scan with what only an export tells of it."""

    view: ScanView
    blob: str
    digest: str
    key: str | None
    split: str
    unfamiliarity: float | None


def export_lines(workbench: Workbench, chosen: ScanFilter | None) -> Iterator[ExportLine]:
    """Read the chosen scans in the order in which they were stored, each once."""
    chosen = chosen or ScanFilter()
    after: int | None = 0
    while after is not None:
        with workbench.store.reading() as session:
            numbers, after = find_stored_after(session, chosen, after, _AT_ONCE)
            told = _extras(session, numbers)
            shown = views(session, numbers)
        for view in shown:
            row = told[view.id]
            yield ExportLine(
                view, row.blob, row.digest, row.file_key, row.split or "", row.unfamiliarity
            )


def _extras(session: Session, numbers: Sequence[int]) -> dict[int, Any]:
    """What only an export tells of scans, by their numbers."""
    query = (
        select(
            ScanRow.id,
            ScanRow.blob,
            ScanRow.digest,
            ScanRow.file_key,
            Patient.split,
            PredictionRow.unfamiliarity,
        )
        .join(Patient, Patient.id == ScanRow.patient_id)
        .join(ScanState, ScanState.scan_id == ScanRow.id)
        .outerjoin(PredictionRow, PredictionRow.id == ScanState.prediction_id)
        .where(any_of(ScanRow.id, numbers))
    )
    return {row.id: row for row in session.execute(query)}


def image_name(scan: ScanView) -> str:
    """Return the name of a scan's picture in an archive."""
    return f"{scan.name}.png"


class ExportTable:
    """The table of an export, written line by line."""

    def __init__(self, workbench: Workbench, target: TextIO, files: Iterable[str] | None) -> None:
        self._writer = csv.writer(target, lineterminator="\n")
        self._names: Mapping[str, str] | None = None
        if files is not None:
            self._names = own_names(workbench.pseudonyms, files, partial(_stored_keys, workbench))
        self._writer.writerow(HEADER if self._names is None else (*HEADER, FILE))

    def write(self, line: ExportLine) -> None:
        """Add a scan."""
        cells = _cells(line)
        if self._names is not None:
            cells = (*cells, safe_cell(self._names.get(line.key or "", "")))
        self._writer.writerow(cells)


def _stored_keys(workbench: Workbench, keys: Sequence[str]) -> set[str]:
    """Which keyed hashes of file names belong to stored scans."""
    with workbench.store.reading() as session:
        found = session.scalars(select(ScanRow.file_key).where(ScanRow.file_key.in_(keys)))
        return {key for key in found if key is not None}


def _cells(line: ExportLine) -> tuple[str, ...]:
    scan = line.view
    return (
        image_name(scan),
        scan.label or "",
        scan.patient,
        safe_cell(scan.labelled_by or ""),
        _time(scan.labelled_at),
        scan.predicted or "",
        "" if scan.confidence is None else f"{scan.confidence:.4f}",
        safe_cell(scan.model_name or ""),
        safe_cell(scan.note),
        scan.doubt or "",
        "" if line.unfamiliarity is None else f"{line.unfamiliarity:.4f}",
        line.split,
        scan.source,
        safe_cell(scan.machine or ""),
        *opinion_cells(scan.second_opinion),
    )


def _time(moment: datetime | None) -> str:
    return "" if moment is None else moment.isoformat(timespec="seconds")
