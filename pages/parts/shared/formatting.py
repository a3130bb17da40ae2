"""How numbers, moments and labels are put for a reader."""

import re
from datetime import datetime
from html import escape
from typing import TYPE_CHECKING

from fetal import metrics
from fetal.markdown import as_text
from fetal.planes import Plane
from fetal.workbench.catalogue.scans import UNUSABLE

if TYPE_CHECKING:
    import pandas as pd

_DIVIDED = re.compile(
    r"(?<=:)(?=\S)|(?<=www)(?=\.)|(?<=@)(?=\S)|(?<=[-<>=~])(?=[-<>=~])", re.IGNORECASE
)
_WORD_JOINER = "\u2060"


def plain(text: object) -> str:
    """Return what a person or a file wrote, so that Streamlit shows it and draws nothing.

    All that comes from outside passes here before it stands among Markdown: notes, names, names
    of files, machines and models, card texts, and sentences that hold them. A picture in a name
    would be fetched by the reader's browser, and a link would lead elsewhere.

    Streamlit looks for addresses, arrows, and the short names of emojis, icons and colours in the
    text itself, whatever is escaped: an invisible word joiner (U+2060) divides them.

    Args:
        text: any text, on one line or several; anything else as `str` puts it.

    Returns:
        Markdown of one line.
    """
    return as_text(_DIVIDED.sub(_WORD_JOINER, str(text)))


def plain_in_chart(text: object) -> str:
    """Return what a person or a file wrote, so that Plotly shows it and draws nothing from it.

    Plotly takes `<a>`, `<b>` and the like in titles, names and labels for markup.
    """
    return escape(" ".join(str(text).split()), quote=False)


def label(value: str | None) -> str:
    """A label as a person reads it, such as `Fetal brain` or `Unusable`."""
    if value is None:
        return "no label"
    return "Unusable" if value == UNUSABLE else Plane(value).title


def percent(share: float) -> str:
    """A share of one as whole percent; never 100 % or 0 % when it is not quite that."""
    return metrics.percent(share)


def tenths(share: float) -> str:
    """A share of one as percent with one decimal, for measured accuracies."""
    return metrics.percent(share, 1)


def moment(at: datetime | None) -> str:
    """A moment in this computer's time zone, in the one form that all pages show."""
    if at is None:
        return "–"
    local = at.astimezone()
    return f"{local.day} {local:%b %Y, %H:%M}"


MOMENT = "D MMM YYYY, HH:mm"
"""The same form for the moments of a table, which are sorted as moments."""


def local_moments(moments: "pd.Series") -> "pd.Series":
    """A table's moments by this computer's clock, as `moment` puts them one by one."""
    return moments.map(
        lambda at: at.to_pydatetime().astimezone().replace(tzinfo=None), na_action="ignore"
    )


def duration(seconds: float) -> str:
    """A length of time in the largest fitting unit."""
    if seconds < 90:
        return f"{max(1, round(seconds))} seconds" if round(seconds) != 1 else "1 second"
    minutes = round(seconds / 60)
    return f"{minutes} minutes" if minutes < 100 else f"{seconds / 3600:.1f} hours"


def number(count: int, one: str, many: str) -> str:
    """A count with its noun."""
    return f"{count:,} {one if count == 1 else many}"


def plane_set_words(found: metrics.PlaneSet) -> str:
    """The planes that a scan may show, with their promise, in one short line."""
    named = " or ".join(plane.value for plane in found.planes) or "none of the planes"
    promise = f"With {100 * found.coverage:g} %: {named}."
    if not found.unpromised:
        return promise
    left_out = " or ".join(plane.value for plane in found.unpromised)
    return f"{promise} Too few scans of {left_out} for a promise."
