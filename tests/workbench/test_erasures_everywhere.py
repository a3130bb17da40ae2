"""What one process erases, every other one lets go of; and no number comes back, on either."""

import multiprocessing
from concurrent.futures import ProcessPoolExecutor

from sqlalchemy import Integer, select
from sqlalchemy import Table as DatabaseTable

from fetal.scans import read_scan
from fetal.store import audit
from fetal.store.access.account_tables import Account, SignIn
from fetal.store.access.api_tables import ApiToken
from fetal.store.batches.batch_tables import BatchJob
from fetal.store.labelling.labelling_tables import LabelCheck
from fetal.store.labelling.queue_tables import ReadingQueue
from fetal.store.table_base import Table, now
from fetal.store.tables import (
    Annotation,
    Fingerprint,
    Lookalike,
    LookalikeDecision,
    ModelVersion,
    Patient,
    PredictionRow,
    Promotion,
    Run,
    RunEvent,
    ScanRow,
)
from fetal.store.workspace import Workspace
from fetal.workbench import Workbench, open_workbench
from fetal.workbench.catalogue import scans
from fetal.workbench.ingest.upload import add_scans
from fetal.workbench.near_duplicates import detect_pairs
from fetal.workbench.privacy import erasure
from tests.support.drawn import file


def erase_in_a_process(workspace: Workspace, name: str) -> int:
    workbench = open_workbench(workspace)
    erasure.erase(workbench, name, "Ann")
    workbench.close()
    return erasure.generation(open_workbench(workspace))


def test_an_erasure_of_another_process_is_seen_at_once(each_workbench: Workbench) -> None:
    [first] = add_scans(each_workbench, [file(1)], who="Ann", patient="one")
    look = read_scan(file(1).data, "a.png")
    assert detect_pairs.look(each_workbench, look, "P-other", "upload") is not None
    assert erasure.generation(each_workbench) == 0
    assert first.scan_id is not None
    name = scans.scan(each_workbench, first.scan_id).name
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
        assert pool.submit(erase_in_a_process, each_workbench.workspace, name).result() == 1
    assert erasure.generation(each_workbench) == 1
    seen = detect_pairs.look(each_workbench, look, "P-other", "upload")
    assert seen is not None
    bits = seen.bits
    assert each_workbench.fingerprints.near(bits, 8) == []
    # The newest scan is gone and another one comes: it is found under its own number.
    [second] = add_scans(each_workbench, [file(1)], who="Ann", patient="two")
    assert each_workbench.fingerprints.near(bits, 8) == [(second.scan_id, 0)]
    assert second.scan_id is not None
    assert second.scan_id > first.scan_id


def numbered() -> dict[str, DatabaseTable]:
    return {
        name: table
        for name, table in Table.metadata.tables.items()
        if [column.name for column in table.primary_key] == ["id"]
        and isinstance(table.c.id.type, Integer)
    }


def newest(workbench: Workbench) -> dict[str, int]:
    with workbench.store.reading() as session:
        return {
            name: session.scalar(select(table.c.id).order_by(table.c.id.desc()).limit(1)) or 0
            for name, table in numbered().items()
        }


def fill(workbench: Workbench, mark: str) -> None:
    """Add a row to every table whose numbers leave the database."""
    with workbench.store.session() as session:
        session.add(Patient(id=f"P-{mark}", named=True))
        session.flush()
        one, other = (
            ScanRow(
                digest=f"{mark}{letter}", name=f"S-{mark}{letter}", patient_id=f"P-{mark}",
                source="upload", width=1, height=1, sector=[0, 0, 1, 1],
                blob=f"scans/{mark}{letter}.png", added_by="Ann",
            )
            for letter in "ab"
        )  # fmt: skip
        model = ModelVersion(name=mark, digest=mark, location=f"models/{mark}", card={})
        run = Run(status="done", settings={}, snapshot="", snapshot_counts={}, who="Ann")
        account = Account(name=mark, shown=mark, made_by="Ann")
        session.add_all([one, other, model, run, account])
        session.flush()
        session.add_all(
            [
                Annotation(scan_id=other.id, label="brain", kind="label", who="Ann"),
                PredictionRow(
                    scan_id=other.id, model_id=model.id, plane="brain", probabilities=[],
                    confidence=1.0,
                ),
                Fingerprint(scan_id=other.id, bits="0" * 64),
                Lookalike(scan_id=other.id, other_id=one.id, distance=0, similarity=1.0),
                LookalikeDecision(
                    scan_id=other.id, other_id=one.id, decision="copy", left_out_id=one.id,
                    who="Ann",
                ),
                Promotion(model_id=model.id, kind="promote", who="Ann"),
                RunEvent(run_id=run.id, kind="log", payload={}),
                SignIn(
                    digest=mark, account_id=account.id, method="password", address="",
                    begun_at=now(), seen_at=now(), ends_at=now(),
                ),
                BatchJob(kind="import", status="done", title=mark, who="Ann"),
                LabelCheck(kind="next", status="done", who="Ann"),
                ReadingQueue(
                    name=mark, chosen={}, reading_order="doubt", mark=0, readers=[],
                    made_by="Ann",
                ),
                ApiToken(
                    digest=mark, account_id=account.id, name=mark, scopes=[], made_by="Ann",
                    ends_at=now(),
                ),
            ]
        )  # fmt: skip
        audit.record(session, "Ann", "look")


def test_no_number_comes_back_after_its_row_is_gone(each_workbench: Workbench) -> None:
    fill(each_workbench, "first")
    before = newest(each_workbench)
    assert all(before.values()), before
    with each_workbench.store.session() as session:
        for table in reversed(Table.metadata.sorted_tables):
            if table.name in numbered() or table.name == "patient":
                session.execute(table.delete())
    each_workbench.store.compact()
    each_workbench.close()
    again = open_workbench(each_workbench.workspace)
    fill(again, "second")
    after = newest(again)
    assert {name for name in after if after[name] <= before[name]} == set()
    again.close()
