"""Migration 0014: a run that waits keeps its slot, and numbers of runs still never come back."""

import pytest
from sqlalchemy import delete, insert, table
from sqlalchemy.exc import IntegrityError
from sqlalchemy.sql import column

from fetal.store.database import Store
from fetal.store.tables import Run
from fetal.store.workspace import Workspace
from tests.support.older_tables import make_tables

RUN: dict[str, object] = {
    "settings": "{}",
    "snapshot": "s",
    "snapshot_counts": "{}",
    "who": "Ann",
    "progress": "{}",
}
RUN |= {"asked_at": "2026-01-01", "cancel_asked": False, "attempts": 0}


def a_run(slot: int | None) -> Run:
    return Run(status="queued", slot=slot, settings={}, snapshot="s", snapshot_counts={}, who="Ann")


def test_a_run_keeps_its_slot_and_its_number(any_workspace: Workspace) -> None:
    engine = make_tables(any_workspace, "0013")
    run = table("run", *(column(name) for name in ("id", "status", "seat", *RUN)))
    with engine.begin() as connection:
        for status, seat in (("done", None), ("queued", 1), ("done", None)):
            connection.execute(insert(run).values(status=status, seat=seat, **RUN))
        connection.execute(delete(run).where(run.c.id == 3))
    engine.dispose()

    store = Store.open(any_workspace)
    with store.reading() as session:
        assert [session.get_one(Run, number).slot for number in (1, 2)] == [None, 1]
    with pytest.raises(IntegrityError), store.session() as session:
        session.add(a_run(1))
    with store.session() as session:
        session.add(added := a_run(None))
        session.flush()
        assert added.id > 3
    store.close()
