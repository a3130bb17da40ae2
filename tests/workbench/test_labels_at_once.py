"""Eight people label, write notes and take back at once, on both databases: nothing is lost."""

import multiprocessing
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial

import pytest
from sqlalchemy import func, select

from fetal.store import audit
from fetal.store.tables import Annotation, Audit, LockedScan
from fetal.store.workspace import Workspace
from fetal.workbench import Workbench, open_workbench
from fetal.workbench.annotations import review
from fetal.workbench.annotations.review import UndoError
from fetal.workbench.catalogue import scans
from fetal.workbench.catalogue.scans import UnknownScanError
from fetal.workbench.datasets.test_set import take_stock
from fetal.workbench.ingest.upload import IngestOutcome, add_scans
from fetal.workbench.privacy import erasure
from tests.support.at_once import CALLERS, at_once, raised
from tests.support.drawn import file
from tests.support.labelling import keep_apart
from tests.workbench.conftest import number_of

EACH = 6


@pytest.fixture
def scan(each_workbench: Workbench) -> int:
    [taken] = add_scans(each_workbench, [file(1)], who="Ann", patient="4711")
    return number_of(taken)


def history(workbench: Workbench, scan: int) -> Sequence[Annotation]:
    with workbench.store.reading() as session:
        rows = select(Annotation).where(Annotation.scan_id == scan).order_by(Annotation.id)
        return session.scalars(rows).all()


def work(workbench: Workbench, scan: int, caller: int) -> None:
    """Label or write notes, again and again."""
    for turn in range(EACH):
        if caller % 2:
            review.annotate(workbench, scan, "brain" if turn % 2 else "femur", f"reader {caller}")
        else:
            review.note(workbench, scan, f"note {turn} of {caller}", f"reader {caller}")


def bring(workbench: Workbench) -> list[IngestOutcome]:
    """Bring the same four scans as everybody else."""
    files = [file(seed) for seed in range(1, 5)]
    return [taken.outcome for taken in add_scans(workbench, files, who="Ann", patient="4711")]


def work_in_a_process(workspace: Workspace, scan: int, caller: int) -> list[IngestOutcome]:
    workbench = open_workbench(workspace)
    work(workbench, scan, caller)
    brought = bring(workbench)
    workbench.close()
    return brought


def check_history(rows: Sequence[Annotation], callers: int) -> None:
    """Every row is there, and each goes on from the one before it."""
    assert len(rows) == callers * EACH
    label: str | None = None
    note = ""
    for row in rows:
        if row.kind == "note":
            assert row.label == label
        else:
            assert row.note == note
        label, note = row.label, row.note


def test_notes_beside_labels_lose_and_revert_nothing(each_workbench: Workbench, scan: int) -> None:
    calls = [lambda caller=caller: work(each_workbench, scan, caller) for caller in range(CALLERS)]
    assert raised(at_once(calls)) == []
    check_history(history(each_workbench, scan), CALLERS)


def test_notes_beside_labels_of_other_processes_lose_and_revert_nothing(
    each_workbench: Workbench, scan: int
) -> None:
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(2, mp_context=context) as pool:
        others = [
            pool.submit(work_in_a_process, each_workbench.workspace, scan, caller)
            for caller in (0, 1)
        ]
        work(each_workbench, scan, 2)
        brought = [*bring(each_workbench), *(one for other in others for one in other.result())]
    check_history(history(each_workbench, scan), 3)
    assert brought.count(IngestOutcome.ADDED) == 3
    assert brought.count(IngestOutcome.ALREADY_THERE) == 9
    assert scans.count(each_workbench) == 4


def test_one_label_is_taken_back_once(each_workbench: Workbench, scan: int) -> None:
    given = review.annotate(each_workbench, scan, "brain", "Ann")
    results = at_once([lambda: review.undo(each_workbench, given, "Ann")] * CALLERS)
    assert len(raised(results)) == CALLERS - 1
    assert all(isinstance(error, UndoError) for error in raised(results))
    assert [row.kind for row in history(each_workbench, scan)][1:] == ["undo"]


def test_many_undos_at_once_take_back_one_step_each(each_workbench: Workbench, scan: int) -> None:
    for label in ("brain", "femur", "thorax"):
        review.annotate(each_workbench, scan, label, "Ann")
    results = at_once([lambda: review.undo_last(each_workbench, "Ann")] * CALLERS)
    assert raised(results) == []
    assert results.count(None) == CALLERS - 3
    assert scans.scan(each_workbench, scan).label is None


def test_a_scan_that_is_erased_under_labels_is_gone_and_the_others_are_told(
    each_workbench: Workbench, scan: int
) -> None:
    name = scans.scan(each_workbench, scan).name

    def erase() -> erasure.Erasure:
        return erasure.erase(each_workbench, name, "Ann")

    calls = [
        lambda caller=caller: work(each_workbench, scan, caller) for caller in range(CALLERS - 1)
    ]
    results = at_once([*calls, erase])
    assert all(isinstance(error, UnknownScanError) for error in raised(results))
    assert history(each_workbench, scan) == []
    # Numbers never come back, so they tell how many rows there were.
    [taken] = add_scans(each_workbench, [file(2)], who="Ann")
    review.annotate(each_workbench, number_of(taken), "brain", "A")
    with each_workbench.store.reading() as session:
        assert results[-1].labels == session.scalars(select(func.max(Annotation.id))).one() - 1
        [line] = audit.entries(session, action="erase")
    assert line.detail == {"scans": 1, "labels": results[-1].labels}


def test_the_test_set_grows_while_labels_come_in(each_workbench: Workbench, scan: int) -> None:
    review.annotate(each_workbench, scan, "brain", "Ann")
    keep_apart(each_workbench, 1)

    def label_and_look() -> int:
        review.annotate(each_workbench, scan, "femur", "Ann")
        return len(take_stock(each_workbench).scans)

    assert at_once([label_and_look] * CALLERS) == [1] * CALLERS
    with each_workbench.store.reading() as session:
        assert session.scalars(select(LockedScan.scan_id)).all() == [scan]


def test_every_line_of_the_audit_trail_is_kept(each_workbench: Workbench) -> None:
    def write(caller: int) -> None:
        for _ in range(EACH):
            with each_workbench.store.session() as session:
                audit.record(session, f"reader {caller}", "look")

    assert raised(at_once([partial(write, one) for one in range(CALLERS)])) == []
    with each_workbench.store.reading() as session:
        lines = select(func.count(Audit.id)).where(Audit.action == "look")
        assert session.scalar(lines) == CALLERS * EACH
