"""The scan that is read, large: heat map, zoom, window and level, what comes next, examples."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import streamlit as st

from fetal.workbench.catalogue.scan_figures import Figure
from fetal.workbench.catalogue.typical_scans import TypicalScan
from pages.parts.cine import cine_player
from pages.parts.routes.picture_route import address
from pages.parts.shared.heat_map import NO_HEAT, HeatView, Shown
from pages.parts.shared.scan_viewer import DRAWING, heat_data

_HERE = Path(__file__).parent
_LOST = "The picture does not arrive. Please load the page again."
_COMPONENT = st.components.v2.component(
    "fetal_review_stage",
    html=(_HERE / "stage.html")
    .read_text(encoding="utf-8")
    .replace("{lost}", _LOST)
    .replace("{bar}", cine_player.BAR),
    css=(_HERE / "stage.css").read_text(encoding="utf-8") + cine_player.BAR_STYLE,
    js=DRAWING + cine_player.BAR_SCRIPT + (_HERE / "stage.js").read_text(encoding="utf-8"),
    # The keys of the Review page look for the picture in the page itself.
    isolate_styles=False,
)
_KEY = "review-stage"


def show(
    shown: Shown,
    view: HeatView,
    following: Sequence[Figure],
    examples: Sequence[TypicalScan],
    go: Callable[[int], None],
) -> None:
    """Show a scan large, and below it those that come next.

    Args:
        shown: the scan; its picture is there.
        view: how its heat map is drawn, which the person shows and hides by a key.
        following: the scans that come next; the browser loads their pictures meanwhile.
        examples: a typical scan of each plane, shown on demand.
        go: called with the number of a scan that comes next, when the person picks it.
    """
    figure = shown.figure
    assert figure is not None
    heat = shown.heat(view)
    drawn: dict[str, Any] | None = None
    if heat is not None:
        drawn = heat_data(figure, heat.cells, opacity=view.opacity, colours=view.colours)

    def picked() -> None:
        if (number := st.session_state[_KEY]["go"]) is not None:
            go(int(number))

    _COMPONENT(
        key=_KEY,
        data={
            "scan": figure.scan_id,
            "address": address(figure.digest),
            "width": figure.width,
            "height": figure.height,
            "name": "The scan",
            "heat": drawn,
            "heatName": heat.name if heat else "",
            "caption": " ".join((heat.caption, heat.warning)).strip() if heat else NO_HEAT,
            "cine": cine_player.stored_film(figure),
            "following": [
                {
                    "scan": one.scan_id,
                    "address": address(one.digest),
                    "name": f"Go to scan {position} of those that come next",
                }
                for position, one in enumerate(following, start=1)
            ],
            "examples": [
                {"address": address(one.digest), "name": f"{one.plane.title}, labelled so"}
                for one in examples
            ],
        },
        on_go_change=picked,
        height="content",
    )
