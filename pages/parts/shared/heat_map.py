"""A scan beside the same scan with the heat map over it, and what is shown there."""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import streamlit as st

from fetal import explain, predict
from fetal.bundle import BundleError
from fetal.planes import PLANES, Plane
from fetal.scans import encode_png
from fetal.workbench import NoModelError
from fetal.workbench.catalogue import scans
from fetal.workbench.models.promotion import ModelView
from pages.parts.app.app_state import workbench
from pages.parts.shared.formatting import percent, plain

_THUMBNAIL_HEIGHT = 220
_PREDICTED = "The predicted plane"
HEAT_MAP_WORDS = (
    "The heat map shows where the model looked: the bright parts of the scan spoke most for the "
    "plane that is explained. It explains the model, not the anatomy."
)
_METHOD_WORDS = (
    "How the heat map is computed. Methods may differ; where they agree, the explanation rests on "
    "more than the choice of one."
)

_OF_ANOTHER = (
    "The model did not name this plane: {plane} is {share} probable. The colours show where it "
    "found most of what speaks for {plane}, at full strength however little that is."
)


@dataclass(frozen=True)
class HeatView:
    """What to show over a scan.

    Attributes:
        plane: the plane to explain, or none for the one that was predicted.
        method: how the heat is computed, a key of `explain.METHODS`.
        opacity: how much of the scan the colours hide, 0 to 1.
        colours: name of the colour map.
    """

    plane: Plane | None
    method: str
    opacity: float
    colours: str


def heat_controls() -> HeatView:
    """Let a person choose what to explain, by which method, how strongly and in which colours."""
    explained, how, strength, colour = st.columns(4, vertical_alignment="top")
    plane = explained.selectbox(
        "Plane to explain",
        [_PREDICTED, *PLANES],
        format_func=lambda shown: shown.title if isinstance(shown, Plane) else shown,
        key="heat-plane",
        help=HEAT_MAP_WORDS,
        persist_state="session",
    )
    method = how.selectbox(
        "Method",
        list(explain.METHODS),
        format_func=lambda name: explain.METHODS[name].title,
        key="heat-method",
        help=_METHOD_WORDS,
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
    st.caption(f"{explain.METHODS[method].title}: {explain.METHODS[method].words}")
    return HeatView(plane if isinstance(plane, Plane) else None, method, opacity / 100, colours)


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
    """Show the plain scan and, beside it, the scan with its heat map; or why they are not there."""
    try:
        _show_both(scan_id, view)
    except (scans.DamagedScanError, scans.UnknownScanError) as error:
        st.warning(plain(error), icon=":material/broken_image:")


def _show_both(scan_id: int, view: HeatView) -> None:
    shown = picture(scan_id)
    champion = _champion()
    with st.container(key=f"figure-{scan_id}"):
        plain, heated = st.columns(2)
        # As it is stored, or it would be packed anew whenever something on the page changes.
        plain.image(
            shown,
            width="stretch",
            output_format="PNG",
            alt="The scan",
            caption="The scan",
        )
        with heated:
            if champion is None:
                st.info("There is no model that could explain this scan.")
            else:
                _show_heat(scan_id, champion, view)


def _show_heat(scan_id: int, champion: ModelView, view: HeatView) -> None:
    digest = scans.digest_of(workbench(), scan_id)
    prediction = _explanation(digest, champion.digest, scan_id)
    plane = view.plane or prediction.plane
    title = explain.METHODS[view.method].title
    share = prediction.probabilities[plane]
    heat = _heat(digest, champion.digest, view.method, champion.id, prediction)
    st.image(
        _overlay(digest, champion.digest, replace(view, plane=plane), prediction, heat),
        width="stretch",
        output_format="JPEG",
        alt=f"The scan with the heat map for {plane.title} by {title}",
        caption=f"Where the model looked for: {plane.title} ({title})"
        if heat[PLANES.index(plane)].any()
        else f"Nothing in this scan spoke for: {plane.title} ({title})",
    )
    if plane != prediction.plane:
        st.caption(_OF_ANOTHER.format(plane=plane.title, share=percent(share)))


def explain_scan(scan_id: int) -> predict.Prediction | None:
    """Return what the present champion says of a scan and why.

    None if no model predicts, or if the scan cannot be read or is gone.
    """
    champion = _champion()
    if champion is None:
        return None
    try:
        digest = scans.digest_of(workbench(), scan_id)
        return _explanation(digest, champion.digest, scan_id)
    except (scans.DamagedScanError, scans.UnknownScanError):
        return None


def _champion() -> ModelView | None:
    try:
        return workbench().champion().version
    except (NoModelError, BundleError):
        return None


def forget_all() -> None:
    """Empty what is kept of every scan, since one of them was erased."""
    _explanation.clear()
    _heat.clear()
    _overlay.clear()
    _picture.clear()
    _thumbnail.clear()


@st.cache_resource(max_entries=64, show_spinner=False)
def _explanation(digest: str, model_digest: str, _scan_id: int) -> predict.Prediction:
    return scans.explanation(workbench(), _scan_id)


@st.cache_data(max_entries=1000, show_spinner="Asking the model where it looked …")
def _heat(
    digest: str, model_digest: str, method: str, _model_id: int, _prediction: predict.Prediction
) -> explain.Heat:
    """The heat in the network's own cells: a few kilobytes, whatever the scan's size."""
    if method == next(iter(explain.METHODS)):
        return _prediction.heat
    return workbench().model(_model_id).explain(_prediction, method)


@st.cache_data(max_entries=256, show_spinner=False)
def _overlay(
    digest: str,
    model_digest: str,
    view: HeatView,
    _prediction: predict.Prediction,
    _heat: explain.Heat,
) -> bytes:
    """The scan with its heat map as a browser takes it, for what is drawn again unchanged."""
    return explain.encode_jpeg(
        _prediction.overlay(view.plane, view.opacity, view.colours, heat=_heat)
    )


def picture(scan_id: int) -> bytes:
    """Return the scan as a browser takes it.

    Raises:
        UnknownScanError: there is none of this number.
        DamagedScanError: its picture is gone or damaged.
    """
    return _picture(scans.digest_of(workbench(), scan_id), scan_id)


def alone(scan_id: int, name: str, caption: str | None = None) -> None:
    """Show the scan without a heat map; or why it is not there."""
    try:
        shown = picture(scan_id)
    except (scans.DamagedScanError, scans.UnknownScanError) as error:
        st.warning(plain(error), icon=":material/broken_image:")
    else:
        st.image(shown, width="stretch", output_format="PNG", alt=name, caption=caption)


def small(scan_id: int, name: str) -> None:
    """Show a small picture of the scan, for galleries; or why it is not there."""
    try:
        shown = _thumbnail(scans.digest_of(workbench(), scan_id), scan_id)
    except (scans.DamagedScanError, scans.UnknownScanError) as error:
        st.caption(f":material/broken_image: {plain(error)}")
    else:
        st.image(shown, width="stretch", alt=name)


# Kept by what they show, never by a number: a number is a place in the database.
@st.cache_data(max_entries=256, show_spinner=False)
def _picture(digest: str, _scan_id: int) -> bytes:
    return encode_png(scans.pixels(workbench(), _scan_id))


@st.cache_data(max_entries=2000, show_spinner=False)
def _thumbnail(digest: str, _scan_id: int) -> np.ndarray[Any, np.dtype[np.uint8]]:
    return smaller(scans.pixels(workbench(), _scan_id))


def smaller(pixels: np.ndarray[Any, np.dtype[np.uint8]]) -> np.ndarray[Any, np.dtype[np.uint8]]:
    """A grey picture at a thumbnail's size, by the mean of whole blocks of pixels."""
    step = max(1, pixels.shape[0] // _THUMBNAIL_HEIGHT)
    height, width = (side - side % step for side in pixels.shape)
    blocks = pixels[:height, :width].reshape(height // step, step, width // step, step)
    small: np.ndarray[Any, np.dtype[np.uint8]] = blocks.mean(axis=(1, 3)).astype(np.uint8)
    return small
