"""What a retraining is planned from is followed, row by row, and stays what a fresh look gives."""

import numpy as np
import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from fetal.store import audit
from fetal.store.tables import UNUSABLE, Annotation, Lookalike, Patient, ScanRow
from fetal.workbench import Workbench
from fetal.workbench.annotations.review import annotate, note, undo
from fetal.workbench.datasets import label_index
from fetal.workbench.datasets.label_columns import Columns, read_columns
from fetal.workbench.datasets.label_reading import read_labels
from fetal.workbench.near_duplicates import decisions
from fetal.workbench.privacy.erasure import erase
from fetal.workbench.retraining import service
from fetal.workbench.retraining.plan import RetrainingPlan, plan_now
from tests.support.labelling import WHO, labelled_rows


@pytest.fixture
def workbench(each_workbench: Workbench) -> Workbench:
    labelled_rows(each_workbench)
    return each_workbench


def rows(columns: Columns) -> tuple[object, ...]:
    labels, codes = columns.labels, columns.patients.codes
    people = [codes[place] for place in labels.patient.tolist()]
    pairs = columns.pairs.scans.tolist()
    of_pairs = [[codes[place] for place in both] for both in columns.pairs.patients.tolist()]
    splits = dict(zip(codes, columns.splits.tolist(), strict=False))
    named = {code: splits[code] for code in {*people, *(code for one in of_pairs for code in one)}}
    told = (labels.scan.tolist(), labels.given.tolist(), labels.plane.tolist(), people)
    return *told, pairs, of_pairs, named


def followed(workbench: Workbench) -> Columns:
    """Return what the index tells, after making sure that a fresh look tells the same."""
    columns, known = read_labels(workbench)
    with workbench.store.reading() as session:
        assert rows(columns) == rows(read_columns(session))
        assert same_plan(plan_now(session, workbench.blobs, columns, known), session, workbench)
    return columns


def same_plan(plan: RetrainingPlan, session: Session, workbench: Workbench) -> bool:
    fresh = plan_now(session, workbench.blobs)
    return (plan.split_of(), plan.counts, plan.new, plan.held_back, plan.new_splits) == (
        fresh.split_of(), fresh.counts, fresh.new, fresh.held_back, fresh.new_splits,
    )  # fmt: skip


def numbers(workbench: Workbench) -> list[int]:
    with workbench.store.reading() as session:
        return list(session.scalars(select(ScanRow.id).order_by(ScanRow.id)))


def test_every_change_is_followed(workbench: Workbench) -> None:
    one, other, third, *_ = numbers(workbench)
    assert len(followed(workbench).labels.scan) == 36
    unusable = annotate(workbench, one, UNUSABLE, WHO)
    note(workbench, other, "blurred", WHO)
    assert len(followed(workbench).labels.scan) == 35
    undo(workbench, unusable, WHO)
    annotate(workbench, other, "cervix", "Bob")
    assert len(followed(workbench).labels.scan) == 36
    with workbench.store.session() as session:
        session.add(Lookalike(scan_id=third + 9, other_id=third, distance=3, similarity=0.9))
    followed(workbench)
    decisions.decide(workbench, (third + 9, third), decisions.TOGETHER, WHO)
    followed(workbench)
    service.cancel(workbench, service.start(workbench, WHO).id, WHO)
    assert (followed(workbench).splits >= 0).all()


def test_a_scan_that_goes_to_another_patient_or_is_erased_is_followed(workbench: Workbench) -> None:
    first, *_ = numbers(workbench)
    followed(workbench)
    with workbench.store.session() as session:
        scan = session.get_one(ScanRow, first)
        session.add(Patient(id="P-new", named=True))
        session.flush()
        audit.record(session, WHO, "refile", scan=scan.name, before=scan.patient_id, after="P-new")
        scan.patient_id = "P-new"
    followed(workbench)
    erase(workbench, "P-0003", WHO)
    assert len(followed(workbench).labels.scan) == 33


def test_very_many_changes_are_read_at_once(
    workbench: Workbench, monkeypatch: pytest.MonkeyPatch
) -> None:
    followed(workbench)
    monkeypatch.setattr(label_index, "_MOST_CHANGES", 2)
    for number in numbers(workbench)[:3]:
        annotate(workbench, number, "other", WHO)
    columns = followed(workbench)
    with workbench.store.reading() as session:
        newest = session.scalars(select(Annotation.id).order_by(Annotation.id.desc()).limit(3))
        assert set(np.sort(columns.labels.given)[-3:].tolist()) == set(newest)
