"""A workspace of 0.1, written by that program: eight scans, labels, a note, an undo, two models."""

import sqlite3
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from fetal.planes import PLANES
from fetal.store.workspace import Workspace
from fetal.workbench import Workbench, open_workbench
from fetal.workbench.annotations import review
from fetal.workbench.catalogue import scans
from fetal.workbench.ingest.upload import UploadedFile, add_scans
from tests.support.labelling import drop_of
from tests.support.tiny_model import tiny_model

ARCHIVE = Path(__file__).with_name("data") / "workspace-0.1.tar.gz"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("FETAL_MODEL", str(tiny_model().folder))
    with tarfile.open(ARCHIVE) as archive:
        archive.extractall(tmp_path, filter="data")
    return tmp_path / "workspace"


@pytest.fixture
def workbench(folder: Path) -> Iterator[Workbench]:
    workbench = open_workbench(Workspace.at(folder))
    yield workbench
    workbench.close()


def rows(
    folder: Path, columns: dict[str, list[str]] | None = None
) -> tuple[dict[str, list[str]], dict[str, list[tuple[Any, ...]]]]:
    """Every row of every table, by the columns that the older program knew."""
    with sqlite3.connect(folder / "fetal.db") as database:
        if columns is None:
            tables = database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
            columns = {
                name: [column[1] for column in database.execute(f"PRAGMA table_info({name})")]
                for (name,) in tables
                if name != "alembic_version"
            }
        return columns, {
            name: sorted(database.execute(f"SELECT {', '.join(known)} FROM {name}"), key=str)
            for name, known in columns.items()
        }


def test_every_row_of_an_older_workspace_is_kept(folder: Path) -> None:
    columns, before = rows(folder)
    assert len(before["annotation"]) == 11
    open_workbench(Workspace.at(folder)).close()
    columns["patient"] = ["split" if name == "side" else name for name in columns["patient"]]
    columns["run"] = ["slot" if name == "seat" else name for name in columns["run"]]
    _, after = rows(folder, columns)
    for name, kept in before.items():
        missing = [row for row in kept if row not in after[name]]
        assert not missing, name


def test_an_older_workspace_goes_on_working(workbench: Workbench) -> None:
    found = scans.scans(workbench, scans.ScanFilter(order="oldest"))
    assert len(found) == 8
    assert found[0].note == "Looks like a brain to me."
    assert workbench.champion().version.name == "second"
    assert scans.pixels(workbench, found[0].id).ndim == 2
    review.annotate(workbench, found[0].id, "femur", "Ann")
    assert scans.scan(workbench, found[0].id).label == PLANES[2]


def test_scans_of_an_older_workspace_are_known_again(workbench: Workbench) -> None:
    again = add_scans(workbench, drop_of(0, 2), who="Bob")
    assert [taken.outcome.value for taken in again] == ["already there"] * 2


def test_a_patient_of_an_older_workspace_gets_the_new_scans(workbench: Workbench) -> None:
    before = scans.scans(workbench, scans.ScanFilter(order="oldest"))[0].patient
    new = UploadedFile("Patient00000_9.png", drop_of(9, 1)[0].data)
    [taken] = add_scans(workbench, [new], who="Bob")
    assert taken.scan_id is not None
    assert scans.scan(workbench, taken.scan_id).patient == before
