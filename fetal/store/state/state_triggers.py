"""The triggers that keep `scan_state` and its counts true, whoever writes an event and however.

A trigger runs in the transaction of the statement that fires it, so that no use case, no bulk
statement and no older version of the program can forget it.
"""

from dataclasses import dataclass

from sqlalchemy import Connection

from fetal.store.state.derivation import DERIVE_ALL, derive_again

_PREFIX = "scan_state_"


@dataclass(frozen=True)
class _Trigger:
    """What is done after each row that a statement changes; NEW and OLD are the row."""

    table: str
    event: str
    body: tuple[str, ...]
    condition: str = ""

    @property
    def name(self) -> str:
        return f"{_PREFIX}{self.table}_{self.event.split()[0].lower()}"


_COUNT = (
    "INSERT INTO scan_count (cell, scans) VALUES (NEW.cell, 1) "
    "ON CONFLICT (cell) DO UPDATE SET scans = scan_count.scans + 1",
    "INSERT INTO patient_count (patient_id, scans, labelled) "
    "VALUES (NEW.patient_id, 1, CASE WHEN NEW.label IS NULL THEN 0 ELSE 1 END) "
    "ON CONFLICT (patient_id) DO UPDATE SET scans = patient_count.scans + 1, "
    "labelled = patient_count.labelled + excluded.labelled",
)
_DISCOUNT = (
    "UPDATE scan_count SET scans = scans - 1 WHERE cell = OLD.cell",
    "DELETE FROM scan_count WHERE cell = OLD.cell AND scans = 0",
    "UPDATE patient_count SET scans = scans - 1, "
    "labelled = labelled - CASE WHEN OLD.label IS NULL THEN 0 ELSE 1 END "
    "WHERE patient_id = OLD.patient_id",
    "DELETE FROM patient_count WHERE patient_id = OLD.patient_id AND scans = 0",
)

_COUNT_SPLIT = (
    "INSERT INTO split_count (split, patients) SELECT NEW.split, 1 WHERE NEW.split IS NOT NULL "
    "ON CONFLICT (split) DO UPDATE SET patients = split_count.patients + 1",
)
_DISCOUNT_SPLIT = (
    "UPDATE split_count SET patients = patients - 1 WHERE split = OLD.split",
    "DELETE FROM split_count WHERE split = OLD.split AND patients = 0",
)

_TRIGGERS = (
    _Trigger("scan", "INSERT", (derive_again("scan.id = NEW.id"),)),
    _Trigger("scan", "UPDATE OF patient_id, source, added_at", (derive_again("scan.id = NEW.id"),)),
    *(
        _Trigger(table, event, (derive_again(f"scan.id = {row}.scan_id"),))
        for table in ("annotation", "prediction", "reservation")
        for event, row in (("INSERT", "NEW"), ("UPDATE", "NEW"), ("DELETE", "OLD"))
    ),
    _Trigger("scan_state", "INSERT", _COUNT),
    _Trigger("scan_state", "DELETE", _DISCOUNT),
    _Trigger(
        "scan_state",
        "UPDATE OF cell, patient_id",
        (*_DISCOUNT, *_COUNT),
        condition="OLD.cell <> NEW.cell OR OLD.patient_id <> NEW.patient_id",
    ),
    _Trigger("patient", "INSERT", _COUNT_SPLIT),
    _Trigger("patient", "DELETE", _DISCOUNT_SPLIT),
    _Trigger(
        "patient",
        "UPDATE OF split",
        (*_DISCOUNT_SPLIT, *_COUNT_SPLIT),
        condition="coalesce(OLD.split, '') <> coalesce(NEW.split, '')",
    ),
)


def derive_all(connection: Connection) -> None:
    """Derive all states anew, and set the triggers that keep them true from now on.

    Args:
        connection: the database without its triggers, in a transaction.
    """
    for statement in DERIVE_ALL:
        connection.exec_driver_sql(statement)
    for trigger in _TRIGGERS:
        for statement in _created(trigger, connection.dialect.name):
            connection.exec_driver_sql(statement)


def drop_triggers(connection: Connection) -> None:
    """Take the triggers away, those of an older program too.

    Args:
        connection: the database, in a transaction.
    """
    if connection.dialect.name == "sqlite":
        found = "SELECT name FROM sqlite_master WHERE type = 'trigger'"
        drop = "DROP TRIGGER {}"
    else:
        found = "SELECT proname FROM pg_proc WHERE pronamespace = current_schema()::regnamespace"
        drop = "DROP FUNCTION {}() CASCADE"
    for name in connection.exec_driver_sql(found).scalars().all():
        if name.startswith(_PREFIX):
            connection.exec_driver_sql(drop.format(name))


def _created(trigger: _Trigger, dialect: str) -> tuple[str, ...]:
    body = " ".join(f"{statement};" for statement in trigger.body)
    when = f"WHEN ({trigger.condition})" if trigger.condition else ""
    begin = f"CREATE TRIGGER {trigger.name} AFTER {trigger.event} ON {trigger.table} FOR EACH ROW"
    if dialect == "sqlite":
        return (f"{begin} {when} BEGIN {body} END",)
    return (
        f"CREATE FUNCTION {trigger.name}() RETURNS trigger LANGUAGE plpgsql "
        f"AS $$ BEGIN {body} RETURN NULL; END $$",
        f"{begin} {when} EXECUTE FUNCTION {trigger.name}()",
    )
