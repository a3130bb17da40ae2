"""A scan beside the same scan with the heat map over it, and what is shown there."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import streamlit as st

from fetal import explain, predict
from fetal.planes import PLANES, Plane
from fetal.scans import encode_png
from fetal.workbench import NoModelError, views
from pages.parts.desk import workbench

_THUMBNAIL_HEIGHT = 220
_PREDICTED = "The predicted plane"
HEAT_MAP_WORDS = (
    "The heat map shows where the model looked: the bright parts of the scan spoke most for the "
    "plane that is explained. It is computed by Grad-CAM (Selvaraju et al. 2017). It explains the "
    "model, not the anatomy."
)


@dataclass(frozen=True)
class HeatView:
    """What to show over a scan.

    Attributes:
        plane: the plane to explain, or none for the one that was predicted.
        opacity: how much of the scan the colours hide, 0 to 1.
        colours: name of the colour map.
    """

    plane: Plane | None
    opacity: float
    colours: str


def heat_controls() -> HeatView:
    """Let a person choose what to explain, how strongly and in which colours."""
    explained, strength, colour = st.columns([2, 2, 2], vertical_alignment="top")
    plane = explained.selectbox(
        "Plane to explain",
        [_PREDICTED, *PLANES],
        format_func=lambda shown: shown.title if isinstance(shown, Plane) else shown,
        key="heat-plane",
        help=HEAT_MAP_WORDS,
        persist_state="session",
    )
    opacity = strength.slider(
        "Strength of the heat map",
        min_value=0,
        max_value=100,
        value=60,
        step=5,
        format="%d %%",
        key="heat-opacity",
        persist_state="session",
    )
    colours = colour.selectbox(
        "Colours",
        explain.COLOUR_MAPS,
        format_func=str.capitalize,
        key="heat-colours",
        persist_state="session",
    )
    with colour:
        scale(colours)
    return HeatView(plane if isinstance(plane, Plane) else None, opacity / 100, colours)


def scale(colours: str) -> None:
    """Show what the colours mean, from little to much."""
    table = explain.colour_map(colours)[::17]
    stops = ",".join(f"rgb({red},{green},{blue})" for red, green, blue in table)
    st.html(
        '<div class="scale" role="img" aria-label="Colour scale from little to much">'
        '<span>0 little</span><span class="strip" '
        f'style="background:linear-gradient(90deg,{stops})">'
        "</span><span>much 1</span></div>"
    )


def show(scan_id: int, view: HeatView) -> None:
    """Show the plain scan and, beside it, the scan with its heat map."""
    prediction = explain_scan(scan_id)
    with st.container(key=f"figure-{scan_id}"):
        plain, heated = st.columns(2)
        plain.image(picture(scan_id), width="stretch", alt="The scan", caption="The scan")
        if prediction is None:
            heated.info("There is no model that could explain this scan.")
            return
        plane = view.plane or prediction.plane
        speaks = bool(prediction.heat[PLANES.index(plane)].any())
        heated.image(
            prediction.overlay(plane, opacity=view.opacity, colours=view.colours),
            width="stretch",
            output_format="JPEG",
            alt=f"The scan with the heat map for {plane.title}",
            caption=f"Where the model looked for: {plane.title}"
            if speaks
            else f"Nothing in this scan spoke for: {plane.title}",
        )


def explain_scan(scan_id: int) -> predict.Prediction | None:
    """What the present champion says of a scan and why; none where no model predicts."""
    try:
        champion = workbench().champion()
    except NoModelError:
        return None
    return _explanation(scan_id, champion.version.id)


@st.cache_resource(max_entries=64, show_spinner=False)
def _explanation(scan_id: int, model_id: int) -> predict.Prediction:
    return views.explanation(workbench(), scan_id)


@st.cache_data(max_entries=256, show_spinner=False)
def picture(scan_id: int) -> bytes:
    """The scan as a browser takes it; a stored scan never changes."""
    return encode_png(views.pixels(workbench(), scan_id))


@st.cache_data(max_entries=2000, show_spinner=False)
def thumbnail(scan_id: int) -> np.ndarray[Any, np.dtype[np.uint8]]:
    """A small picture of the scan, for galleries."""
    pixels = views.pixels(workbench(), scan_id)
    step = max(1, pixels.shape[0] // _THUMBNAIL_HEIGHT)
    height, width = (side - side % step for side in pixels.shape)
    blocks = pixels[:height, :width].reshape(height // step, step, width // step, step)
    small: np.ndarray[Any, np.dtype[np.uint8]] = blocks.mean(axis=(1, 3)).astype(np.uint8)
    return small
