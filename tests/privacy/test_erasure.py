import pytest
from click.testing import CliRunner
from sqlalchemy import func, select

from fetal.cli import main
from fetal.jobs.register_model import register
from fetal.store import audit
from fetal.store.database import Store
from fetal.store.erasing import compaction
from fetal.store.table_base import Table
from fetal.store.tables import (
    Annotation,
    Fingerprint,
    LockedScan,
    Patient,
    PredictionRow,
    Run,
    ScanRow,
)
from fetal.workbench import Workbench
from fetal.workbench.annotations import review
from fetal.workbench.catalogue import scans
from fetal.workbench.ingest.upload import IngestOutcome, IngestResult, add_scans
from fetal.workbench.privacy import erasure
from fetal.workbench.privacy.snapshot_rewrite import TrainingGoesOnError
from tests.privacy.traces import everything_in
from tests.support.drawn import file
from tests.support.labelling import digests_of, label_scans
from tests.support.tiny_model import tiny_model
from tests.workbench.training_rows import ended_run

NOTE = "rare finding, seen in the left kidney"


def number_of(taken: IngestResult) -> int:
    assert taken.scan_id is not None
    return taken.scan_id


def two_scans(workbench: Workbench, patient: str, first: int) -> list[int]:
    files = [file(seed) for seed in (first, first + 1)]
    return [number_of(taken) for taken in add_scans(workbench, files, who="Ann", patient=patient)]


def count(workbench: Workbench, table: type[Table]) -> int:
    with workbench.store.reading() as session:
        return session.scalars(select(func.count()).select_from(table)).one()


def test_of_an_erased_patient_nothing_is_left_but_that_somebody_was_erased(
    workbench: Workbench,
) -> None:
    gone, stays = two_scans(workbench, "4711", 1), two_scans(workbench, "4712", 5)
    first = review.annotate(workbench, gone[0], "brain", "Ann", NOTE)
    review.undo(workbench, first, "Ann")
    review.annotate(workbench, stays[0], "femur", "Ann")
    with workbench.store.session() as session:
        session.add(LockedScan(scan_id=gone[0]))
        digests = list(session.scalars(select(ScanRow.digest).where(ScanRow.id.in_(gone))))
        looks = list(session.scalars(select(Fingerprint.bits).where(Fingerprint.scan_id.in_(gone))))
    patient = scans.scan(workbench, gone[0]).patient
    done = erasure.erase(workbench, patient, "Dora")
    assert (done.patient, done.scans, done.labels) == (patient, 2, 2)
    assert [count(workbench, table) for table in (Patient, ScanRow, Annotation)] == [1, 2, 1]
    assert [count(workbench, table) for table in (PredictionRow, LockedScan)] == [2, 0]
    assert scans.scan(workbench, stays[0]).label == "femur"
    with workbench.store.reading() as session:
        [line] = audit.entries(session, action="erase")
    assert (line.who, line.detail) == ("Dora", {"scans": 2, "labels": 2})
    workbench.close()
    kept = everything_in(workbench.workspace.folder)
    assert len(looks) == 2
    for trace in (patient, NOTE, *digests, *looks):
        assert trace.encode() not in kept


def test_lists_of_trainings_lose_the_erased_patient_and_no_other(workbench: Workbench) -> None:
    label_scans(workbench, patients=12)
    run = ended_run(workbench)
    runs = workbench.workspace.folder / "runs" / "7"
    runs.mkdir(parents=True)
    (runs / "job.json").write_text("frames of the patient")
    with workbench.store.reading() as session:
        before = len(workbench.blobs.get(session.get_one(Run, run).snapshot))
    patient = workbench.pseudonyms.patient("Patient00003")
    erasure.erase(workbench, patient, "Dora")
    with workbench.store.reading() as session:
        row = session.get_one(Run, run)
    kept = workbench.blobs.get(row.snapshot)
    assert 0 < len(kept) < before
    assert patient.encode() not in kept
    assert list(workbench.blobs.keys("snapshots")) == [row.snapshot]
    assert not (workbench.workspace.folder / "runs").exists()


def test_models_that_learnt_from_the_scans_are_named_and_stay(workbench: Workbench) -> None:
    label_scans(workbench, patients=12)
    run = ended_run(workbench)
    with workbench.store.reading() as session:
        row = session.get_one(Run, run)
    learnt = tiny_model(7, "learnt", tuple(digests_of(3)))
    register(workbench.store, learnt.folder, row)
    assert erasure.outlook(workbench, workbench.pseudonyms.patient("Patient00003")).models == (
        "learnt",
    )
    assert erasure.outlook(workbench, workbench.pseudonyms.patient("Patient00004")).models == ()


def test_one_scan_can_be_erased_alone_and_comes_back_when_it_is_brought_again(
    workbench: Workbench,
) -> None:
    one, other = two_scans(workbench, "4711", 1)
    name = scans.scan(workbench, one).name
    assert erasure.erase(workbench, name, "Dora").patient is None
    assert [view.id for view in scans.scans(workbench)] == [other]
    [taken] = add_scans(workbench, [file(1)], who="Ann", patient="4711")
    assert taken.outcome is IngestOutcome.ADDED


def test_an_erasure_that_was_killed_is_finished_by_the_next(
    workbench: Workbench, monkeypatch: pytest.MonkeyPatch
) -> None:
    two_scans(workbench, "4711", 1)
    patient = workbench.pseudonyms.patient("4711")

    class Killed(BaseException):
        pass

    def kill(*_args: object) -> None:
        raise Killed

    with monkeypatch.context() as patched:
        patched.setattr(erasure, "_delete_scans", kill)
        with pytest.raises(Killed):
            erasure.erase(workbench, patient, "Dora")
    assert list(workbench.blobs.keys("scans")) == []
    assert erasure.erase(workbench, patient, "Dora").scans == 2
    assert count(workbench, ScanRow) == 0


def test_an_unknown_code_is_told_without_being_repeated(workbench: Workbench) -> None:
    with pytest.raises(erasure.UnknownCodeError) as error:
        erasure.erase(workbench, "Doe^Jane", "Dora")
    assert "Doe" not in str(error.value)


def test_nothing_is_erased_under_a_training(workbench: Workbench) -> None:
    [one, _] = two_scans(workbench, "4711", 1)
    with workbench.store.session() as session:
        session.add(
            Run(status="queued", slot=1, settings={}, snapshot="", snapshot_counts={}, who="Ann")
        )
    with pytest.raises(TrainingGoesOnError):
        erasure.erase(workbench, scans.scan(workbench, one).patient, "Dora")
    assert len(list(workbench.blobs.keys("scans"))) == 2


def test_the_command_asks_for_an_identifier_that_it_does_not_show(workbench: Workbench) -> None:
    two_scans(workbench, "4711", 1)
    words = ["forget", "--identifier", "--workspace", str(workbench.workspace.folder)]
    refused = CliRunner().invoke(main, words, input="4711\nn\n")
    assert refused.exit_code == 1
    assert "Erase 2 scans and 0 labels and notes for ever?" in refused.output
    assert count(workbench, ScanRow) == 2
    done = CliRunner().invoke(main, [*words, "--yes"], input="4711\n")
    assert done.exit_code == 0
    assert "Erased 2 scans" in done.output
    assert "4711" not in done.output
    assert count(workbench, ScanRow) == 0


def test_the_command_renews_the_key(workbench: Workbench) -> None:
    two_scans(workbench, "4711", 1)
    words = ["key", "rotate", "--workspace", str(workbench.workspace.folder)]
    done = CliRunner().invoke(main, words)
    assert done.exit_code == 0, done.output
    assert "1 patient has a new code; 2 scans were carried over. This is key 2." in done.output


def test_while_people_work_the_file_is_written_anew_later(
    workbench: Workbench, monkeypatch: pytest.MonkeyPatch
) -> None:
    [taken, *_] = add_scans(workbench, [file(1), file(2)], who="Ann", patient="4711")
    code = scans.scan(workbench, number_of(taken)).patient
    written: list[Store] = []

    def compact(store: Store) -> bool:
        written.append(store)
        return True

    monkeypatch.setattr(Store, "compact", compact)
    monkeypatch.setattr(compaction, "QUIET_SECONDS", 600.0)
    add_scans(workbench, [file(3)], who="Ann")
    assert erasure.erase(workbench, code, "Ann").later
    # What was erased is overwritten all the same.
    assert code.removeprefix("P-").encode() not in everything_in(workbench.workspace.folder)
    assert not compaction.compact_if_quiet(workbench.store)
    assert not written
    monkeypatch.setattr(compaction, "QUIET_SECONDS", 0.0)
    assert compaction.compact_if_quiet(workbench.store)
    assert compaction.compact_if_quiet(workbench.store)
    assert len(written) == 1
