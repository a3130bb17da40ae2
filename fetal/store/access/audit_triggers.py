"""The triggers that let nobody change or remove an event of the audit.

On PostgreSQL whoever owns the table can take its triggers away: docs/administrator.md tells how
to give it to a second role.
"""

from sqlalchemy import Connection

_SENTENCE = "The audit is only added to: no event is changed or removed."
_REMOVABLE = "COALESCE((SELECT max(number) FROM audit_start), 0)"
"""Events up to this one are out of their time; removing them leaves an event and this mark."""


def guard_audit(connection: Connection) -> None:
    """Set the triggers.

    Args:
        connection: the database, in the transaction that made the tables.
    """
    for statement in _SQLITE if connection.dialect.name == "sqlite" else _POSTGRESQL:
        connection.exec_driver_sql(statement)


_SQLITE = (
    "CREATE TRIGGER audit_event_unchanged BEFORE UPDATE ON audit_event "
    f"BEGIN SELECT RAISE(ABORT, '{_SENTENCE}'); END",
    f"CREATE TRIGGER audit_event_kept BEFORE DELETE ON audit_event WHEN OLD.number > {_REMOVABLE} "
    f"BEGIN SELECT RAISE(ABORT, '{_SENTENCE}'); END",
    # `INSERT OR REPLACE` removes the old row without asking the other trigger.
    "CREATE TRIGGER audit_event_new BEFORE INSERT ON audit_event "
    "WHEN EXISTS (SELECT 1 FROM audit_event WHERE number = NEW.number) "
    f"BEGIN SELECT RAISE(ABORT, '{_SENTENCE}'); END",
)
_POSTGRESQL = (
    "CREATE FUNCTION audit_event_refuse() RETURNS trigger LANGUAGE plpgsql "
    f"AS $$ BEGIN RAISE EXCEPTION '{_SENTENCE}'; END $$",
    "CREATE FUNCTION audit_event_keep() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
    f"IF OLD.number > {_REMOVABLE} THEN RAISE EXCEPTION '{_SENTENCE}'; END IF; RETURN OLD; END $$",
    "CREATE TRIGGER audit_event_unchanged BEFORE UPDATE ON audit_event "
    "FOR EACH ROW EXECUTE FUNCTION audit_event_refuse()",
    "CREATE TRIGGER audit_event_kept BEFORE DELETE ON audit_event "
    "FOR EACH ROW EXECUTE FUNCTION audit_event_keep()",
    "CREATE TRIGGER audit_event_whole BEFORE TRUNCATE ON audit_event "
    "FOR EACH STATEMENT EXECUTE FUNCTION audit_event_refuse()",
)
