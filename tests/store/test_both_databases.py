from sqlalchemy import select

from fetal.store.database import Store
from fetal.store.tables import Patient
from tests.support.postgresql import DATABASES


def test_what_was_confirmed_is_read_on_either_database(any_workspace, request):
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
