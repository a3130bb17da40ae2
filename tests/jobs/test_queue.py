import pickle

import pytest
from sqlalchemy import inspect

from fetal.jobs.queue import UnsupportedDatabaseError, _database, queue
from fetal.store.database import Store
from fetal.store.workspace import Workspace


@pytest.fixture
def workspace(tmp_path):
    place = Workspace.at(tmp_path)
    Store.open(place).close()
    return place


def test_a_message_of_one_process_is_seen_by_another(workspace):
    queue(workspace).train(7)
    assert queue(workspace).waiting() == {7}


def test_a_worker_does_what_the_message_says(workspace):
    done = []
    queue(workspace).train(7)
    queue(workspace).refresh(3)
    worker = queue(workspace, train=lambda run: done.append(("train", run)))
    worker.huey.execute(worker.huey.dequeue())
    assert done == [("train", 7)]
    assert worker.waiting("refresh") == {3}


def test_a_message_carries_no_code(workspace):
    class Bomb:
        def __reduce__(self):
            return print, ("boom",)

    jobs = queue(workspace)
    jobs.huey.storage.enqueue(pickle.dumps(Bomb()))
    with pytest.raises(ValueError, match="decode"):
        jobs.huey.dequeue()


def test_the_queue_lives_in_the_workspace_database(workspace):
    queue(workspace).train(7)
    store = Store.open(workspace)
    assert {"run", "task"} <= set(inspect(store.engine).get_table_names())


def test_a_postgresql_address_is_understood():
    database = _database("postgresql+psycopg://ada:s%40crete@db.example:5433/fetal?sslmode=require")
    assert database.database == "fetal"
    assert database.connect_params == {
        "host": "db.example",
        "port": 5433,
        "user": "ada",
        "password": "s@crete",
        "sslmode": "require",
    }


def test_another_database_is_refused_in_words():
    with pytest.raises(UnsupportedDatabaseError, match="SQLite or PostgreSQL, not on “mysql”"):
        _database("mysql://ada@db.example/fetal")
