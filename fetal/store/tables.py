"""The tables: what the workspace remembers. Rows that record what a person did are only added."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, LargeBinary, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from fetal.store.lookalike_tables import Fingerprint as Fingerprint
from fetal.store.lookalike_tables import Lookalike as Lookalike
from fetal.store.lookalike_tables import LookalikeDecision as LookalikeDecision
from fetal.store.lookalike_tables import PendingComparison as PendingComparison
from fetal.store.table_base import NEVER_REUSED, Table, now, partial_index

SAMPLE = "sample"
"""The source of a simulated scan that came with the program; it never counts."""

NOTE = "note"
"""The kind of an annotation that leaves the label as it is."""

UNUSABLE = "unusable"
"""The label of a scan that shows no plane well enough; it trains nothing."""


class Patient(Table):
    """One patient, known by a keyed pseudonym only; `split` never changes once it is set."""

    __tablename__ = "patient"
    id: Mapped[str] = mapped_column(String(40), primary_key=True)
    named: Mapped[bool]
    """False for the one unknown patient that stands for a drop without names."""
    split: Mapped[str | None] = mapped_column(String(12))
    """train, validation or test; none until the patient's first labelled scan is split."""
    group_id: Mapped[int | None] = mapped_column(index=True)
    """The same number for all patients that people called one patient; None if it stands alone.

    It follows from the decisions that stand (`fetal.workbench.near_duplicates.groups`).
    """
    added_at: Mapped[datetime] = mapped_column(default=now)


class ScanRow(Table):
    """One frame as stored: blanked outside the sector, grey, lossless, named by its pixels."""

    __tablename__ = "scan"
    __table_args__ = (
        Index("scan_of_patient", "patient_id", "id"),
        partial_index("scan_of_cine", "cine", "frame", where="cine IS NOT NULL"),
        NEVER_REUSED,
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    digest: Mapped[str] = mapped_column(String(64), unique=True)
    name: Mapped[str] = mapped_column(String(40), unique=True)
    """What people see: `S-` and the start of the digest. File names can identify a patient."""
    picture_key: Mapped[str | None] = mapped_column(String(64), index=True)
    """Keyed hash of the decoded picture before it was masked; none in rows of an older program."""
    origin_digest: Mapped[str | None] = mapped_column(String(64), index=True)
    """Digest of the picture as it arrived, where a stored scan or a training list has it."""
    file_key: Mapped[str | None] = mapped_column(String(64), index=True)
    """Keyed hash of the original file name's stem, so that a label table can find its scan."""
    cine: Mapped[str | None] = mapped_column(String(64))
    """Keyed hash of the film that it is a frame of; none of stills and in rows of an older
    program."""
    frame: Mapped[int | None]
    """Its place in that film, from 0."""
    patient_id: Mapped[str] = mapped_column(ForeignKey("patient.id"))
    source: Mapped[str] = mapped_column(String(12))
    """upload, import or sample."""
    width: Mapped[int]
    height: Mapped[int]
    sector: Mapped[list[Any]]
    """left, top, right, bottom of the sector's box, in pixels."""
    machine: Mapped[str | None] = mapped_column(String(80))
    """The ultrasound machine in known words (`fetal.scans.deidentification.machines`)."""
    study: Mapped[str | None] = mapped_column(String(40), index=True)
    """The examination's pseudonym, where the file named one."""
    day: Mapped[int | None]
    """The examination's day, moved by a secret number of days that is the patient's own."""
    facts: Mapped[dict[str, Any]] = mapped_column(default=dict, server_default="{}")
    """What else is allowed of the file's tags (`fetal.scans.dicom.allowlist`), by name."""
    blob: Mapped[str] = mapped_column(String(200))
    added_by: Mapped[str] = mapped_column(String(80))
    added_at: Mapped[datetime] = mapped_column(default=now, index=True)


class ModelVersion(Table):
    """One model: where its bundle is, and where it came from."""

    __tablename__ = "model_version"
    __table_args__ = NEVER_REUSED
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(80), unique=True)
    digest: Mapped[str] = mapped_column(String(64), unique=True)
    location: Mapped[str] = mapped_column(String(200))
    """The prefix of its blobs; one that came with the program is copied there too."""
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("model_version.id"))
    # A model names its run and a run the model it started from: one of the two comes second.
    run_id: Mapped[int | None] = mapped_column(ForeignKey("run.id", use_alter=True))
    card: Mapped[dict[str, Any]]
    added_at: Mapped[datetime] = mapped_column(default=now)


class PredictionRow(Table):
    """What one model said of one scan."""

    __tablename__ = "prediction"
    __table_args__ = (
        UniqueConstraint("scan_id", "model_id"),
        Index("prediction_of_model", "model_id", "scan_id"),
        NEVER_REUSED,
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    scan_id: Mapped[int] = mapped_column(ForeignKey("scan.id"))
    model_id: Mapped[int] = mapped_column(ForeignKey("model_version.id"))
    plane: Mapped[str] = mapped_column(String(12))
    probabilities: Mapped[list[Any]]
    """Calibrated, in the order of `fetal.planes.PLANES`."""
    confidence: Mapped[float]
    doubt: Mapped[str] = mapped_column(String(12), default="sure", server_default="sure")
    """sure, check, or unknown for what is no plane that the model knows."""
    words: Mapped[str] = mapped_column(String(200), default="", server_default="")
    """The doubt in the words of its time; empty where an older program made the row."""
    unfamiliarity: Mapped[float | None]
    """1 where unknown begins, 0 where the model cannot tell; none in rows of an older program."""
    second_opinion: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    """`fetal.predict.SecondOpinion` as plain values; none where the model has no second reader."""
    made_at: Mapped[datetime] = mapped_column(default=now)
    heat: Mapped[bytes | None] = mapped_column(LargeBinary, deferred=True)
    """Grad-CAM of every plane (`fetal.predict.KeptHeat`); none in rows of an older program."""


class Annotation(Table):
    """One person's label for one scan, or a note, or an undo, which is a row of its own.

    The newest row of a scan tells its whole state: its label, its note, and who gave the label.
    """

    __tablename__ = "annotation"
    __table_args__ = (
        Index("annotation_order", "scan_id", "id"),
        Index("annotation_by_person", "who", "id"),
        partial_index("annotation_done", "at", "id", where="kind NOT IN ('undo', 'import')"),
        partial_index("annotation_overriding", "at", where="overrides_id IS NOT NULL"),
        partial_index("annotation_in_queue", "queue_id", "who", where="queue_id IS NOT NULL"),
        partial_index("annotation_in_batch", "batch_id", "who", where="batch_id IS NOT NULL"),
        # Of each row that an erasure removes, the database asks who else names it.
        partial_index("annotation_standing", "stands_id", where="stands_id IS NOT NULL"),
        partial_index("annotation_overrides", "overrides_id", where="overrides_id IS NOT NULL"),
        NEVER_REUSED,
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    scan_id: Mapped[int] = mapped_column(ForeignKey("scan.id"))
    label: Mapped[str | None] = mapped_column(String(12))
    """A plane, `unusable`, or none where an undo leaves the scan without a label."""
    kind: Mapped[str] = mapped_column(String(12))
    """accept, correct, label, import, note or undo."""
    note: Mapped[str] = mapped_column(String(2000), default="")
    who: Mapped[str] = mapped_column(String(80))
    at: Mapped[datetime] = mapped_column(default=now, index=True)
    model_id: Mapped[int | None] = mapped_column(ForeignKey("model_version.id"))
    """The model whose opinion the person saw."""
    undoes_id: Mapped[int | None] = mapped_column(ForeignKey("annotation.id"), unique=True)
    stands_id: Mapped[int | None] = mapped_column(ForeignKey("annotation.id"))
    """Of a note or an undo: the earlier row whose label stands after it; none if none does."""
    overrides_id: Mapped[int | None] = mapped_column(ForeignKey("annotation.id"))
    """Another person's label that this one replaced without its giver having seen it."""
    given_by: Mapped[str | None] = mapped_column(String(80))
    """Of an imported label: who gave it, as the table says; `who` is the person who imported."""
    given_at: Mapped[datetime | None]
    """Of an imported label: when it was given, as the table says."""
    queue_id: Mapped[int | None]
    """The reading queue in which it was given."""
    batch_id: Mapped[str | None] = mapped_column(String(32))
    """What was given, or taken back, for many scans at once has one batch."""


class Reservation(Table):
    """A scan that a person is looking at, so that nobody else is handed it meanwhile."""

    __tablename__ = "reservation"
    scan_id: Mapped[int] = mapped_column(ForeignKey("scan.id"), primary_key=True)
    who: Mapped[str] = mapped_column(String(80))
    token: Mapped[str] = mapped_column(String(64), index=True)
    """Which browser session holds it: one person may have two."""
    until: Mapped[datetime] = mapped_column(index=True)


class Run(Table):
    """One retraining, from the click to the new model."""

    __tablename__ = "run"
    # One job at a time, whoever clicks and however often: only one row may hold the slot.
    __table_args__ = (UniqueConstraint("slot"), NEVER_REUSED)
    id: Mapped[int] = mapped_column(primary_key=True)
    status: Mapped[str] = mapped_column(String(12), index=True)
    """queued, running, done, failed or cancelled."""
    slot: Mapped[int | None]
    """1 while queued or running, else none."""
    settings: Mapped[dict[str, Any]]
    snapshot: Mapped[str] = mapped_column(String(200))
    """The blob that holds the frozen list of scans and labels."""
    snapshot_counts: Mapped[dict[str, Any]]
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("model_version.id"))
    who: Mapped[str] = mapped_column(String(80))
    asked_at: Mapped[datetime] = mapped_column(default=now)
    started_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    heartbeat_at: Mapped[datetime | None]
    cancel_asked: Mapped[bool] = mapped_column(default=False)
    priority: Mapped[int] = mapped_column(default=0, server_default="0")
    """Of those that wait, the one with the largest comes first."""
    attempts: Mapped[int] = mapped_column(default=0)
    worker: Mapped[str | None] = mapped_column(String(120))
    device: Mapped[str | None] = mapped_column(String(80))
    reason: Mapped[str | None] = mapped_column(String(2000))
    progress: Mapped[dict[str, Any]] = mapped_column(default=dict)
    """The newest step event, for the progress bar."""


class RunEvent(Table):
    """One line of a run's log or one point of its curves."""

    __tablename__ = "run_event"
    __table_args__ = (Index("run_event_order", "run_id", "id"), NEVER_REUSED)
    id: Mapped[int] = mapped_column(primary_key=True)
    run_id: Mapped[int] = mapped_column(ForeignKey("run.id"))
    at: Mapped[datetime] = mapped_column(default=now)
    kind: Mapped[str] = mapped_column(String(12))
    """log, stage or epoch; lost, killed or again where the run was interrupted."""
    payload: Mapped[dict[str, Any]]


class Promotion(Table):
    """Which model predicts from when on; the newest row names the champion."""

    __tablename__ = "promotion"
    __table_args__ = NEVER_REUSED
    id: Mapped[int] = mapped_column(primary_key=True)
    model_id: Mapped[int] = mapped_column(ForeignKey("model_version.id"))
    previous_id: Mapped[int | None] = mapped_column(ForeignKey("model_version.id"))
    kind: Mapped[str] = mapped_column(String(12))
    """shipped, promote or rollback."""
    who: Mapped[str] = mapped_column(String(80))
    at: Mapped[datetime] = mapped_column(default=now)


class LockedScan(Table):
    """A scan that was in the locked test set at some time; the row stays when the scan leaves."""

    __tablename__ = "locked_scan"
    scan_id: Mapped[int] = mapped_column(ForeignKey("scan.id"), primary_key=True)
    joined_at: Mapped[datetime] = mapped_column(default=now)


class WorkerRow(Table):
    """A worker that is alive, by the database's clock; it deletes its row when it ends."""

    __tablename__ = "worker"
    name: Mapped[str] = mapped_column(String(120), primary_key=True)
    device: Mapped[str] = mapped_column(String(80))
    seen_at: Mapped[datetime]


class Audit(Table):
    """Who did what, beyond what the other tables already say: imports, exports, cancels."""

    __tablename__ = "audit"
    __table_args__ = (Index("audit_by_person", "who", "action", "at"), NEVER_REUSED)
    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(default=now, index=True)
    who: Mapped[str] = mapped_column(String(80))
    action: Mapped[str] = mapped_column(String(40))
    detail: Mapped[dict[str, Any]] = mapped_column(default=dict)


class Fact(Table):
    """What is true of the workspace as a whole, such as which key its pseudonyms are made with."""

    __tablename__ = "fact"
    name: Mapped[str] = mapped_column(String(40), primary_key=True)
    value: Mapped[str] = mapped_column(String(200))
