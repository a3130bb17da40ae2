"""Migration 0009: lists of look-alikes, groups and what is still to be compared, from what was."""

from sqlalchemy import Connection, Insert, insert, select, table
from sqlalchemy.sql import column

from fetal.store.database import Store
from fetal.store.tables import Lookalike, Patient, PendingComparison
from fetal.store.workspace import Workspace
from tests.support.older_tables import make_tables

OLDER = "0009-1"
AT = "2026-01-01"
PATIENTS = {"P-A": "test", "P-B": "train", "P-C": None, "P-D": "train", "P-E": "train"}
SCANS = ["P-A", "P-B", "P-C", "P-D", "P-E", "P-E"]
"""The patient of each scan, from scan 1 on."""
PAIRS = [(2, 1), (3, 2), (4, 1), (5, 4), (6, 5), (4, 3), (3, 1)]
DECISIONS = [
    ((2, 1), "together"),
    ((3, 2), "together"),
    ((5, 4), "different"),
    ((5, 4), "open"),
    ((4, 3), "different"),
]


def rows(name: str, *columns: str) -> Insert:
    return insert(table(name, *(column(one) for one in columns)))


def fill(connection: Connection) -> None:
    """Scans of a program that knew no lists: 1 to 5 were compared, 6 was not."""
    added = {"added_at": AT}
    connection.execute(
        rows("patient", "id", "named", "split", "added_at"),
        [{"id": code, "named": True, "split": split} | added for code, split in PATIENTS.items()],
    )
    scan = {"source": "upload", "width": 1, "height": 1, "sector": "[]", "facts": "{}"}
    scan |= {"blob": "b", "added_by": "Ann"} | added
    numbered = [
        scan | {"id": place, "digest": str(place), "name": str(place), "patient_id": patient}
        for place, patient in enumerate(SCANS, start=1)
    ]
    numbered.append(numbered[0] | {"id": 7, "digest": "7", "name": "7", "source": "sample"})
    connection.execute(rows("scan", *numbered[0]), numbered)
    connection.execute(
        rows("fingerprint", "scan_id", "bits"),
        [{"scan_id": number, "bits": "0" * 64} for number in range(1, 6)],
    )
    connection.execute(
        rows("lookalike", "scan_id", "other_id", "distance", "similarity", "found_at"),
        [
            {"scan_id": one, "other_id": other, "distance": 1, "similarity": 0.9, "found_at": AT}
            for one, other in PAIRS
        ],
    )
    connection.execute(
        rows("lookalike_decision", "scan_id", "other_id", "decision", "who", "at"),
        [
            {"scan_id": one, "other_id": other, "decision": said, "who": "Ann", "at": AT}
            for (one, other), said in DECISIONS
        ],
    )


def older(workspace: Workspace) -> None:
    engine = make_tables(workspace, OLDER)
    with engine.begin() as connection:
        fill(connection)
    engine.dispose()


def test_what_people_decided_and_what_is_not_compared_is_carried_over(
    any_workspace: Workspace,
) -> None:
    older(any_workspace)
    store = Store.open(any_workspace)
    with store.reading() as session:
        pairs = {
            (row.scan_id, row.other_id): (row.rank, row.decision_id)
            for row in session.scalars(select(Lookalike))
        }
        groups = dict(session.execute(select(Patient.id, Patient.group_id)).all())
        waiting = session.scalars(select(PendingComparison.scan_id)).all()
    store.close()
    assert pairs == {
        (2, 1): (3, 1),
        (3, 2): (3, 2),
        (4, 1): (0, 0),
        (5, 4): (1, 0),
        (6, 5): (2, 0),
        (4, 3): (3, 5),
        # Two other pairs made their patients one.
        (3, 1): (3, 0),
    }
    assert groups == {"P-A": 1, "P-B": 1, "P-C": 1, "P-D": None, "P-E": None}
    assert waiting == [6]
