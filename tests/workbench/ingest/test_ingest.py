"""The way of several files: what is left where it is stopped or killed half-way."""

from typing import Any

import pytest
from sqlalchemy import func, select

from fetal.jobs.batch_prediction import kept_values
from fetal.store.database import Store
from fetal.store.table_base import Table
from fetal.store.tables import Fingerprint, PredictionRow, ScanRow
from fetal.workbench import Workbench
from fetal.workbench.ingest import store_scan
from fetal.workbench.ingest.upload import IngestOutcome, IngestResult, add_scans
from tests.support.drawn import file


class Killed(BaseException):
    """What no part of the program catches, as it cannot catch being killed."""


def rows(workbench: Workbench, table: type[Table]) -> int:
    with workbench.store.reading() as session:
        return session.scalar(select(func.count()).select_from(table)) or 0


def test_a_kill_between_pixels_and_rows_leaves_nothing_half(
    workbench: Workbench, monkeypatch: pytest.MonkeyPatch
) -> None:
    def die(*_: object) -> None:
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(Store, "session", die)
        with pytest.raises(Killed):
            add_scans(workbench, [file(1)], who="Ann")
    assert rows(workbench, ScanRow) == 0
    (taken,) = add_scans(workbench, [file(1)], who="Ann")
    assert taken.outcome is IngestOutcome.ADDED


def test_a_kill_while_several_scans_are_written_leaves_each_whole_or_not_there(
    workbench: Workbench, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = []

    def die(*values: Any) -> dict[str, object]:
        said.append(values)
        if len(said) == 3:
            raise Killed
        return kept_values(*values)

    files = [file(seed) for seed in range(6)]
    with monkeypatch.context() as patch:
        patch.setattr(store_scan, "kept_values", die)
        with pytest.raises(Killed):
            add_scans(workbench, files, who="Ann")
    stored = rows(workbench, ScanRow)
    assert stored == rows(workbench, PredictionRow) == rows(workbench, Fingerprint) < 3
    again = add_scans(workbench, files, who="Ann")
    assert sum(one.outcome is IngestOutcome.ADDED for one in again) == 6 - stored
    assert rows(workbench, ScanRow) == rows(workbench, PredictionRow) == 6


def test_a_stopped_drop_keeps_what_is_stored_and_names_what_was_not_read(
    workbench: Workbench,
) -> None:
    stored: list[IngestResult] = []
    files = [file(seed) for seed in range(16)]
    taken = add_scans(
        workbench, files, who="Ann", stop=lambda: bool(stored), on_taken=stored.append
    )
    count = rows(workbench, ScanRow)
    assert 0 < count < len(files)
    assert [one.outcome for one in taken] == [IngestOutcome.ADDED] * count + [
        IngestOutcome.NOT_READ
    ] * (len(files) - count)
    assert [one.file for one in taken] == [one.file for one in files]
