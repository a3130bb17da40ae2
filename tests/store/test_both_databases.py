import pytest
from sqlalchemy import delete, func, select
from sqlalchemy.exc import OperationalError

from fetal.store import database
from fetal.store.database import Store
from fetal.store.tables import Patient
from fetal.store.workspace import Workspace
from tests.support.postgresql import DATABASES


def test_what_was_confirmed_is_read_on_either_database(
    any_workspace: Workspace, request: pytest.FixtureRequest
) -> None:
    name = request.node.callspec.params["database_url"]
    store = Store.open(any_workspace)
    assert store.engine.dialect.name == name
    assert name in DATABASES
    with store.session() as session:
        assert session.scalars(select(Patient.id)).all() == []
        session.add(Patient(id="P-1", named=True))
    store.close()
    store = Store.open(any_workspace)
    with store.reading() as session:
        assert session.scalars(select(Patient.id)).all() == ["P-1"]
    store.close()


def test_all_that_a_transaction_reads_is_of_one_moment(any_workspace: Workspace) -> None:
    store = Store.open(any_workspace)
    with store.session() as session:
        session.add(Patient(id="P-1", named=True))
    with store.reading() as reading:
        assert reading.scalar(select(func.count(Patient.id))) == 1
        with store.session() as session:
            session.execute(delete(Patient))
        assert reading.scalars(select(Patient.id)).all() == ["P-1"]
    with store.reading() as reading:
        assert reading.scalars(select(Patient.id)).all() == []
    store.close()


def test_a_writer_does_not_wait_for_ever(
    any_workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "BUSY_SECONDS", 1)
    store = Store.open(any_workspace)
    count = select(func.count(Patient.id))
    with store.session() as first:
        assert first.scalar(count) == 0
        with pytest.raises(OperationalError), store.session() as second:
            second.scalar(count)
    with store.session() as session:
        session.add(Patient(id="P-1", named=True))
    store.close()
