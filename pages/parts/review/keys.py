"""Keys of the Review page: each press counts for the scan that was on the screen."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path

import streamlit as st

from fetal.planes import PLANES
from pages.parts.shared.component_data import without_tables
from pages.parts.texts.catalogue import _, mark

_HERE = Path(__file__).parent
SHEET = (
    (
        mark("Label"),
        (
            *((str(digit), plane.title) for digit, plane in enumerate(PLANES, start=1)),
            ("U", mark("Unusable: kept, but never trained on")),
            ("A", mark("Accept what the model says")),
        ),
    ),
    (
        mark("Go on"),
        (
            ("S", mark("Skip: leave the scan for later")),
            ("B", mark("Back to the scan before")),
            ("Z", mark("Undo the last thing you did")),
        ),
    ),
    (
        mark("Look"),
        (
            ("H", mark("Heat map: where the model looked")),
            ("E", mark("A typical scan of each plane")),
            ("+ −", mark("Zoom; or turn the wheel")),
            ("← → ↑ ↓", mark("Move the enlarged scan; or drag it")),
            ("0", mark("The whole scan; or double-click")),
            ("[ ]", mark("More or less contrast (window); or drag with the right button")),
            (", .", mark("Darker or brighter (level); or drag with the right button")),
            ("R", mark("Contrast and brightness as they were")),
            ("K L", mark("A film’s frame before, and after")),
            ("P", mark("Play the film, or pause it")),
        ),
    ),
)
"""All keys of the page by what they do; docs/user.md has the same ones."""


def _sheet() -> str:
    """All keys of the page, as rows of a table."""
    rows = []
    for title, lines in SHEET:
        rows.append(f'<tr><th colspan="2" scope="colgroup">{escape(_(title))}</th></tr>')
        rows += [
            f"<tr><td><kbd>{key}</kbd></td><td>{escape(_(words))}</td></tr>" for key, words in lines
        ]
    return "".join(rows)


_COMPONENT = st.components.v2.component(
    "fetal_review_keys",
    # The button appears with the listener: from then on no key goes unnoticed.
    html=(
        '<button class="about"><span></span><kbd>?</kbd></button>'
        '<dialog class="sheet" aria-labelledby="fetal-keys"><h2 id="fetal-keys"></h2>'
        '<table></table><p class="once"></p>'
        '<p><button class="close" autofocus></button></p></dialog>'
        '<div class="missed" role="status" hidden></div>'
    ),
    css=(_HERE / "keys.css").read_text(encoding="utf-8"),
    js=(_HERE / "keys.js").read_text(encoding="utf-8"),
)
_KEY = "review-keys"


def _words() -> dict[str, str]:
    """What the script writes, in the reader's language."""
    return {
        "about": _("All keys"),
        "title": _("Keys"),
        "sheet": _sheet(),
        "once": _("A key that labels counts once for each scan on the screen."),
        "close": _("Close"),
        "another": _("Somebody else took the scan that you saw for a moment. This is another one."),
        "missedOne": _("1 key was not taken, because the page was not ready for it yet:"),
        "missed": _("{n} keys were not taken, because the page was not ready for them yet:"),
    }


@dataclass(frozen=True)
class Press:
    """A key that was pressed.

    Attributes:
        turn: the turn of the page that was on the screen.
        key: the key, in small letters.
        accept: the plane that the button to accept named; None where there was none.
    """

    turn: int
    key: str
    accept: str | None


def listen(
    scan_id: int,
    turn: int,
    keys: Sequence[str],
    accept: str | None,
    on_press: Callable[[Press], None],
) -> None:
    """Take key presses, once the scan is on the screen; put it after the scan's picture.

    A press that comes too early, or after another one of the same turn, is shown to the person as
    not taken. What is typed into a field is left alone.

    Args:
        scan_id: the scan; its picture lies in a container `review-scan-…`.
        turn: changes with everything that a person does to a scan.
        keys: the keys to take, in small letters.
        accept: the plane that the button to accept names.
        on_press: called with each press that was taken.
    """

    def pressed() -> None:
        given = st.session_state[_KEY]["press"]
        if given is not None:
            on_press(Press(int(given["turn"]), str(given["key"]), given["accept"]))

    _COMPONENT(
        key=_KEY,
        data=without_tables(
            {
                "scan": scan_id,
                "turn": turn,
                "keys": list(keys),
                "accept": accept,
                "words": _words(),
            }
        ),
        on_press_change=pressed,
        height="content",
    )
