"""No list, count or filter reads a whole table: SQLite says how it would answer each question."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from io import StringIO
from typing import Any, get_args

import pytest
from sqlalchemy import delete, event

from fetal.store.table_base import now
from fetal.store.tables import Annotation
from fetal.store.workspace import Workspace
from fetal.workbench import Workbench, open_workbench
from fetal.workbench.annotations import conflicts, history, review
from fetal.workbench.catalogue import exports, scan_table, scans
from fetal.workbench.catalogue.scan_figures import figures
from fetal.workbench.catalogue.scans import ScanFilter
from fetal.workbench.examinations import cine_frames, patient_record
from fetal.workbench.reading_queues import first_waiting, queues, reservations
from fetal.workbench.reading_queues.reservations import Reader
from tests.support.labelling import WHO, labelled_rows
from tests.support.tiny_model import tiny_model

SMALL = ("scan_count", "patient_count", "promotion", "model_version", "fact", "CONSTANT")
"""What may be read whole: a few rows, or the counts of patients by index."""

NEWEST = ScanFilter(limit=24)
READER = Reader(WHO, "token")


def narrowed(**chosen: Any) -> ScanFilter:
    return ScanFilter(limit=24, **chosen)


def after_the_first(workbench: Workbench, **chosen: Any) -> ScanFilter:
    first = scans.scans(workbench, ScanFilter(limit=1))[0]
    return narrowed(after=(first.added_at, first.id), **chosen)


def handed_out(order: queues.ReadingOrder, workbench: Workbench, **chosen: Any) -> None:
    some = ScanFilter(planes=("brain", "femur"), sources=("upload",), **chosen)
    reservations.upcoming(workbench, [1], 6, queues.passing(workbench, "some", some, order))


def handed_out_of_many_between_dates(workbench: Workbench) -> None:
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(first_waiting, "SORTED_AT_MOST", 0)
        handed_out("doubt", workbench, since=datetime(2020, 1, 1, tzinfo=UTC))


QUESTIONS: Mapping[str, Callable[[Workbench], object]] = {
    "newest": lambda workbench: scans.scans(workbench, NEWEST),
    "oldest": lambda workbench: scans.scans(workbench, narrowed(order="oldest")),
    "next page": lambda workbench: scans.scans(workbench, after_the_first(workbench)),
    "labelled": lambda workbench: scans.scans(workbench, narrowed(reviewed=True)),
    "labelled, next page": lambda workbench: scans.scans(
        workbench, after_the_first(workbench, reviewed=True)
    ),
    "several filters": lambda workbench: scans.scans(
        workbench,
        narrowed(planes=("brain", "femur"), sources=("upload",), agreement=None, since=now()),
    ),
    "dates": lambda workbench: scans.scans(workbench, narrowed(since=now(), until=now())),
    "frames of a film": lambda workbench: cine_frames.cine_frames(
        workbench, replace(figures(workbench, [1])[1], cine="0")
    ),
    "scans of a patient": lambda workbench: patient_record.patient_record(
        workbench, scans.scan(workbench, 1).patient
    ),
    "one scan": lambda workbench: scans.scan(workbench, 1),
    "table": lambda workbench: scan_table.table(workbench, NEWEST),
    "count": scans.count,
    "count of a filter": lambda workbench: scans.count(workbench, ScanFilter(reviewed=False)),
    "count of dates": lambda workbench: scans.count(workbench, ScanFilter(since=now())),
    "count without some": lambda workbench: scans.count(workbench, ScanFilter(without=(1, 2))),
    "planes": scan_table.counts_per_plane,
    "planes of dates": lambda workbench: scan_table.counts_per_plane(
        workbench, ScanFilter(since=now())
    ),
    "patients": scan_table.counts_per_patient,
    "scan to label next": lambda workbench: review.next_scan(workbench, [1]),
    "how many are left": review.remaining,
    "handing out": lambda workbench: reservations.hand_out(workbench, READER, [1]),
    "handing out where person and model differ": lambda workbench: reservations.upcoming(
        workbench, [1], 1, queues.passing(workbench, "all", ScanFilter(), "disagreement")
    ),
    **{
        f"handing out by {order} of a filter": partial(handed_out, order)
        for order in get_args(queues.ReadingOrder)
    },
    "handing out between dates": handed_out_of_many_between_dates,
    "looking ahead": lambda workbench: reservations.upcoming(workbench, [1]),
    "who looks at what": lambda workbench: reservations.held_by_others(workbench, READER),
    "looking at one": lambda workbench: reservations.hold(workbench, 1, READER),
    "letting go": lambda workbench: reservations.release(workbench, READER),
    "label": lambda workbench: review.label(workbench, 1, "brain", WHO, seen=None),
    "note": lambda workbench: review.note(workbench, 1, "look again", WHO),
    "undo": lambda workbench: review.undo_last(workbench, WHO),
    "history": lambda workbench: history.history(workbench, 1),
    "done today": lambda workbench: history.today(workbench, most=50),
    "how much was done today": history.count_today,
    "replaced labels": lambda workbench: conflicts.untold(workbench, WHO),
    "export": lambda workbench: exports.write_labels(workbench, StringIO()),
    "export of a filter": lambda workbench: exports.write_labels(
        workbench, StringIO(), ScanFilter(reviewed=True), files=["a.png"]
    ),
}


@pytest.fixture(scope="module")
def stored(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workbench]:
    """An open workbench with a few scans."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("FETAL_MODEL", str(tiny_model().folder))
        workbench = open_workbench(Workspace.at(tmp_path_factory.mktemp("plans")))
        labelled_rows(workbench, patients=2)
        with workbench.store.session() as session:
            session.execute(delete(Annotation).where(Annotation.scan_id > 3))
        yield workbench
        workbench.close()


def plans(
    workbench: Workbench, ask: Callable[[Workbench], object]
) -> Iterator[tuple[str, list[str]]]:
    """How SQLite answers what a question asks, and the statements."""
    asked: list[tuple[str, Any]] = []

    def keep(_connection: Any, _cursor: Any, statement: str, values: Any, *_: Any) -> None:
        if re.match(r"\s*(SELECT|UPDATE|DELETE|WITH)\b", statement):
            asked.append((statement, values))

    event.listen(workbench.store.engine, "before_cursor_execute", keep)
    try:
        ask(workbench)
    finally:
        event.remove(workbench.store.engine, "before_cursor_execute", keep)
    with workbench.store.engine.connect() as connection:
        for statement, values in asked:
            rows = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values)
            yield statement, [row[3] for row in rows]


@pytest.mark.parametrize("question", QUESTIONS)
def test_no_question_reads_or_sorts_a_whole_table(stored: Workbench, question: str) -> None:
    found = list(plans(stored, QUESTIONS[question]))
    assert found
    for statement, steps in found:
        for step in steps:
            assert "TEMP B-TREE" not in step, (statement, steps)
            walked = re.match(r"SCAN (\w+)", step)
            ranged = "rowid>?" in step or "rowid<?" in step
            if ranged or (walked and not walked[1].startswith((*SMALL, "part"))):
                # An index that is walked in the order that is asked for ends at the limit.
                # The rows themselves lie in the order of their numbers.
                numbered = walked and f"ORDER BY {walked[1]}.number" in statement
                assert "INDEX" in step or ranged or numbered, (statement, steps)
                assert "LIMIT" in statement, (statement, steps)
