"""More scans in one question than a database takes as parameters of a statement."""

from pathlib import Path

from sqlalchemy import select, text

from fetal.splits import TEST
from fetal.store.bulk import any_of
from fetal.store.database import Store
from fetal.store.state.state_triggers import derive_all, drop_triggers
from fetal.store.tables import ScanRow
from fetal.store.workspace import Workspace
from fetal.workbench.catalogue import scans
from fetal.workbench.near_duplicates import decisions
from fetal.workbench.open import worker_workbench
from fetal.workbench.retraining import service

MANY = 66_000
"""PostgreSQL takes 65,535 parameters."""


def fill(store: Store) -> None:
    """Store many scans of two patients by a statement of the database's own; all look alike."""
    numbers = f"WITH up(n) AS (SELECT generate_series(1, {MANY}))"
    with store.session() as session:
        drop_triggers(session.connection())
        for patient in ("P-0", "P-1"):
            session.execute(
                text(
                    "INSERT INTO patient (id, named, split, added_at) "
                    f"VALUES ('{patient}', '1', '{'train' if patient == 'P-0' else TEST}', "
                    "'2026-01-01')"
                )
            )
        session.execute(
            text(
                f"INSERT INTO scan (id, digest, name, patient_id, source, width, height, sector, "
                f"facts, blob, added_by, added_at) {numbers} SELECT n, 'd' || n, 'S-' || n, "
                f"'P-' || (n % 2), 'upload', 1, 1, '[]', '{{}}', 'b', 'Ann', '2026-01-01' FROM up"
            )
        )
        session.execute(
            text(
                f"INSERT INTO lookalike (scan_id, other_id, distance, similarity, found_at) "
                f"{numbers} SELECT n, n - 1, 3, 0.9, '2026-01-01' FROM up WHERE n % 2 = 0"
            )
        )
        derive_all(session.connection())


def test_tens_of_thousands_of_look_alikes_are_listed(postgresql_url: str, tmp_path: Path) -> None:
    workspace = Workspace.at(tmp_path / "workspace", database_url=postgresql_url)
    store = Store.open(workspace)
    fill(store)
    workbench = worker_workbench(workspace, store)
    pairs = decisions.list_pairs(workbench)
    assert len(pairs) == MANY // 2
    assert all(pair.leaks for pair in pairs)
    assert decisions.undecided(workbench) == MANY // 2
    assert decisions.list_pairs(workbench, skip=MANY // 2 - 1) == pairs[-1:]
    assert service.outlook(workbench).held_back == 0
    with store.reading() as session:
        found = session.scalars(select(ScanRow.id).where(any_of(ScanRow.id, range(2 * MANY))))
        assert len(found.all()) == MANY
        assert session.scalars(select(ScanRow.id).where(any_of(ScanRow.id, []))).all() == []
    skipped = tuple(range(2, MANY + 1))
    assert [one.id for one in scans.scans(workbench, scans.ScanFilter(without=skipped))] == [1]
    assert scans.count(workbench, scans.ScanFilter(ids=skipped)) == MANY - 1
    store.close()
