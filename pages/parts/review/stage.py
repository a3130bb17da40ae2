"""The scan that is read, large: heat map, zoom, window and level, what comes next, examples."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import streamlit as st

from fetal import explain
from fetal.workbench.catalogue.scan_figures import Figure
from fetal.workbench.catalogue.typical_scans import TypicalScan
from pages.parts.cine import cine_player
from pages.parts.routes.picture_route import address
from pages.parts.shared.component_data import without_tables
from pages.parts.shared.formatting import label
from pages.parts.shared.heat_map import NO_HEAT, DrawnHeat, HeatView, Shown
from pages.parts.shared.scan_viewer import DRAWING, LOST, heat_data
from pages.parts.texts.catalogue import _

_HERE = Path(__file__).parent
_COMPONENT = st.components.v2.component(
    "fetal_review_stage",
    html=(_HERE / "stage.html").read_text(encoding="utf-8").replace("{bar}", cine_player.BAR),
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

    def picked() -> None:
        if (number := st.session_state[_KEY]["go"]) is not None:
            go(int(number))

    _COMPONENT(
        key=_KEY,
        data=without_tables(
            {
                **_drawn(figure, view, shown.heat(view)),
                "cine": cine_player.stored_film(figure),
                "following": [
                    _drawn(one, view, _heat_ahead(one, view) if position == 1 else None)
                    | {"goTo": _("Go to scan {n} of those that come next").format(n=position)}
                    for position, one in enumerate(following, start=1)
                ],
                "words": _words(),
                "examples": [
                    {
                        "address": address(one.digest),
                        "name": _("{plane}, labelled so").format(plane=label(one.plane)),
                    }
                    for one in examples
                ],
            }
        ),
        on_go_change=picked,
        height="content",
    )


def _drawn(figure: Figure, view: HeatView, heat: DrawnHeat | None) -> dict[str, Any]:
    """A scan as the script draws it."""
    return {
        "scan": figure.scan_id,
        "address": address(figure.digest),
        "width": figure.width,
        "height": figure.height,
        "name": _("The scan"),
        "heat": heat_data(figure, heat.cells, opacity=view.opacity, colours=view.colours)
        if heat
        else None,
        "heatName": heat.name if heat else "",
        "caption": " ".join((heat.caption, heat.warning)).strip() if heat else _(NO_HEAT),
    }


def _heat_ahead(figure: Figure, view: HeatView) -> DrawnHeat | None:
    """The heat map of the scan that comes next, where it is kept: other methods ask the model."""
    kept = view.method == next(iter(explain.METHODS))
    return Shown(figure.scan_id, figure).heat(view) if kept else None


def _words() -> dict[str, str]:
    """What the script writes, in the reader's language."""
    return {
        "lost": _(LOST),
        "heat": _("Heat map"),
        "typical": _("Examples"),
        "whole": _("Fit"),
        "wholeScan": _("The whole scan"),
        "reset": _("Reset contrast"),
        "farther": _("Zoom out"),
        "nearer": _("Zoom in"),
        "examples": _("A typical scan of each plane"),
        "next": _("The scans that come next"),
        "noExamples": _("None yet: they come from scans that a person labelled as the model did."),
        "window": _("Window {width} %, level {level} %"),
    }
