"""The gate: may a challenger take the champion's place?"""

from dataclasses import dataclass
from enum import StrEnum

from fetal.metrics.interval import Interval

MARGIN = 0.01
"""The loss of accuracy that is taken as no loss: 1 percentage point, 1 scan of 100."""


class Verdict(StrEnum):
    """What a comparison allows to be said of a challenger."""

    BETTER = "better"
    NOT_WORSE = "not worse"
    WORSE = "worse"


@dataclass(frozen=True)
class Judgement:
    """A verdict, and what it rests on.

    Attributes:
        verdict: BETTER, NOT_WORSE or WORSE.
        difference: The challenger's accuracy less the champion's, as a share, with its interval.
        margin: The loss that counts as none, as a share.
    """

    verdict: Verdict
    difference: Interval
    margin: float

    @property
    def certain(self) -> bool:
        """Whether the interval leaves 0 to one side: better for sure, or worse for sure."""
        return self.difference.low > 0 or self.difference.high < 0

    @property
    def words(self) -> str:
        """The verdict as it follows a challenger's name, such as “is better”."""
        margin = f"{100 * self.margin:g} point{'' if self.margin == 0.01 else 's'}"
        if self.verdict is Verdict.BETTER:
            return "is better"
        if self.verdict is Verdict.NOT_WORSE:
            slightly = "is slightly worse, but " if self.certain else "is "
            return f"{slightly}not worse by more than {margin}"
        if self.certain:
            return "is worse"
        return f"could be worse by more than {margin}: too few scans to tell"


def judge(difference: Interval, margin: float = MARGIN) -> Judgement:
    """Judge a challenger by how much more accurate it is, with 95 % certainty.

    It is BETTER if the whole interval lies above 0, NOT_WORSE if it lies above −`margin` (a test
    of non-inferiority, as in CONSORT's extension by Piaggio et al. 2012), and WORSE in all other
    cases: what nobody could show to be harmless counts as harm.

    Args:
        difference: From `paired_difference`, the champion first.
        margin: The loss of accuracy that counts as none, as a share, 0 or more.

    Returns:
        The judgement, with words that tell “is worse” from “too few scans to tell”.

    Raises:
        ValueError: the margin is negative.

    Example:
        >>> judge(Interval(0.002, -0.004, 0.008)).words
        'is not worse by more than 1 point'
    """
    if margin < 0:
        raise ValueError(f"Expected a margin of 0 or more, as a share; received {margin}.")
    if difference.low > 0:
        verdict = Verdict.BETTER
    elif difference.low > -margin:
        verdict = Verdict.NOT_WORSE
    else:
        verdict = Verdict.WORSE
    return Judgement(verdict, difference, margin)
