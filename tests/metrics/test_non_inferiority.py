"""The gate lets pass what was shown to be harmless, and says what it does not know."""

import pytest

from fetal.metrics import Interval, Verdict, judge


@pytest.mark.parametrize(
    ("low", "high", "verdict", "words"),
    [
        (0.001, 0.05, Verdict.BETTER, "is better"),
        (0.0, 0.05, Verdict.NOT_WORSE, "is not worse by more than 1 point"),
        (-0.0099, 0.01, Verdict.NOT_WORSE, "is not worse by more than 1 point"),
        (
            -0.009,
            -0.001,
            Verdict.NOT_WORSE,
            "is slightly worse, but not worse by more than 1 point",
        ),
        (-0.05, -0.001, Verdict.WORSE, "is worse"),
        (
            -0.01,
            0.04,
            Verdict.WORSE,
            "could be worse by more than 1 point: too few scans to tell",
        ),
    ],
)
def test_the_interval_decides(low: float, high: float, verdict: Verdict, words: str) -> None:
    judgement = judge(Interval((low + high) / 2, low, high))
    assert (judgement.verdict, judgement.words) == (verdict, words)


def test_another_margin_is_stated_in_the_words() -> None:
    judgement = judge(Interval(0.0, -0.015, 0.015), margin=0.02)
    assert judgement.words == "is not worse by more than 2 points"


def test_a_negative_margin_is_refused() -> None:
    with pytest.raises(ValueError, match="0 or more"):
        judge(Interval(0, 0, 0), margin=-0.01)
