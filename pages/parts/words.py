"""How numbers, moments and labels are put for a reader."""

import re
from datetime import datetime

from fetal.planes import Plane
from fetal.workbench.views import UNUSABLE

_MARKS = re.compile(r"([\\\[\]<$*])")


def plain(text: str) -> str:
    """What a file says or is called, so that Streamlit shows it and draws nothing from it.

    A picture or a link that somebody wrote into a name would be fetched by the reader's browser.
    """
    return _MARKS.sub(r"\\\1", " ".join(text.split()))


def label(value: str | None) -> str:
    """A label as a person reads it, such as `Fetal brain` or `Unusable`."""
    if value is None:
        return "no label"
    return "Unusable" if value == UNUSABLE else Plane(value).title


def percent(share: float) -> str:
    """A share of one as whole percent; never 100 % or 0 % when it is not quite that."""
    if 0 < share < 0.01:
        return "< 1 %"
    if 0.99 < share < 1:
        return "> 99 %"
    return f"{share:.0%}".replace("%", " %")


def tenths(share: float) -> str:
    """A share of one as percent with one decimal, for measured accuracies."""
    return f"{100 * share:.1f} %"


def moment(at: datetime | None) -> str:
    """A moment in this computer's time zone; only the time when it is today."""
    if at is None:
        return "–"
    local = at.astimezone()
    today = datetime.now().astimezone().date()
    return f"{local:%H:%M}" if local.date() == today else f"{local:%d %b %Y, %H:%M}"


def duration(seconds: float) -> str:
    """A length of time in the largest fitting unit."""
    if seconds < 90:
        return f"{max(1, round(seconds))} seconds" if round(seconds) != 1 else "1 second"
    minutes = round(seconds / 60)
    return f"{minutes} minutes" if minutes < 100 else f"{seconds / 3600:.1f} hours"


def number(count: int, one: str, many: str) -> str:
    """A count with its noun."""
    return f"{count:,} {one if count == 1 else many}"
