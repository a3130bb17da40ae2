"""Shows a scan, or the scan with its heat map, both drawn in the browser."""

from base64 import b64encode
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from fetal import explain
from fetal.workbench.catalogue.scan_figures import Figure
from pages.parts.routes.picture_route import address
from pages.parts.shared.component_data import without_tables
from pages.parts.texts.catalogue import _, mark

_HERE = Path(__file__).parent
LOST = mark("The picture does not arrive. Please load the page again.")
DRAWING = (_HERE / "scan_drawing.js").read_text(encoding="utf-8")
"""What every viewer draws with; a component's script imports no other, so it stands before it."""

_COMPONENT = st.components.v2.component(
    "fetal_scan_viewer",
    html=(
        '<figure class="scan-viewer"><div class="place"></div>'
        '<p class="lost" role="status" hidden></p><figcaption></figcaption></figure>'
    ),
    css=(_HERE / "scan_viewer.css").read_text(encoding="utf-8"),
    js=DRAWING + (_HERE / "scan_viewer.js").read_text(encoding="utf-8"),
    # The keys of the Review page look for the picture in the page itself.
    isolate_styles=False,
)


def show_scan(figure: Figure, key: str, *, name: str = "", ahead: Iterable[Figure] = ()) -> None:
    """Show a scan.

    Args:
        figure: the scan.
        key: the element's key, one on the page; the same one for the scan that follows shows it
            without a gap.
        name: what it is called, for who cannot see it.
        ahead: scans that are shown next; the browser loads their pictures meanwhile.
    """
    called = name or _("The scan")
    _show(figure, key, called, called, None, [address(one.digest) for one in ahead])


def show_heat(
    figure: Figure,
    key: str,
    cells: NDArray[np.uint8],
    *,
    name: str,
    caption: str,
    opacity: float,
    colours: str,
) -> None:
    """Show a scan with a heat map over it.

    Args:
        figure: the scan; its kept heat tells which square of it the model saw.
        key: the element's key, as for `show_scan`.
        cells: uint8 (h, w), 0 to 255: the heat of one plane in the network's own cells.
        name: what it is called, for who cannot see it.
        caption: what stands below it.
        opacity: how much of the scan the hotter half covers, 0 to 1.
        colours: one of `fetal.explain.COLOUR_MAPS`.
    """
    heat = heat_data(figure, cells, opacity=opacity, colours=colours)
    _show(figure, key, name, caption, heat, [])


def heat_data(
    figure: Figure, cells: NDArray[np.uint8], *, opacity: float, colours: str
) -> dict[str, Any]:
    """Return a heat map as the browser draws it.

    Args:
        figure: the scan; its kept heat tells which square of it the model saw.
        cells: uint8 (h, w), 0 to 255: the heat of one plane in the network's own cells.
        opacity: how much of the scan the hotter half covers, 0 to 1.
        colours: one of `fetal.explain.COLOUR_MAPS`.
    """
    assert figure.heat is not None
    rows, columns = cells.shape
    return {
        "cells": _text(cells),
        "rows": rows,
        "columns": columns,
        "left": figure.heat.left,
        "top": figure.heat.top,
        "side": figure.heat.side,
        "opacity": opacity,
        "colours": _text(explain.colour_map(colours)),
    }


def _show(
    figure: Figure, key: str, name: str, caption: str, heat: dict[str, Any] | None, ahead: list[str]
) -> None:
    data = {
        "scan": figure.scan_id,
        "address": address(figure.digest),
        "width": figure.width,
        "height": figure.height,
        "name": name,
        "caption": caption,
        "heat": heat,
        "ahead": ahead,
        "lost": _(LOST),
    }
    _COMPONENT(key=key, data=without_tables(data), height="content")


def _text(values: NDArray[np.uint8]) -> str:
    return b64encode(values.tobytes()).decode("ascii")
