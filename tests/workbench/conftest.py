from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from fetal.store.workspace import Workspace
from fetal.workbench import Workbench, open_workbench
from fetal.workbench.ingest.upload import add_scans
from tests.support.begun import begin
from tests.support.drawn import file
from tests.support.tiny_model import tiny_model


@pytest.fixture
def reopen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[], Workbench]:
    """Opens the same workspace again and again, with a tiny model as the shipped one."""
    monkeypatch.setenv("FETAL_MODEL", str(tiny_model().folder))
    begin(tmp_path / "workspace")
    return lambda: open_workbench(Workspace.at(tmp_path / "workspace"))


@pytest.fixture
def workbench(reopen):
    workbench = reopen()
    yield workbench
    workbench.close()


@pytest.fixture
def each_workbench(begun_workspace, monkeypatch: pytest.MonkeyPatch) -> Iterator[Workbench]:
    """An open workbench, once on SQLite and once on PostgreSQL."""
    monkeypatch.setenv("FETAL_MODEL", str(tiny_model().folder))
    workbench = open_workbench(begun_workspace)
    yield workbench
    workbench.close()


@pytest.fixture
def five_scans(workbench: Workbench):
    """The ids of five stored scans of one patient, in the order they came."""
    files = [file(seed) for seed in range(5)]
    return [taken.scan_id for taken in add_scans(workbench, files, who="Ann", patient="4711")]
