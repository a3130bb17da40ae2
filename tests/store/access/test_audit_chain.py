"""Events are only added, and what was done to them all the same is found, on both databases."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DatabaseError

from fetal.store.access import audit_chain
from fetal.store.access.audit_chain import Chain, EventKind, append, follow, shorten
from fetal.store.access.audit_tables import AuditEvent, AuditStart
from fetal.store.database import Store
from fetal.store.table_base import now
from fetal.store.workspace import Workspace

TRIGGERS = {
    "sqlite": [
        "DROP TRIGGER audit_event_unchanged",
        "DROP TRIGGER audit_event_kept",
    ],
    "postgresql": ["ALTER TABLE audit_event DISABLE TRIGGER USER"],
}


@pytest.fixture
def store(any_workspace: Workspace) -> Iterator[Store]:
    store = Store.open(any_workspace)
    with store.session() as session:
        for number in range(5):
            append(session, EventKind.EXPORTED, "Ann", origin="page", scans=number)
    yield store
    store.close()


def found(store: Store, expected: str | None = None) -> Chain:
    with store.reading() as session:
        return follow(session, expected)


def tamper(store: Store, *statements: str) -> None:
    """What somebody does who owns the database."""
    with store.engine.begin() as connection:
        for statement in [*TRIGGERS[store.engine.dialect.name], *statements]:
            connection.execute(text(statement))


def test_a_whole_chain_has_no_problems(store: Store) -> None:
    chain = found(store)
    assert (chain.events, chain.problems) == (5, ())
    assert found(store, chain.last).problems == ()


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit_event SET who = 'Ben' WHERE number = 3",
        "DELETE FROM audit_event WHERE number = 3",
        "DELETE FROM audit_event",
    ],
)
def test_the_database_itself_refuses_to_change_or_remove(store: Store, statement: str) -> None:
    with pytest.raises(DatabaseError, match="only added"), store.session() as session:
        session.execute(text(statement))
    assert found(store).events == 5


def test_sqlite_does_not_replace_and_postgresql_does_not_truncate(store: Store) -> None:
    statement = {
        "sqlite": "INSERT OR REPLACE INTO audit_event SELECT * FROM audit_event WHERE number = 2",
        "postgresql": "TRUNCATE audit_event",
    }[store.engine.dialect.name]
    with pytest.raises(DatabaseError, match="only added"), store.session() as session:
        session.execute(text(statement))


@pytest.mark.parametrize(
    ("statement", "sentence"),
    [
        ("UPDATE audit_event SET who = 'Ben' WHERE number = 3", "Event 3 was changed"),
        (
            "UPDATE audit_event SET detail = '{}' WHERE number = 5",
            "Event 5 was changed",
        ),
        ("DELETE FROM audit_event WHERE number = 3", "Between event 2 and event 4"),
        ("DELETE FROM audit_event WHERE number <= 2", "Between event 0 and event 3"),
        (
            "UPDATE audit_event SET number = 30 WHERE number = 3",
            "Between event 2 and event 4",
        ),
        (
            "UPDATE audit_event SET previous = digest WHERE number = 4",
            "Event 4 does not follow the one before it",
        ),
        (
            "INSERT INTO audit_event (number, at, kind, who, origin, detail, previous, digest) "
            "SELECT 6, at, kind, 'Ben', origin, detail, digest, digest FROM audit_event "
            "WHERE number = 5",
            "Event 6 was changed",
        ),
    ],
)
def test_tampering_is_found(store: Store, statement: str, sentence: str) -> None:
    tamper(store, statement)
    problems = found(store).problems
    assert any(sentence in problem for problem in problems)


def test_an_event_that_is_put_between_two_others_with_a_right_digest_is_found(store: Store) -> None:
    tamper(
        store,
        "UPDATE audit_event SET number = 7 WHERE number = 5",
        "UPDATE audit_event SET number = 6 WHERE number = 4",
        "UPDATE audit_event SET number = 5 WHERE number = 6",
        "UPDATE audit_event SET number = 6 WHERE number = 7",
    )
    with store.session() as session:
        third = session.get_one(AuditEvent, 3)
        forged = AuditEvent(
            number=4,
            at=third.at,
            kind=third.kind,
            who="Ben",
            origin="page",
            detail={},
            previous=third.digest,
        )
        forged.digest = audit_chain.digest_of(forged)
        session.add(forged)
    problems = found(store).problems
    assert "Event 5 does not follow the one before it." in problems
    assert "Event 5 was changed after it was written." in problems


def test_a_removed_end_is_found_by_the_digest_that_was_kept(store: Store) -> None:
    last = found(store).last
    tamper(store, "DELETE FROM audit_event WHERE number = 5")
    assert found(store).problems == ()
    assert "end was removed" in found(store, last).problems[0]


def test_a_mark_without_an_event_that_tells_of_it_is_found(store: Store) -> None:
    with store.session() as session:
        third = session.get_one(AuditEvent, 3)
        session.add(AuditStart(number=3, digest=third.digest))
        session.flush()
        session.execute(text("DELETE FROM audit_event WHERE number <= 3"))
    assert "no event tells of it" in found(store).problems[0]


def test_old_events_go_when_their_time_is_over_and_the_chain_stays_whole(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = found(store).last
    later = now() + timedelta(days=400)
    monkeypatch.setattr(audit_chain, "now", lambda: later)
    with store.session() as session:
        append(session, EventKind.ERASED, "Ann", origin="page")
        assert shorten(session, 365, "Ann", "command line") == 5
    with store.session() as session:
        assert shorten(session, 365, "Ann", "command line") == 0
        append(session, EventKind.ERASED, "Ann", origin="page")
    chain = found(store)
    assert (chain.events, chain.problems) == (3, ())
    assert found(store, before).problems == ()


def test_on_postgresql_a_second_role_keeps_the_app_from_the_triggers_too(store: Store) -> None:
    if store.engine.dialect.name == "sqlite":
        pytest.skip("SQLite has no roles")
    with store.engine.begin() as connection:
        for statement in (
            "CREATE ROLE app NOLOGIN",
            "GRANT SELECT, INSERT ON audit_event TO app",
            "GRANT SELECT ON audit_start TO app",
        ):
            connection.execute(text(statement))
    for statement, refusal in (
        ("UPDATE audit_event SET who = 'Ben'", "permission denied"),
        ("DELETE FROM audit_event", "permission denied"),
        ("TRUNCATE audit_event", "permission denied"),
        ("ALTER TABLE audit_event DISABLE TRIGGER USER", "must be owner"),
        ("INSERT INTO audit_start VALUES (9, 'x', now())", "permission denied"),
    ):
        with store.session() as session:
            session.execute(text("SET LOCAL ROLE app"))
            nested = session.begin_nested()
            with pytest.raises(DatabaseError, match=refusal):
                session.execute(text(statement))
            nested.rollback()
    with store.session() as session:
        session.execute(text("SET LOCAL ROLE app"))
        append(session, EventKind.ERASED, "Ann", origin="page")
    assert found(store).events == 6
