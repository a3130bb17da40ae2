import multiprocessing
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Engine, inspect, select, text
from sqlalchemy.engine.interfaces import (
    ReflectedColumn,
    ReflectedForeignKeyConstraint,
    ReflectedIndex,
)
from sqlalchemy.exc import IntegrityError

from fetal.store.database import Store
from fetal.store.schema.migrate import NewerDatabaseError
from fetal.store.table_base import Table
from fetal.store.tables import Patient, PredictionRow, Run, ScanRow
from fetal.store.workspace import Workspace
from tests.support.older_tables import make_tables

OLDER_ROWS = (
    "INSERT INTO patient (id, named, added_at) VALUES ('P', 1, '2026-01-01')",
    "INSERT INTO model_version (id, name, digest, location, card, added_at) VALUES "
    """(1, 'm', 'd', 'l', '{"calibration": {"check_below": 0.8}}', '2026-01-01')""",
    *(
        f"INSERT INTO scan (id, digest, name, patient_id, source, width, height, sector, blob, "
        f"added_by, added_at) VALUES ({number}, 'd{number}', 'S', 'P', 'upload', 1, 1, '[]', 'b', "
        f"'Ann', '2026-01-01')"
        for number in (1, 2)
    ),
    "INSERT INTO prediction (scan_id, model_id, plane, probabilities, confidence, made_at) VALUES "
    "(1, 1, 'brain', '[]', 0.7, '2026-01-01'), (2, 1, 'brain', '[]', 0.9, '2026-01-01')",
)
"""A workspace as it was before predictions said how sure they were."""


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return Workspace.at(tmp_path / "workspace")


@pytest.fixture
def store(workspace: Workspace) -> Iterator[Store]:
    store = Store.open(workspace)
    yield store
    store.close()


def patient(name: str) -> Patient:
    return Patient(id=name, named=True)


def patients(store: Store) -> set[str]:
    with store.reading() as session:
        return set(session.scalars(select(Patient.id)))


def declared(engine: Engine) -> tuple[Any, dict[str, Any], list[tuple[Any, ...]]]:
    """What a database holds besides rows, and how it differs from what the program knows."""
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        differences = compare_metadata(context, Table.metadata)
        triggers = connection.exec_driver_sql(TRIGGERS[engine.dialect.name]).all()
    found = inspect(engine)
    tables = {
        name: (
            {column["name"]: _column(column) for column in found.get_columns(name)},
            found.get_pk_constraint(name)["constrained_columns"],
            sorted(map(_reference, found.get_foreign_keys(name)), key=str),
            sorted(map(_index, found.get_indexes(name)), key=str),
            sorted(sorted(one["column_names"]) for one in found.get_unique_constraints(name)),
            sorted(one["sqltext"] for one in found.get_check_constraints(name)),
        )
        for name in found.get_table_names()
    }
    return differences, tables, sorted(map(tuple, triggers))


TRIGGERS = {
    # And which tables never give a number twice.
    "sqlite": "SELECT name, sql FROM sqlite_master WHERE type = 'trigger' UNION ALL "
    "SELECT name, sql LIKE '%AUTOINCREMENT%' FROM sqlite_master WHERE type = 'table'",
    "postgresql": "SELECT tgname, pg_get_triggerdef(oid) FROM pg_trigger WHERE NOT tgisinternal",
}


def _column(column: ReflectedColumn) -> tuple[str, bool]:
    return str(column["type"]), column["nullable"]


def _reference(key: ReflectedForeignKeyConstraint) -> tuple[Any, ...]:
    return key["constrained_columns"], key["referred_table"], key["options"]


def _index(index: ReflectedIndex) -> tuple[Any, ...]:
    options = {name: str(option) for name, option in index.get("dialect_options", {}).items()}
    return index["name"], index["column_names"], index["unique"], sorted(options.items())


def test_new_tables_are_those_that_all_migrations_make(
    any_workspace: Workspace, tmp_path: Path
) -> None:
    before = {
        "sqlite": lambda: Workspace.at(tmp_path / "migrated"),
        "postgresql": lambda: any_workspace,
    }
    store = Store.open(any_workspace)
    dialect = store.engine.dialect.name
    new = declared(store.engine)
    if dialect == "postgresql":
        with store.engine.begin() as connection:
            connection.exec_driver_sql("DROP SCHEMA public CASCADE; CREATE SCHEMA public")
    store.close()
    engine = make_tables(before[dialect]())
    migrated = declared(engine)
    engine.dispose()
    assert new[0] == []
    assert new == migrated
    other = Store.open(Workspace.at(tmp_path / "after the other"))
    assert declared(other.engine)[0] == []
    other.close()


def test_older_predictions_are_doubted_by_their_own_model_s_threshold(workspace: Workspace) -> None:
    engine = make_tables(workspace, "0002")
    with engine.begin() as connection:
        for statement in OLDER_ROWS:
            connection.exec_driver_sql(statement)
    engine.dispose()
    store = Store.open(workspace)
    with store.reading() as session:
        rows = session.scalars(select(PredictionRow).order_by(PredictionRow.id)).all()
        assert [row.doubt for row in rows] == ["check", "sure"]
        assert [row.words for row in rows] == ["", ""]
        assert [row.second_opinion for row in rows] == [None, None]
        # Two scans of an older program may share a name of 40 bits.
        assert list(session.scalars(select(ScanRow.name).order_by(ScanRow.id))) == ["S-d1", "S-d2"]
    store.close()


def test_a_transaction_is_kept_whole_or_not_at_all(store: Store) -> None:
    def fail_halfway() -> None:
        with store.session() as session:
            session.add(patient("P-1"))
            session.flush()
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail_halfway()
    assert patients(store) == set()
    with store.session() as session:
        session.add(patient("P-2"))
    assert patients(store) == {"P-2"}


def test_a_scan_of_no_patient_is_refused(store: Store) -> None:
    scan = ScanRow(
        digest="d", name="S-d", patient_id="nobody", source="upload", width=1, height=1,
        sector=[0, 0, 1, 1], blob="b", added_by="Ann",
    )  # fmt: skip
    with pytest.raises(IntegrityError), store.session() as session:
        session.add(scan)


def test_only_one_run_holds_the_slot(store: Store) -> None:
    def ask() -> None:
        with store.session() as session:
            session.add(
                Run(
                    status="queued", slot=1, settings={}, snapshot="s", snapshot_counts={},
                    who="Ann", progress={},
                )
            )  # fmt: skip

    ask()
    with pytest.raises(IntegrityError):
        ask()


def test_many_threads_that_read_and_then_write_lose_nothing(store: Store) -> None:
    with store.session() as session:
        session.add(patient("count-0"))

    def climb() -> None:
        for _ in range(10):
            with store.session() as session:
                reached = len(session.scalars(select(Patient.id)).all())
                session.add(patient(f"count-{reached}"))

    threads = [threading.Thread(target=climb) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert patients(store) == {f"count-{number}" for number in range(41)}


def test_a_reader_does_not_wait_for_a_writer(store: Store) -> None:
    with store.session() as writing:
        writing.add(patient("P-1"))
        writing.flush()
        assert patients(store) == set()
    assert patients(store) == {"P-1"}


def test_processes_that_open_a_new_workspace_at_once_agree_on_its_tables(
    workspace: Workspace,
) -> None:
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(4, mp_context=context) as pool:
        assert list(pool.map(_open, [workspace] * 4)) == [True] * 4


def _open(workspace: Workspace) -> bool:
    store = Store.open(workspace)
    with store.reading() as session:
        return session.scalar(select(Patient.id)) is None


def test_what_was_confirmed_survives_a_hard_kill(workspace: Workspace) -> None:
    program = f"""
import os
from pathlib import Path
from fetal.store.database import Store
from fetal.store.tables import Patient
from fetal.store.workspace import Workspace
store = Store.open(Workspace.at(Path({str(workspace.folder)!r})))
with store.session() as session:
    session.add(Patient(id="confirmed", named=True))
with store.session() as session:
    session.add(Patient(id="half", named=True))
    session.flush()
    os.kill(os.getpid(), 9)
"""
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == -9
    assert patients(Store.open(workspace)) == {"confirmed"}


def test_a_second_opening_does_without_alembic(workspace: Workspace) -> None:
    Store.open(workspace).close()
    program = f"""
import sys
from pathlib import Path
from fetal.store.database import Store
from fetal.store.workspace import Workspace
Store.open(Workspace.at(Path({str(workspace.folder)!r})))
print("alembic" in sys.modules)
"""
    ran = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert ran.stdout.strip() == "False"


def test_a_workspace_of_a_later_program_is_left_alone(workspace: Workspace, store: Store) -> None:
    with store.session() as session:
        session.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(NewerDatabaseError, match="later version"):
        Store.open(workspace)


def test_the_environment_names_the_workspace(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("FETAL_WORKSPACE", str(tmp_path / "w"))
    monkeypatch.delenv("FETAL_DATABASE_URL", raising=False)
    monkeypatch.setenv("FETAL_BLOBS", "s3://bucket/fetal")
    workspace = Workspace.from_environment()
    assert workspace.database_url == f"sqlite:///{tmp_path / 'w' / 'fetal.db'}"
    assert workspace.blobs_url == "s3://bucket/fetal"
    monkeypatch.setenv("FETAL_DATABASE_URL", "postgresql://ann@db/fetal")
    assert Workspace.from_environment().database_url == "postgresql+psycopg://ann@db/fetal"
