"""Fills a workspace with as many scans as asked for, by rows only: no pictures are written."""

import json
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from itertools import chain
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from sqlalchemy import text

from fetal.bundle import Bundle, write_bundle
from fetal.jobs.register_model import register
from fetal.planes import PLANES
from fetal.splits import TEST, TRAIN, VALIDATION
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
from fetal.workbench.open import worker_workbench
from tests.support.tiny_model import copy_graph, tiny_model

WHO = "Ann"
SCANS_OF_A_PATIENT = 10
NEW_PATIENTS = 100
"""Labelled patients without a split: what was labelled since the last training."""
RUNS = 20
EVENTS = 300
"""Lines and points of each run's log."""
ALIKE_EVERY = 14
"""One scan in so many looks like an earlier one: more than 65,535 of a million."""
DECIDED_EVERY = 20
"""One pair in so many is decided on."""
CHANGED_EVERY = 20
"""One label in so many was changed once."""

_FIRST = datetime(2026, 1, 1, tzinfo=UTC)
_CHUNK = 20_000

Row = Sequence[Any]


@dataclass(frozen=True)
class Shape:
    """How the scans of a filled workspace are labelled and split; all follows from their number.

    Args:
        scans: how many scans.
    """

    scans: int

    def patient(self, scan: int) -> int:
        """The patient of a scan, counted from 0."""
        return (scan - 1) // SCANS_OF_A_PATIENT

    def labelled(self, scan: int) -> bool:
        """Whether a scan has a label: every scan of every second patient."""
        return self.patient(scan) % 2 == 0

    def split(self, patient: int) -> str | None:
        """The split of a patient; none where nobody labelled, or only since the last training."""
        if patient % 2 or patient >= self.scans // SCANS_OF_A_PATIENT - 2 * NEW_PATIENTS:
            return None
        return (*[TRAIN] * 13, *[VALIDATION] * 3, *[TEST] * 4)[patient // 2 % 20]

    def plane(self, scan: int) -> str:
        """The label of a scan."""
        return PLANES[scan * 7 % len(PLANES)].value


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
    filler.add(Patient, ("id", "named", "split", "added_at"), _patients(shape))
    filler.add(ScanRow, _SCAN_COLUMNS, _scans(shape))
    filler.add(Annotation, _ANNOTATION_COLUMNS, _annotations(shape))
    filler.add(Fingerprint, ("id", "scan_id", "bits"), _fingerprints(shape))
    filler.add(Lookalike, _LOOKALIKE_COLUMNS, _lookalikes(shape))
    filler.add(LookalikeDecision, _DECISION_COLUMNS, _decisions(shape))
    tested = [one for one in range(1, scans + 1) if _split_of(shape, one) == TEST]
    filler.add(
        LockedScan, ("scan_id", "joined_at"), ((one, _at(one * 20 // scans)) for one in tested)
    )
    filler.finish()
    _add_models(store, shape)
    first, champion, challenger = 1, 2, 3
    seen = chain(
        _predictions(range(1, scans + 1), champion, shape),
        _predictions(tested, first, shape),
        _predictions(tested, challenger, shape),
    )
    filler.add(PredictionRow, _PREDICTION_COLUMNS, seen)
    filler.derive_states()
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
        (_digest(scan) for scan in learnt),
        hashes=(_bits(scan) for scan in learnt),
    )


def _add_run(store: Store, shape: Shape, number: int, key: str, counts: dict[str, Any]) -> None:
    asked = _at(shape.scans) + timedelta(seconds=number)
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


_SCAN_COLUMNS = (
    *("id", "digest", "name", "picture_key", "file_key", "patient_id", "source", "width"),
    *("height", "sector", "machine", "facts", "blob", "added_by", "added_at"),
)
_ANNOTATION_COLUMNS = ("id", "scan_id", "label", "kind", "note", "who", "at", "model_id")
_LOOKALIKE_COLUMNS = ("id", "scan_id", "other_id", "distance", "similarity", "found_at")
_DECISION_COLUMNS = ("id", "scan_id", "other_id", "decision", "left_out_id", "who", "at")
_PREDICTION_COLUMNS = (
    *("scan_id", "model_id", "plane", "probabilities", "confidence", "doubt", "words"),
    *("unfamiliarity", "made_at"),
)


def _code(patient: int) -> str:
    return f"P-{sha256(f'patient {patient}'.encode()).hexdigest()[:10]}-{patient}"


def _digest(scan: int) -> str:
    return sha256(f"scan {scan}".encode()).hexdigest()


def _bits(scan: int) -> str:
    return "7f" + sha256(f"bits {scan}".encode()).hexdigest()[2:]


def _at(second: int) -> datetime:
    return _FIRST + timedelta(seconds=second)


def _split_of(shape: Shape, scan: int) -> str | None:
    return shape.split(shape.patient(scan))


def _patients(shape: Shape) -> Iterator[Row]:
    for patient in range(shape.patient(shape.scans) + 1):
        yield _code(patient), True, shape.split(patient), _at(patient)


def _scans(shape: Shape) -> Iterator[Row]:
    for scan in range(1, shape.scans + 1):
        digest = _digest(scan)
        yield (
            scan, digest, f"S-{digest[:16]}", _digest(-scan), _digest(-scan - shape.scans),
            _code(shape.patient(scan)), "upload" if scan % 20 == 0 else "import", 160, 120,
            "[0, 0, 160, 120]", "Voluson E8", "{}", f"scans/{digest[:2]}/{digest}.png", WHO,
            _at(scan),
        )  # fmt: skip


def _annotations(shape: Shape) -> Iterator[Row]:
    number = 0
    for scan in range(1, shape.scans + 1):
        if not shape.labelled(scan):
            continue
        # Labelled since the last training, where the patient has no split yet.
        later = 2 * shape.scans if _split_of(shape, scan) is None else 0
        planes = [shape.plane(scan)]
        if scan % CHANGED_EVERY == 1:
            planes.insert(0, "other")
        for plane in planes:
            number += 1
            yield number, scan, plane, "label", "", WHO, _at(scan + later), None


def _fingerprints(shape: Shape) -> Iterator[Row]:
    for scan in range(1, shape.scans + 1):
        yield scan, scan, _bits(scan)


def _pairs(shape: Shape) -> Iterator[tuple[int, int]]:
    other = 2 * SCANS_OF_A_PATIENT
    for scan in range(ALIKE_EVERY * 2, shape.scans + 1, ALIKE_EVERY):
        if scan > other:
            yield scan, scan - other


def _lookalikes(shape: Shape) -> Iterator[Row]:
    for number, (one, other) in enumerate(_pairs(shape), start=1):
        yield number, one, other, 10, 0.9, _at(one)


def _decisions(shape: Shape) -> Iterator[Row]:
    decided = [pair for number, pair in enumerate(_pairs(shape)) if number % DECIDED_EVERY == 0]
    for number, (one, other) in enumerate(decided, start=1):
        kind = ("different", "different", "copy", "together")[number % 4]
        yield number, one, other, kind, one if kind == "copy" else None, WHO, _at(one)


def _predictions(scans: Iterable[int], model: int, shape: Shape) -> Iterator[Row]:
    for scan in scans:
        right = scan % 10 != model
        plane = shape.plane(scan) if right else "other"
        confidence = 0.5 + (scan * 7919 % 5000) / 10_000
        rest = (1 - confidence) / (len(PLANES) - 1)
        shares = [confidence if one.value == plane else rest for one in PLANES]
        doubt = ("sure", "sure", "sure", "check", "unknown")[scan * 31 % 5]
        yield (
            scan, model, plane, json.dumps(shares), confidence, doubt, "", 0.4, _at(scan),
        )  # fmt: skip
