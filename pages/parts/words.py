"""How numbers, moments and labels are put for a reader."""

import re
from datetime import datetime
from html import escape

from fetal.planes import Plane
from fetal.workbench.views import UNUSABLE

_MARKS = re.compile(r"""[\\`*_{}\[\]<>$&~|!#]|^[-+=]|(?<=^\d)[.)]|(?<=^\d\d)[.)]""")
_JOINED = re.compile(r"""(?<=:)(?=\S)|(?<=www)(?=\.)|(?<=@)(?=\S)|(?<=[-<>=~])(?=[-<>=~])""", re.I)
_TURNS = re.compile("[\u202a-\u202e\u2066-\u2069]")
_WORD_JOINER = "\u2060"


def plain(text: object) -> str:
    """Return what a person or a file wrote, so that Streamlit shows it and draws nothing from it.

    All that comes from outside passes here before it stands among Markdown: notes, names, names
    of files, machines and models, card texts, and sentences that hold them. A picture in a name
    would be fetched by the reader's browser, and a link would lead elsewhere.

    A backslash takes an ASCII mark its meaning in CommonMark. Addresses, short names of emojis and
    of icons, and arrows are replaced later, in the text itself: an invisible word joiner (U+2060)
    parts them. Marks that turn the direction of writing for the text around them are left out.

    Args:
        text: any text, on one line or several; what is no text as Python writes it.

    Returns:
        Markdown of one line, which shows the text.

    Example:
        >>> plain("![x](a.png)")
        '\\\\!\\\\[x\\\\](a.png)'
    """
    line = " ".join(_TURNS.sub("", str(text)).split())
    return _MARKS.sub(r"\\\g<0>", _JOINED.sub(_WORD_JOINER, line))


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
