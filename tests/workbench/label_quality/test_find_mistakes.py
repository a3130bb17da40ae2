from collections.abc import Collection, Sequence

import numpy as np
import pytest
from sqlalchemy import func, select

from fetal.store.labelling.labelling_tables import ListedScan, ScanFeature
from fetal.store.states import CheckKind, RunState
from fetal.store.table_base import Table
from fetal.store.tables import Patient, ScanRow
from fetal.workbench import Workbench
from fetal.workbench.annotations import review
from fetal.workbench.label_quality import check_requests, suspects
from fetal.workbench.label_quality.feature_network import feature_network
from fetal.workbench.label_quality.stored_features import (
    every_scan,
    read_features,
    without_features,
)
from fetal.workbench.models import promotion
from fetal.workbench.privacy import erasure
from tests.support.labelling import add_version, keep_apart, label_scans
from tests.support.tiny_model import tiny_model

WHO = "Ben"


@pytest.fixture
def labelled(workbench: Workbench) -> list[int]:
    """36 labelled scans of noise, on which every label is as good as any other."""
    return label_scans(workbench)


def count(workbench: Workbench, table: type[Table]) -> int:
    with workbench.store.reading() as session:
        return session.scalars(select(func.count()).select_from(table)).one()


def checked(workbench: Workbench) -> check_requests.CheckView:
    return check_requests.check_now(workbench, CheckKind.MISTAKES, WHO)


def test_doubted_labels_are_listed_and_what_a_person_keeps_is_not_listed_again(
    workbench: Workbench, labelled: list[int]
) -> None:
    done = checked(workbench)
    assert done.status is RunState.DONE, done.reason
    assert done.result["scans"] == len(labelled)
    found = suspects.suspects(workbench, done.id, most=100)
    assert suspects.count_suspects(workbench, done.id) == len(found) > 2
    assert all(one.label != one.opinion for one in found)
    assert [one.quality for one in found] == sorted(one.quality for one in found)

    kept, changed = found[:2]
    suspects.settle(workbench, kept, kept.label, WHO)
    given = suspects.settle(workbench, changed, changed.opinion, WHO)
    after = suspects.suspects(workbench, done.id, most=100)
    assert [one.scan.id for one in after] == [one.scan.id for one in found]
    assert [one.settled for one in after] == [True, True] + [False] * (len(found) - 2)
    assert suspects.waiting_scans(workbench, done.id) == [one.scan.id for one in found[2:]]
    assert after[1].scan.label == changed.opinion.value
    assert after[1].scan.labelled_by == WHO

    review.undo(workbench, given.annotation_id, WHO)
    assert suspects.waiting_scans(workbench, done.id)[0] == changed.scan.id
    again = suspects.suspects(workbench, checked(workbench).id, most=100)
    assert kept.scan.id not in {one.scan.id for one in again}


def test_features_are_computed_once_and_go_with_their_scan(
    workbench: Workbench, labelled: list[int]
) -> None:
    checked(workbench)
    network = feature_network(workbench)
    assert without_features(workbench, network, labelled) == []
    assert every_scan(workbench) == labelled
    with workbench.store.reading() as session:
        there, values = read_features(session, network, labelled[::-1])
    assert there.tolist() == labelled[::-1]
    assert values.dtype == np.float16
    [one] = suspects.suspects(workbench, 1, most=1)
    erasure.erase(workbench, one.scan.patient, WHO)
    assert count(workbench, ScanFeature) == len(labelled) - 3
    assert suspects.count_suspects(workbench, 1) == count(workbench, ListedScan)
    assert one.scan.id not in suspects.waiting_scans(workbench, 1)


def test_the_network_is_the_one_that_has_learnt_from_fewest_of_the_scans(
    workbench: Workbench, labelled: list[int]
) -> None:
    shipped = feature_network(workbench)
    learnt = tuple(row.digest for row in digests(workbench, labelled))
    challenger = add_version(workbench, tiny_model(2, "heir", learnt))
    promotion.promote(workbench, challenger, WHO)
    assert workbench.champion().version.id == challenger
    assert feature_network(workbench) == shipped
    assert shipped.learnt == 0


def digests(workbench: Workbench, numbers: Collection[int]) -> Sequence[ScanRow]:
    with workbench.store.reading() as session:
        return session.scalars(select(ScanRow).where(ScanRow.id.in_(numbers))).all()


def test_scans_that_are_locked_away_are_judged_and_marked(
    workbench: Workbench, labelled: list[int]
) -> None:
    keep_apart(workbench, 4)
    found = suspects.suspects(workbench, checked(workbench).id, most=100)
    with workbench.store.reading() as session:
        locked = set(session.scalars(select(Patient.id).where(Patient.split == "test")))
    assert {one.scan.patient for one in found if one.held_out} == {
        one.scan.patient for one in found if one.scan.patient in locked
    }
    assert {one.held_out for one in found} == {True, False}


def test_labels_of_the_locked_away_alone_teach_nothing(
    workbench: Workbench, labelled: list[int]
) -> None:
    keep_apart(workbench, 11)
    done = checked(workbench)
    assert done.status is RunState.FAILED
    assert done.reason is not None
    assert "at least two patients and two planes; received 1 patients" in done.reason


def test_too_few_labels_are_said_in_a_sentence(workbench: Workbench) -> None:
    done = checked(workbench)
    assert done.status is RunState.FAILED
    assert done.reason is not None
    assert "Label more" in done.reason


def test_one_job_of_a_kind_whoever_asks(workbench: Workbench) -> None:
    one = check_requests.ask_for_check(workbench, CheckKind.MISTAKES, WHO)
    assert check_requests.ask_for_check(workbench, CheckKind.MISTAKES, "Ann").id == one.id
    assert check_requests.cancel_check(workbench, one.id, WHO).status is RunState.CANCELLED
    assert check_requests.ask_for_check(workbench, CheckKind.MISTAKES, WHO).id != one.id
    with pytest.raises(check_requests.UnknownCheckError, match="number 99"):
        check_requests.check(workbench, 99)
