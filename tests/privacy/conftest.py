from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from fetal.store.erasing import compaction
from fetal.store.workspace import Workspace
from fetal.workbench import Workbench, open_workbench
from tests.support.begun import begin
from tests.support.tiny_model import tiny_model


@pytest.fixture(autouse=True)
def nobody_works(monkeypatch: pytest.MonkeyPatch) -> None:
    """What was erased is out of the database's file at once."""
    monkeypatch.setattr(compaction, "QUIET_SECONDS", 0.0)


@pytest.fixture
def reopen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[], Workbench]:
    """Opens the same workspace again and again, with a tiny model as the shipped one."""
    monkeypatch.setenv("FETAL_MODEL", str(tiny_model().folder))
    # Commands set it; this sets it back.
    monkeypatch.setenv("FETAL_WORKSPACE", str(tmp_path / "workspace"))
    begin(tmp_path / "workspace")
    return lambda: open_workbench(Workspace.at(tmp_path / "workspace"))


@pytest.fixture
def workbench(reopen: Callable[[], Workbench]) -> Iterator[Workbench]:
    workbench = reopen()
    yield workbench
    workbench.close()
