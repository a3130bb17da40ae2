"""Jobs are listed, cancelled and tried again by those who may."""

from dataclasses import replace

import pytest

from fetal.jobs.batches.asked_for import ArchiveJob, begun_before, has_asked, write_asked
from fetal.jobs.batches.batch_lease import BatchLease, at_work
from fetal.jobs.batches.batch_queue import begin_batch, begin_rescoring
from fetal.jobs.batches.left_out_scans import set_scans_aside
from fetal.jobs.waiting_jobs import Rescoring, claim_rescoring, end_rescoring
from fetal.store.states import BatchKind, CheckKind, RunState
from fetal.store.tables import Promotion
from fetal.workbench import Workbench
from fetal.workbench.accounts.audit_trail import newest
from fetal.workbench.batches.batch_list import UnknownBatchError, batch_job, batch_jobs, set_aside
from fetal.workbench.batches.library_jobs import look_for_copies
from fetal.workbench.batches.steer_batches import CannotRepeatError, cancel_batch, repeat_batch
from fetal.workbench.catalogue import scans
from fetal.workbench.core.actor import Actor, NotPermittedError
from fetal.workbench.core.permissions import Role
from fetal.workbench.imports.import_run import import_folder
from fetal.workbench.label_quality.check_requests import ask_for_check
from tests.support.drawn import file


def test_an_import_is_a_job_with_what_it_refused(workbench: Workbench) -> None:
    bad = replace(file(2, "brain/bad.png"), data=b"no picture")
    import_folder(workbench, [file(1, "brain/a.png"), bad], "Ann")
    [job] = batch_jobs(workbench)
    assert (job.status, job.who, job.kind) == (RunState.DONE, "Ann", BatchKind.IMPORT)
    assert (job.progress.done, job.progress.total, job.progress.refused) == (2, 2, 1)
    [one] = set_aside(workbench, job.name)
    assert (one.place, one.scan) == (2, None)
    assert one.sentence.startswith("Expected")
    assert "bad" not in one.sentence
    with pytest.raises(CannotRepeatError, match="is done"):
        repeat_batch(workbench, job.name, "Ann")


def test_a_stopped_import_is_given_again_where_it_was_given(workbench: Workbench) -> None:
    import_folder(workbench, [file(1, "brain/a.png")], "Ann", stop=lambda: True)
    [job] = batch_jobs(workbench)
    assert job.status is RunState.CANCELLED
    with pytest.raises(CannotRepeatError, match="already there"):
        repeat_batch(workbench, job.name, "Ann")


def test_label_checks_are_listed_cancelled_and_asked_for_again(workbench: Workbench) -> None:
    ask_for_check(workbench, CheckKind.MISTAKES, "Ann")
    [job] = batch_jobs(workbench)
    assert (job.name, job.status, job.may_repeat) == ("check-1", RunState.QUEUED, False)
    assert cancel_batch(workbench, "check-1", "Ann").status is RunState.CANCELLED
    assert repeat_batch(workbench, "check-1", "Ann").name == "check-2"


def test_a_search_that_failed_waits_for_a_worker_and_only_once(workbench: Workbench) -> None:
    with pytest.raises(RuntimeError), at_work(begin_look(workbench)):
        raise RuntimeError
    job = batch_job(workbench, "1")
    assert job.may_repeat
    assert job.reason is not None
    assert "log" in job.reason
    assert repeat_batch(workbench, "1", "Ann").status is RunState.QUEUED
    with pytest.raises(CannotRepeatError, match="is queued"):
        repeat_batch(workbench, "1", "Ann")
    # The command takes up what waits, under the same number.
    assert look_for_copies(workbench, "Ben") == 0
    assert [(one.name, one.status) for one in batch_jobs(workbench)] == [("1", RunState.DONE)]


def begin_look(workbench: Workbench) -> BatchLease:
    kind = BatchKind.LOOKALIKES
    return begin_batch(workbench.store, kind, "Look", "Ann", slot=str(kind))


def test_what_follows_a_promotion_is_tried_again_while_its_model_predicts(
    workbench: Workbench, five_scans: list[int]
) -> None:
    first = promote(workbench)
    with at_work(begin_rescoring(workbench.store, first, "worker")) as lease:
        set_scans_aside(lease, [scans.scan(workbench, five_scans[0]).name])
        lease.end_as(RunState.FAILED, "It failed.")
    end_rescoring(workbench.store, first)
    assert claim_rescoring(workbench.store, "worker") is None
    [one] = set_aside(workbench, "1")
    assert one.scan == scans.scan(workbench, five_scans[0]).name
    repeat_batch(workbench, "1", "Ann")
    assert claim_rescoring(workbench.store, "worker") == first
    # Another promotion comes first: the older job is over, and cannot be tried again.
    second = promote(workbench)
    begin_rescoring(workbench.store, second, "worker")
    assert batch_job(workbench, "1").status is RunState.CANCELLED
    with pytest.raises(CannotRepeatError, match="Another model"):
        repeat_batch(workbench, "1", "Ann")


def promote(workbench: Workbench) -> Rescoring:
    with workbench.store.session() as session:
        session.add(Promotion(model_id=1, kind="promote", who="Ann"))
    claimed = claim_rescoring(workbench.store, "worker")
    assert claimed is not None
    return claimed


def test_a_reader_neither_sees_jobs_nor_stops_them(workbench: Workbench) -> None:
    begin_look(workbench)
    reader = workbench.acting_as(Actor.with_roles("Rea", 1, [Role.READER]))
    for act in (
        lambda: batch_jobs(reader),
        lambda: batch_job(reader, "1"),
        lambda: set_aside(reader, "1"),
        lambda: cancel_batch(reader, "1", "Rea"),
        lambda: repeat_batch(reader, "1", "Rea"),
    ):
        with pytest.raises(NotPermittedError):
            act()
    trainer = workbench.acting_as(Actor.with_roles("Tom", 2, [Role.TRAINER]))
    assert cancel_batch(trainer, "1", "").cancelling
    told = [(one.kind, one.who) for one in newest(workbench)]
    assert ("job cancelled", "Tom") in told
    with pytest.raises(UnknownBatchError):
        cancel_batch(trainer, "seven", "")


def test_what_an_archive_was_asked_for_lies_beside_the_workspace(workbench: Workbench) -> None:
    place = workbench.workspace
    job = ArchiveJob("/data/Jane Doe", "/data/results.parquet")
    write_asked(place, 3, job)
    assert "Jane" not in job.title
    assert "Jane" not in job.slot
    assert begun_before(place, replace(job, workers=4, price=2.0)) == 3
    assert begun_before(place, replace(job, source="/data/other")) is None
    write_asked(place, 4, ArchiveJob("https://ana:secret@pacs/instances", "/data/x.parquet"))
    assert not has_asked(place, 4)
