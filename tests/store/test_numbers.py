"""The number of a row that is gone is never given to another one."""

import sqlite3
from pathlib import Path

import pytest
from sqlalchemy import Integer, inspect
from sqlalchemy.exc import IntegrityError

from fetal.store.database import Store
from fetal.store.table_base import Table
from fetal.store.tables import Annotation, Patient, ScanRow
from fetal.store.workspace import Workspace

NUMBERED = sorted(
    name
    for name, table in Table.metadata.tables.items()
    if [column.name for column in table.primary_key] == ["id"]
    and isinstance(table.c.id.type, Integer)
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "workspace"


def scan(name: str) -> ScanRow:
    return ScanRow(
        digest=name, name=name, patient_id="P", source="upload", width=1, height=1,
        sector=[0, 0, 1, 1], blob="b", added_by="Ann",
    )  # fmt: skip


@pytest.mark.parametrize("name", NUMBERED)
def test_sqlite_counts_on_in_every_numbered_table(folder: Path, name: str) -> None:
    Store.open(Workspace.at(folder)).close()
    with sqlite3.connect(folder / "fetal.db") as database:
        [[made]] = database.execute("SELECT sql FROM sqlite_master WHERE name = ?", [name])
    assert "AUTOINCREMENT" in made


def test_the_number_of_an_erased_newest_scan_does_not_come_back(folder: Path) -> None:
    store = Store.open(Workspace.at(folder))
    with store.session() as session:
        session.add_all([Patient(id="P", named=True), scan("first"), newest := scan("newest")])
    number = newest.id
    with store.session() as session:
        session.delete(session.get_one(ScanRow, number))
    store.compact()
    store.close()
    store = Store.open(Workspace.at(folder))
    with store.session() as session:
        session.add(after := scan("after"))
    assert after.id > number
    store.close()


def test_two_scans_never_share_a_name(folder: Path) -> None:
    store = Store.open(Workspace.at(folder))
    with store.session() as session:
        session.add_all([Patient(id="P", named=True), scan("one")])
    twin = scan("two")
    twin.name = "one"
    with pytest.raises(IntegrityError), store.session() as session:
        session.add(twin)
    store.close()


def test_references_hold_after_the_tables_were_written_anew(folder: Path) -> None:
    store = Store.open(Workspace.at(folder))
    with pytest.raises(IntegrityError), store.session() as session:
        session.add(Annotation(scan_id=7, label="brain", kind="label", who="Ann"))
    kept = inspect(store.engine)
    assert {key["referred_table"] for key in kept.get_foreign_keys("annotation")} == {
        "annotation",
        "model_version",
        "scan",
    }
    store.close()
