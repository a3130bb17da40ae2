"""Keys of the Review page: each press counts for the scan that was on the screen."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import streamlit as st

from fetal.planes import PLANES

_HERE = Path(__file__).parent
SHEET = (
    (
        "Label",
        (
            *((str(digit), plane.title) for digit, plane in enumerate(PLANES, start=1)),
            ("U", "Unusable: kept, but never trained on"),
            ("A", "Accept what the model says"),
        ),
    ),
    (
        "Go on",
        (
            ("S", "Skip: leave the scan for later"),
            ("B", "Back to the scan before"),
            ("Z", "Undo the last thing you did"),
        ),
    ),
    (
        "Look",
        (
            ("H", "Heat map: where the model looked"),
            ("E", "A typical scan of each plane"),
            ("+ −", "Zoom; or turn the wheel"),
            ("← → ↑ ↓", "Move the enlarged scan; or drag it"),
            ("0", "The whole scan; or double-click"),
            ("[ ]", "More or less contrast (window); or drag with the right button"),
            (", .", "Darker or brighter (level); or drag with the right button"),
            ("R", "Contrast and brightness as they were"),
            ("K L", "A film’s frame before, and after"),
            ("P", "Play the film, or pause it"),
        ),
    ),
)
"""All keys of the page by what they do; docs/user.md has the same ones."""


def _sheet() -> str:
    """All keys of the page, as rows of a table."""
    rows = []
    for title, lines in SHEET:
        rows.append(f'<tr><th colspan="2" scope="colgroup">{title}</th></tr>')
        rows += [f"<tr><td><kbd>{key}</kbd></td><td>{words}</td></tr>" for key, words in lines]
    return "".join(rows)


_COMPONENT = st.components.v2.component(
    "fetal_review_keys",
    # The button appears with the listener: from then on no key goes unnoticed.
    html=(
        '<button class="about">All keys<kbd>?</kbd></button>'
        '<dialog class="sheet" aria-labelledby="fetal-keys"><h2 id="fetal-keys">Keys</h2>'
        f"<table>{_sheet()}</table><p>A key that labels counts once for each scan on the screen. "
        '</p><p><button class="close" autofocus>Close</button></p></dialog>'
        '<div class="missed" role="status" hidden></div>'
    ),
    css=(_HERE / "keys.css").read_text(encoding="utf-8"),
    js=(_HERE / "keys.js").read_text(encoding="utf-8"),
)
_KEY = "review-keys"


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
        data={"scan": scan_id, "turn": turn, "keys": list(keys), "accept": accept},
        on_press_change=pressed,
        height="content",
    )
