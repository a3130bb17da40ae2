from collections.abc import Generator, Iterator
from itertools import count

import numpy as np
import pytest
from numpy.typing import NDArray

from fetal.evaluation import FEW, Case, LabelledScan, Withstood, examine, withstand
from fetal.evaluation.corruptions import CORRUPTIONS
from fetal.planes import FETAL_PLANES, Plane
from fetal.predict import load_model
from fetal.prefetch import ahead
from fetal.progress import Progress
from fetal.scans import read_grey, read_scan
from tests.support.drawn import fan, file
from tests.support.tiny_model import tiny_model, tiny_model_that_knows_nothing

UNREADABLE = 7

Measured = tuple[list[Case], tuple[Withstood, ...], list[Progress]]
"""Cases, what they withstood, and what was told meanwhile."""


@pytest.fixture(scope="module")
def measured() -> Measured:
    """Every corruption of a few dozen drawn scans, one of which turns out to be blank."""
    model = load_model(tiny_model().folder)
    files = {
        scan.digest: one
        for one in map(file, range(FEW + 2))
        for scan in [read_scan(one.data, one.name)]
    }
    labelled = (
        LabelledScan(read_scan(one.data, one.name), FETAL_PLANES[place % 4], f"P{place // 2}", None)
        for place, one in enumerate(files.values())
    )
    cases = list(examine(model, labelled))
    blank = cases[UNREADABLE].digest
    reported: list[Progress] = []

    def picture(case: Case) -> NDArray[np.uint8]:
        if case.digest == blank:
            return np.zeros((120, 160), np.uint8)
        return read_grey(files[case.digest].data)

    return cases, withstand(model, cases, picture, reported.append), reported


def test_every_corruption_is_measured_in_pairs(measured: Measured) -> None:
    cases, found, reported = measured
    assert [one.name for one in found] == list(CORRUPTIONS)
    for one in found:
        assert one.scans + one.unread == len(cases)
        assert one.lost.low <= one.lost.value <= one.lost.high
    readable = [case.right for place, case in enumerate(cases) if place != UNREADABLE]
    darker = next(one for one in found if one.name == "darker")
    assert darker.lost.value == pytest.approx(np.mean(readable) - darker.accuracy.value)
    assert reported[-1] == Progress(len(cases), len(cases))


def test_what_cannot_be_read_any_more_is_counted_and_not_called_wrong(measured: Measured) -> None:
    _, found, _ = measured
    unread = {one.name: one.unread for one in found}
    assert unread["darker"] == 1
    assert unread["text and calipers"] == 0


def test_sure_errors_are_measured_and_strangeness_only_where_the_model_can_tell(
    measured: Measured,
) -> None:
    _, found, _ = measured
    assert all(one.told is None for one in found)
    assert all(one.sure_wrong and 0 <= one.sure_wrong.value <= 1 for one in found)
    model = load_model(tiny_model_that_knows_nothing().folder)
    scan = read_scan(file(1).data, "a.png")
    one_each = (LabelledScan(scan, Plane.BRAIN, f"P{number}") for number in range(FEW))
    cases = list(examine(model, one_each))
    blurred = next(
        one for one in withstand(model, cases, lambda case: fan(1)) if one.name == "blur"
    )
    # It is sure of nothing, and every changed scan is as strange as the others of its kind.
    assert blurred.sure_wrong is not None
    assert blurred.sure_wrong.value == 0
    assert blurred.told is not None
    assert blurred.told.value in (0, 0.5, 1)


def test_too_few_scans_are_not_measured() -> None:
    model = load_model(tiny_model().folder)
    scan = read_scan(file(1).data, "a.png")
    cases = list(examine(model, [LabelledScan(scan, Plane.BRAIN, "P1")] * (FEW - 1)))
    assert withstand(model, cases, lambda case: fan(1)) == ()


def test_work_ahead_keeps_the_order_and_goes_only_a_little_ahead() -> None:
    taken: list[int] = []

    def numbers() -> Iterator[int]:
        for number in count():
            taken.append(number)
            yield number

    results = ahead(lambda number: number * number, numbers(), workers=2)
    assert [next(results) for _ in range(4)] == [0, 1, 4, 9]
    assert isinstance(results, Generator)
    results.close()
    assert len(taken) <= 4 + 2


def test_an_error_in_work_ahead_reaches_who_takes_its_result() -> None:
    with pytest.raises(ZeroDivisionError):
        list(ahead(lambda number: 1 // number, [1, 0, 1]))
