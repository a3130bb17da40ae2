from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from fetal.store.workspace import Workspace
from fetal.workbench import Workbench, open_workbench
from fetal.workbench.ingest.upload import IngestResult, add_scans
from tests.support.begun import begin
from tests.support.drawn import file
from tests.support.tiny_model import tiny_model


def number_of(taken: IngestResult) -> int:
    """The number of the scan that a file was stored as."""
    assert taken.scan_id is not None
    return taken.scan_id


@pytest.fixture
def reopen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[], Workbench]:
    """Opens the same workspace again and again, with a tiny model as the shipped one."""
    monkeypatch.setenv("FETAL_MODEL", str(tiny_model().folder))
    begin(tmp_path / "workspace")
    return lambda: open_workbench(Workspace.at(tmp_path / "workspace"))


@pytest.fixture
def workbench(reopen: Callable[[], Workbench]) -> Iterator[Workbench]:
    workbench = reopen()
    yield workbench
    workbench.close()


@pytest.fixture
def each_workbench(
    begun_workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Workbench]:
    """An open workbench, once on SQLite and once on PostgreSQL."""
    monkeypatch.setenv("FETAL_MODEL", str(tiny_model().folder))
    workbench = open_workbench(begun_workspace)
    yield workbench
    workbench.close()


@pytest.fixture
def five_scans(workbench: Workbench) -> list[int]:
    """The ids of five stored scans of one patient, in the order they came."""
    files = [file(seed) for seed in range(5)]
    return [number_of(taken) for taken in add_scans(workbench, files, who="Ann", patient="4711")]
