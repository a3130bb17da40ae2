"""A film's frames one after another, by hand or played; in the browser alone.

Libraries were weighed: docs/contributor.md, “What is ours and why”.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import streamlit as st

from fetal.workbench.catalogue.scan_figures import Figure
from fetal.workbench.examinations.cine_frames import cine_frames
from pages.parts.app import app_state
from pages.parts.routes.picture_route import address
from pages.parts.shared.component_data import without_tables
from pages.parts.shared.scan_viewer import DRAWING
from pages.parts.texts.catalogue import _
from pages.parts.texts.customs import whole

_HERE = Path(__file__).parent


def _page(name: str) -> str:
    return (_HERE / name).read_text(encoding="utf-8")


BAR = _page("cine_bar.html")
"""The bar under a scan that is a frame of a film."""

BAR_STYLE = _page("cine_bar.css")
BAR_SCRIPT = _page("cine_bar.js")
"""What moves the bar; it goes behind `DRAWING`."""

_COMPONENT = st.components.v2.component(
    "fetal_cine_player",
    html=_page("cine_player.html").replace("{bar}", BAR),
    css=_page("cine_player.css") + BAR_STYLE,
    js=DRAWING + BAR_SCRIPT + _page("cine_player.js"),
    isolate_styles=False,
)


@dataclass(frozen=True)
class PlayedFrame:
    """A frame as the browser gets it.

    Attributes:
        index: its place in the film, from 0.
        address: where its picture is; a picture in text (`data:`) too.
        scan_id: the scan; None where it is not stored.
    """

    index: int
    address: str
    scan_id: int | None = None


def stored_film(figure: Figure) -> dict[str, Any] | None:
    """Return the stored frames of a scan's film as the bar takes them; None of a still.

    Args:
        figure: the scan.
    """
    found = cine_frames(app_state.workbench(), figure)
    if not found:
        return None
    own = [one.scan_id for one in found].index(figure.scan_id)
    frames = [PlayedFrame(one.index, address(one.digest), one.scan_id) for one in found]
    said = _("Another frame of the film. A label is for frame {frame}.")
    said = said.format(frame=whole(found[own].index + 1))
    return _film(frames, own, f"{figure.scan_id}", said)


def show_stored(figure: Figure | None) -> None:
    """Show the film that a scan is a frame of; nothing of a still.

    Args:
        figure: the scan; None where its picture cannot be shown.
    """
    film = stored_film(figure) if figure is not None else None
    if figure is not None and film is not None:
        _show(f"film-{figure.scan_id}", film, figure.width, figure.height, "", None)


def show_frames(
    key: str,
    frames: Sequence[PlayedFrame],
    width: int,
    height: int,
    take: Callable[[int], None],
) -> None:
    """Show frames of a film that is not stored, each to be taken.

    Args:
        key: the element's key, one on the page.
        frames: the frames, one at least.
        width: pixels across.
        height: pixels down.
        take: called with the place in the film of a frame that the person takes.
    """

    def taken() -> None:
        if (index := st.session_state[key]["take"]) is not None:
            take(int(index))

    _show(key, _film(frames, 0, key, ""), width, height, _("Take this frame"), taken)


def _film(frames: Sequence[PlayedFrame], own: int, mark: str, said: str) -> dict[str, Any]:
    count = whole(len(frames))
    names = [_("Frame {n}").format(n=whole(one.index + 1)) for one in frames]
    place = _("{frame} · {at} of {count} stored") if said else _("{frame} · {at} of {count}")
    return {
        "mark": mark,
        "own": own,
        "frames": [
            {
                "address": one.address,
                "frame": one.index,
                "scan": one.scan_id,
                "name": name,
                "where": place.format(frame=name, at=whole(at), count=count),
            }
            for at, (one, name) in enumerate(zip(frames, names, strict=True), start=1)
        ],
        "words": {
            "film": _("The film"),
            "before": _("Frame before"),
            "after": _("Frame after"),
            "frame": _("Frame of the film"),
            "play": _("Play"),
            "pause": _("Pause"),
            "own": said,
            "read": _("Label this frame instead"),
            "lost": _("The picture does not arrive. Please load the page again."),
        },
    }


def _show(
    key: str,
    film: dict[str, Any],
    width: int,
    height: int,
    take: str,
    taken: Callable[[], None] | None,
) -> None:
    _COMPONENT(
        key=key,
        data=without_tables({"cine": film, "width": width, "height": height, "take": take}),
        on_take_change=taken or (lambda: None),
        height="content",
    )
