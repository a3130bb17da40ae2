import pytest

from fetal.store.states import CheckKind, RunState
from fetal.workbench import Workbench
from fetal.workbench.annotations import review
from fetal.workbench.ingest.upload import add_scans
from fetal.workbench.label_quality import check_requests, suspects
from tests.support.labelling import drop_of, label_scans
from tests.workbench.conftest import number_of

WHO = "Ben"


def ordered(workbench: Workbench) -> check_requests.CheckView:
    return check_requests.check_now(workbench, CheckKind.NEXT, WHO)


@pytest.fixture
def waiting(workbench: Workbench) -> list[int]:
    """Labelled scans, and six without a label; returns the numbers of the latter."""
    label_scans(workbench)
    return [
        number_of(taken)
        for patient in (90, 91)
        for taken in add_scans(workbench, drop_of(patient), who="Ann")
    ]


def test_scans_without_a_label_are_put_into_order_until_they_have_one(
    workbench: Workbench, waiting: list[int]
) -> None:
    done = ordered(workbench)
    assert done.status is RunState.DONE, done.reason
    listed = suspects.waiting_scans(workbench, done.id)
    assert sorted(listed) == waiting
    assert done.result["scans"] == 36
    assert "at least 40 labelled scans" in done.result["too_few"]
    review.annotate(workbench, listed[0], "brain", WHO)
    assert suspects.waiting_scans(workbench, done.id) == listed[1:]


def test_with_enough_labels_it_forecasts_what_more_would_bring(
    workbench: Workbench, waiting: list[int]
) -> None:
    for number in waiting[:5]:
        review.annotate(workbench, number, "brain", WHO)
    said = ordered(workbench).result
    assert [one["more"] for one in said["forecasts"]] == [25, 50, 100, 200]
    assert all(one["low"] <= one["value"] <= one["high"] for one in said["forecasts"])
    assert len(said["sizes"]) == len(said["right"]) > 3


def test_where_every_scan_has_a_label_that_is_said(workbench: Workbench) -> None:
    label_scans(workbench)
    done = ordered(workbench)
    assert done.status is RunState.FAILED
    assert done.reason is not None
    assert "Every scan has a label" in done.reason
