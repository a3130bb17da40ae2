"""Fills a workspace with as many scans as asked for, by rows only: no pictures are written."""

from collections.abc import Iterable, Sequence
from contextlib import closing
from datetime import timedelta
from itertools import chain
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from scale_parts.scale_rows import (
    ANNOTATION_COLUMNS,
    DECISION_COLUMNS,
    LOOKALIKE_COLUMNS,
    PREDICTION_COLUMNS,
    SCAN_COLUMNS,
    WHO,
    Row,
    Shape,
    annotation_rows,
    bits_of,
    decision_rows,
    digest_of,
    fingerprint_rows,
    lookalike_rows,
    moment,
    patient_rows,
    prediction_rows,
    scan_rows,
    split_of,
)
from sqlalchemy import text

from fetal.bundle import Bundle, write_bundle
from fetal.jobs.register_model import register
from fetal.splits import TEST
from fetal.store.database import Store
from fetal.store.state.state_triggers import derive_all, drop_triggers
from fetal.store.table_base import Table
from fetal.store.tables import (
    Annotation,
    Fingerprint,
    LockedScan,
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
from fetal.training.settings import PRESETS
from fetal.workbench.core.workbench import Workbench
from fetal.workbench.datasets.label_columns import NO_SPLIT, SPLITS, read_columns
from fetal.workbench.datasets.snapshot import freeze
from fetal.workbench.near_duplicates.ranks import follow_splits
from fetal.workbench.open import worker_workbench
from tests.support.tiny_model import copy_graph, tiny_model

RUNS = 20
EVENTS = 300
"""Lines and points of each run's log."""


def fill(workspace: Workspace, scans: int) -> Workbench:
    """Fill an empty workspace.

    Args:
        workspace: where; its database must be empty.
        scans: how many scans; half of them are labelled.

    Returns:
        The open workbench: a champion that has learnt from all labelled scans but the newest and
        those kept apart, a challenger with the same ones, and opinions of both.
    """
    store = Store.open(workspace)
    shape = Shape(scans)
    filler = _Filler(store)
    filler.forget_states()
    filler.add(Patient, ("id", "named", "split", "added_at", "group_id"), patient_rows(shape))
    filler.add(ScanRow, SCAN_COLUMNS, scan_rows(shape))
    filler.add(Annotation, ANNOTATION_COLUMNS, annotation_rows(shape))
    filler.add(Fingerprint, ("id", "scan_id", "bits"), fingerprint_rows(shape))
    filler.add(Lookalike, LOOKALIKE_COLUMNS, lookalike_rows(shape))
    filler.add(LookalikeDecision, DECISION_COLUMNS, decision_rows(shape))
    tested = [one for one in range(1, scans + 1) if split_of(shape, one) == TEST]
    filler.add(
        LockedScan, ("scan_id", "joined_at"), ((one, moment(one * 20 // scans)) for one in tested)
    )
    filler.finish()
    _add_models(store, shape)
    first, champion, challenger = 1, 2, 3
    seen = chain(
        prediction_rows(range(1, scans + 1), champion, shape),
        prediction_rows(tested, first, shape),
        prediction_rows(tested, challenger, shape),
    )
    filler.add(PredictionRow, PREDICTION_COLUMNS, seen)
    filler.derive_states()
    follow_splits(store)
    filler.finish()
    return worker_workbench(workspace, store)


class _Filler:
    """Writes many rows at once, past the program, as fast as each database takes them."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._is_sqlite = store.engine.dialect.name == "sqlite"

    def add(self, table: type[Table], columns: Sequence[str], rows: Iterable[Row]) -> None:
        name, listed = table.__tablename__, ", ".join(columns)
        with closing(self._store.engine.raw_connection()) as connection:
            driver: Any = connection.driver_connection
            if self._is_sqlite:
                for setting in ("foreign_keys = OFF", "synchronous = OFF", "cache_size = -400000"):
                    driver.execute(f"PRAGMA {setting}")
                driver.execute("BEGIN")
                marks = ", ".join("?" * len(columns))
                driver.executemany(f"INSERT INTO {name} ({listed}) VALUES ({marks})", rows)
                driver.execute("COMMIT")
                connection.invalidate()
                return
            with (
                driver.cursor() as cursor,
                cursor.copy(f"COPY {name} ({listed}) FROM STDIN") as copy,
            ):
                for row in rows:
                    copy.write_row(row)
            if columns[0] == "id" and table is not Patient:
                count = (
                    f"SELECT setval(pg_get_serial_sequence('{name}', 'id'), max(id)) FROM {name}"
                )
                driver.execute(count)
            driver.commit()

    def finish(self) -> None:
        """Let the database count its rows, as it does by itself in a workspace that grows."""
        with self._store.engine.connect().execution_options(
            isolation_level="AUTOCOMMIT"
        ) as connection:
            connection.execute(text("ANALYZE"))

    def forget_states(self) -> None:
        """Have the database not derive the state of each scan while rows come by the million."""
        with self._store.session() as session:
            drop_triggers(session.connection())

    def derive_states(self) -> None:
        """Derive the state of all scans at once, and have the database keep them from now on."""
        with self._store.session() as session:
            derive_all(session.connection())


def _add_models(store: Store, shape: Shape) -> None:
    """Add the model that came first, one that learnt from the labels, and a challenger."""
    shipped = tiny_model()
    store.blobs.put_folder("models/shipped", shipped.folder)
    with store.session() as session:
        version = ModelVersion(
            name="shipped",
            digest=shipped.digest,
            location="models/shipped",
            card=shipped.card.to_json(),
        )
        session.add(version)
        session.flush()
        session.add(Promotion(model_id=version.id, kind="shipped", who="fetal"))
    with store.reading() as session:
        columns = read_columns(session)
        split = columns.splits[columns.labels.patient]
        labels, split = columns.labels.only(split != NO_SPLIT), split[split != NO_SPLIT]
        codes = [columns.patients.codes[place] for place in labels.patient.tolist()]
        key, digest = freeze(session, store.blobs, labels, split.tolist(), codes)
    learnt = labels.scan[split != SPLITS.index(TEST)].tolist()
    counts = {"scans": len(learnt), "patients": shape.scans // 20, "splits": {}, "digest": digest}
    del columns, labels, codes
    for number in range(1, RUNS + 1):
        _add_run(store, shape, number, key if number > RUNS - 2 else "", counts)
    with TemporaryDirectory() as draft:
        for seed, run in ((2, RUNS - 1), (3, RUNS)):
            bundle = _bundle(Path(draft) / str(seed), seed, learnt)
            with store.reading() as session:
                row = session.get_one(Run, run)
            version = register(store, bundle.folder, row)
            if seed == 2:
                with store.session() as session:
                    session.add(
                        Promotion(model_id=version.id, previous_id=1, kind="promote", who=WHO)
                    )


def _bundle(folder: Path, seed: int, learnt: Sequence[int]) -> Bundle:
    model = tiny_model(seed, f"v{seed}")
    return write_bundle(
        folder,
        model.card,
        lambda place: copy_graph(seed, place),
        (digest_of(scan) for scan in learnt),
        hashes=(bits_of(scan) for scan in learnt),
    )


def _add_run(store: Store, shape: Shape, number: int, key: str, counts: dict[str, Any]) -> None:
    asked = moment(shape.scans) + timedelta(seconds=number)
    with store.session() as session:
        run = Run(
            status="done",
            settings=PRESETS["default"].to_json(),
            snapshot=key,
            snapshot_counts=counts,
            parent_id=1,
            who=WHO,
            asked_at=asked,
            started_at=asked,
            ended_at=asked + timedelta(hours=1),
            attempts=1,
            device="CPU, 2 cores",
        )
        session.add(run)
        session.flush()
        for epoch in range(EVENTS):
            point = {"stage": "all", "epoch": epoch + 1, "loss": 1.0, "accuracy": 0.5}
            session.add(RunEvent(run_id=run.id, kind="epoch", payload=point))
