"""Sure errors, counted by kind."""

import pytest

from fetal.metrics.selection.sure_errors import sure_errors


def test_only_errors_that_it_was_sure_of_count() -> None:
    kinds = ["cord"] * 4 + ["head"] * 2
    sure = [True, True, False, False, True, True]
    right = [False, True, False, True, True, True]
    cord, head = sure_errors(kinds, sure, right, ["a", "b", "c", "d", "e", "e"])
    assert (cord.kind, cord.scans, cord.patients, cord.sure, cord.wrong) == ("cord", 4, 4, 2, 1)
    assert cord.rate.value == 0.25
    assert (head.kind, head.wrong, head.patients) == ("head", 0, 1)


def test_none_seen_is_not_none_possible() -> None:
    [row] = sure_errors(["head"] * 60, [True] * 60, [True] * 60, [f"P{n // 2}" for n in range(60)])
    # 3 of 30 patients, not 3 of 60 scans.
    assert row.rate.low == 0
    assert row.rate.high == pytest.approx(0.1)


def test_lengths_that_differ_are_refused() -> None:
    with pytest.raises(ValueError, match="received 1, 2, 1 and 1"):
        sure_errors(["head"], [True, True], [True], ["a"])
