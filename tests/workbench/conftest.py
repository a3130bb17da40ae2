from collections.abc import Callable, Iterator

import pytest

from fetal.store.workspace import Workspace
from fetal.workbench import Workbench, open_workbench
from fetal.workbench.ingest.upload import add_scans
from tests.support.drawn import file
from tests.support.tiny_model import tiny_model


@pytest.fixture
def open_bench(tmp_path, monkeypatch) -> Callable[[], Workbench]:
    """Opens the same workspace again and again, with a tiny model as the shipped one."""
    monkeypatch.setenv("FETAL_MODEL", str(tiny_model().folder))
    return lambda: open_workbench(Workspace.at(tmp_path / "workspace"))


@pytest.fixture
def bench(open_bench):
    bench = open_bench()
    yield bench
    bench.close()


@pytest.fixture
def both_bench(any_workspace, monkeypatch) -> Iterator[Workbench]:
    """An open workbench, once on SQLite and once on PostgreSQL."""
    monkeypatch.setenv("FETAL_MODEL", str(tiny_model().folder))
    bench = open_workbench(any_workspace)
    yield bench
    bench.close()


@pytest.fixture
def five_scans(bench):
    """The ids of five stored scans of one patient, in the order they came."""
    files = [file(seed) for seed in range(5)]
    return [taken.scan_id for taken in add_scans(bench, files, who="Ann", patient="4711")]
