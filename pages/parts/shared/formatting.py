"""How numbers, moments and labels are put for a reader."""

import re
from collections.abc import Iterable
from datetime import datetime
from html import escape
from typing import TYPE_CHECKING

from fetal import metrics
from fetal.markdown import as_text
from fetal.planes import Plane
from fetal.workbench.catalogue.scans import UNUSABLE
from pages.parts.texts import customs
from pages.parts.texts.catalogue import _, mark, ngettext

if TYPE_CHECKING:
    import pandas as pd

_DIVIDED = re.compile(
    r"(?<=:)(?=\S)|(?<=www)(?=\.)|(?<=@)(?=\S)|(?<=[-<>=~])(?=[-<>=~])", re.IGNORECASE
)
_WORD_JOINER = "\u2060"
_UNUSABLE = mark("Unusable")
_COLUMNS = (mark("labelled"), mark("not labelled"))
_TITLES = {
    Plane.BRAIN: mark("Fetal brain"),
    Plane.ABDOMEN: mark("Fetal abdomen"),
    Plane.FEMUR: mark("Fetal femur"),
    Plane.THORAX: mark("Fetal thorax"),
    Plane.CERVIX: mark("Maternal cervix"),
    Plane.OTHER: mark("Other"),
}
_IN_PROSE = {
    Plane.BRAIN: mark("brain"),
    Plane.ABDOMEN: mark("abdomen"),
    Plane.FEMUR: mark("femur"),
    Plane.THORAX: mark("thorax"),
    Plane.CERVIX: mark("cervix"),
    Plane.OTHER: mark("other"),
}


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
        return _("no label")
    return _(_UNUSABLE) if value == UNUSABLE else _(_TITLES[Plane(value)])


def counts_in_words(counted: "pd.DataFrame") -> "pd.DataFrame":
    """A table of counts, by plane or patient, with labelled scans and others in its columns."""
    planes = {one.title: label(one) for one in Plane} | {_UNUSABLE: label(UNUSABLE)}
    columns = {name: _(name) for name in _COLUMNS}
    return counted.rename(index=planes, columns=columns)


def in_prose(plane: Plane) -> str:
    """A plane within a sentence, such as `brain`."""
    return _(_IN_PROSE[plane])


def percent(share: float) -> str:
    """A share of one as whole percent; never 100 % or 0 % when it is not quite that."""
    return metrics.percent(share)


def tenths(share: float) -> str:
    """A share of one as percent with one decimal, for measured accuracies."""
    return customs.with_its_point(metrics.percent(share, 1))


def with_interval(found: metrics.Interval) -> str:
    """A measured share with its interval, such as `98.5 % (97.0 to 99.5)`."""
    low, high = (customs.decimal(100 * end, 1) for end in (found.low, found.high))
    return _("{share} ({low} to {high})").format(share=tenths(found.value), low=low, high=high)


def moment(at: datetime | None) -> str:
    """A moment by the reader's clock and customs, in the one form that all pages show."""
    return "–" if at is None else customs.day_and_time(at)


MOMENT = "localized"
"""The form of a table's moments, which are sorted as moments: the browser's own."""


def local_moments(moments: "pd.Series") -> "pd.Series":
    """A table's moments by the reader's clock, as `moment` puts them one by one."""
    zone = customs.zone()
    return moments.map(
        lambda at: at.to_pydatetime().astimezone(zone).replace(tzinfo=None), na_action="ignore"
    )


def duration(seconds: float) -> str:
    """A length of time in the largest fitting unit."""
    if seconds < 90:
        return customs.in_units(max(1, round(seconds)), "duration-second")
    minutes = round(seconds / 60)
    if minutes < 100:
        return customs.in_units(minutes, "duration-minute")
    return customs.in_units(round(seconds / 3600, 1), "duration-hour")


def number(count: int, one: str, many: str) -> str:
    """A count with its noun, which is translated here; the catalogue finds both forms."""
    return f"{customs.whole(count)} {ngettext(one, many, count)}"


def plane_set_words(found: metrics.PlaneSet) -> str:
    """The planes that a scan may show, with their promise, in one short line."""
    share = customs.with_its_point(f"{100 * found.coverage:g}")
    promise = _("With {share} %: {planes}.").format(
        share=share, planes=_one_of(found.planes) or _("none of the planes")
    )
    if not found.unpromised:
        return promise
    left_out = _("Too few scans of {planes} for a promise.")
    return f"{promise} {left_out.format(planes=_one_of(found.unpromised))}"


def _one_of(planes: Iterable[Plane]) -> str:
    return _(" or ").join(in_prose(plane) for plane in planes)
