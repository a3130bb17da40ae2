import multiprocessing
import subprocess
import sys
import threading
from concurrent.futures import ProcessPoolExecutor

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError

from fetal.store.database import NewerDatabaseError, Store
from fetal.store.table_base import Table
from fetal.store.tables import Patient, PredictionRow, Run, ScanRow
from fetal.store.workspace import Workspace

UPGRADE = command.upgrade

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
def workspace(tmp_path):
    return Workspace.at(tmp_path / "workspace")


@pytest.fixture
def store(workspace):
    store = Store.open(workspace)
    yield store
    store.close()


def patient(name):
    return Patient(id=name, named=True)


def patients(store):
    with store.reading() as session:
        return set(session.scalars(select(Patient.id)))


def test_the_migrations_make_the_tables_that_the_program_knows(store):
    with store.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, Table.metadata) == []


def test_older_predictions_are_doubted_by_their_own_model_s_threshold(workspace, monkeypatch):
    with monkeypatch.context() as older:
        older.setattr(command, "upgrade", lambda config, _: UPGRADE(config, "0002"))
        store = Store.open(workspace)
    with store.engine.begin() as connection:
        for statement in OLDER_ROWS:
            connection.exec_driver_sql(statement)
    store.close()
    store = Store.open(workspace)
    with store.reading() as session:
        rows = session.scalars(select(PredictionRow).order_by(PredictionRow.id)).all()
        assert [row.doubt for row in rows] == ["check", "sure"]
        assert [row.words for row in rows] == ["", ""]
        assert [row.second_opinion for row in rows] == [None, None]
        # Two scans of an older program may share a name of 40 bits.
        assert list(session.scalars(select(ScanRow.name).order_by(ScanRow.id))) == ["S-d1", "S-d2"]
    store.close()


def test_a_transaction_is_kept_whole_or_not_at_all(store):
    def fail_halfway():
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


def test_a_scan_of_no_patient_is_refused(store):
    scan = ScanRow(
        digest="d", name="S-d", patient_id="nobody", source="upload", width=1, height=1,
        sector=[0, 0, 1, 1], blob="b", added_by="Ann",
    )  # fmt: skip
    with pytest.raises(IntegrityError), store.session() as session:
        session.add(scan)


def test_only_one_run_holds_the_slot(store):
    def ask():
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


def test_many_threads_that_read_and_then_write_lose_nothing(store):
    with store.session() as session:
        session.add(patient("count-0"))

    def climb():
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


def test_a_reader_does_not_wait_for_a_writer(store):
    with store.session() as writing:
        writing.add(patient("P-1"))
        writing.flush()
        assert patients(store) == set()
    assert patients(store) == {"P-1"}


def test_processes_that_open_a_new_workspace_at_once_agree_on_its_tables(workspace):
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(4, mp_context=context) as pool:
        assert list(pool.map(_open, [workspace] * 4)) == [True] * 4


def _open(workspace):
    store = Store.open(workspace)
    with store.reading() as session:
        return session.scalar(select(Patient.id)) is None


def test_what_was_confirmed_survives_a_hard_kill(workspace):
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


def test_a_second_opening_does_without_alembic(workspace):
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


def test_a_workspace_of_a_later_program_is_left_alone(workspace, store):
    with store.session() as session:
        session.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(NewerDatabaseError, match="later version"):
        Store.open(workspace)


def test_the_environment_names_the_workspace(monkeypatch, tmp_path):
    monkeypatch.setenv("FETAL_WORKSPACE", str(tmp_path / "w"))
    monkeypatch.delenv("FETAL_DATABASE_URL", raising=False)
    monkeypatch.setenv("FETAL_BLOBS", "s3://bucket/fetal")
    workspace = Workspace.from_environment()
    assert workspace.database_url == f"sqlite:///{tmp_path / 'w' / 'fetal.db'}"
    assert workspace.blobs_url == "s3://bucket/fetal"
    monkeypatch.setenv("FETAL_DATABASE_URL", "postgresql://ann@db/fetal")
    assert Workspace.from_environment().database_url == "postgresql+psycopg://ann@db/fetal"
