"""A scan beside the same scan with the heat map over it, and what is shown there."""

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import numpy as np
import streamlit as st

from fetal import explain
from fetal.bundle import BundleError
from fetal.planes import PLANES, Plane
from fetal.predict import levels
from fetal.workbench import NoModelError, Workbench
from fetal.workbench.catalogue import scans
from fetal.workbench.catalogue.scan_figures import Figure, figures
from pages.parts.app import app_state, theme
from pages.parts.shared import scan_pictures, scan_viewer
from pages.parts.shared.formatting import label, percent, plain
from pages.parts.texts.catalogue import _, mark
from pages.parts.texts.library_sentences import in_readers_language

_Levels = np.ndarray[Any, np.dtype[np.uint8]]
_PREDICTED = mark("The predicted plane")
_OPACITY = 60
HEAT_MAP_WORDS = mark(
    "The heat map shows where the model looked: the bright parts of the scan spoke most for the "
    "plane that is explained. It explains the model, not the anatomy."
)
_METHOD_WORDS = mark(
    "How the heat map is computed. Methods may differ; where they agree, the explanation rests on "
    "more than the choice of one."
)

_OF_ANOTHER = mark(
    "The model did not name this plane: {plane} is {share} probable. The colours show where it "
    "found most of what speaks for {plane}, at full strength however little that is."
)


NO_HEAT = mark("There is no model that could explain this scan.")


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


def chosen_view() -> HeatView:
    """Return what was chosen in `heat_controls`, without showing them."""
    kept = st.session_state
    plane = kept.get("heat-plane")
    return HeatView(
        plane if isinstance(plane, Plane) else None,
        kept.get("heat-method", next(iter(explain.METHODS))),
        kept.get("heat-opacity", _OPACITY) / 100,
        kept.get("heat-colours", next(iter(explain.COLOUR_MAPS))),
    )


def heat_controls() -> HeatView:
    """Let a person choose what to explain, by which method, how strongly and in which colours."""
    explained, how, strength, colour = st.columns(4, vertical_alignment="top")
    plane = explained.selectbox(
        _("Plane to explain"),
        [_PREDICTED, *PLANES],
        format_func=lambda shown: label(shown) if isinstance(shown, Plane) else _(shown),
        key="heat-plane",
        help=_(HEAT_MAP_WORDS),
        persist_state="session",
    )
    method = how.selectbox(
        _("Method"),
        list(explain.METHODS),
        format_func=lambda name: explain.METHODS[name].title,
        key="heat-method",
        help=_(_METHOD_WORDS),
        persist_state="session",
    )
    opacity = strength.slider(
        _("Strength of the heat map"),
        min_value=0,
        max_value=100,
        value=_OPACITY,
        step=5,
        format="%d %%",
        key="heat-opacity",
        persist_state="session",
    )
    colours = colour.selectbox(
        _("Colours"),
        explain.COLOUR_MAPS,
        format_func=lambda name: theme.colour_map_name(name),
        key="heat-colours",
        persist_state="session",
    )
    with colour:
        theme.colour_scale(colours)
    st.caption(
        f"{explain.METHODS[method].title}: {in_readers_language(explain.METHODS[method].words)}"
    )
    return HeatView(plane if isinstance(plane, Plane) else None, method, opacity / 100, colours)


@dataclass(frozen=True)
class Shown:
    """A scan that is about to be shown.

    Attributes:
        scan_id: its number.
        figure: the scan; None where its picture cannot be shown.
        sentence: why not.
        looked_now: whether the champion looked at it just now.
    """

    scan_id: int
    figure: Figure | None
    sentence: str = ""
    looked_now: bool = False

    def show_both(self, view: HeatView) -> None:
        """Show the scan and, beside it, the scan with its heat map; or why they are not there.

        Args:
            view: what to show over the scan.
        """
        with st.container(key=f"figure-{self.scan_id}"):
            plain_scan, heated = st.columns(2)
            with plain_scan:
                self.show_scan(f"scan-{self.scan_id}")
            with heated:
                self.show_heat(f"heat-{self.scan_id}", view)

    def show_scan(self, key: str, ahead: Iterable[Figure] = ()) -> None:
        """Show the plain scan, or why it is not there.

        Args:
            key: the element's key (`scan_viewer.show_scan`).
            ahead: scans that are shown next.
        """
        if self.figure is None:
            st.warning(plain(in_readers_language(self.sentence)), icon=":material/broken_image:")
        else:
            scan_viewer.show_scan(self.figure, key, ahead=ahead)

    def show_heat(self, key: str, view: HeatView) -> None:
        """Show the scan with its heat map, or why there is none.

        Args:
            key: the element's key (`scan_viewer.show_heat`).
            view: what to show.
        """
        if self.figure is None:
            return
        drawn = self.heat(view)
        if drawn is None:
            st.info(_(NO_HEAT))
            return
        scan_viewer.show_heat(
            self.figure,
            key,
            drawn.cells,
            name=drawn.name,
            caption=drawn.caption,
            opacity=view.opacity,
            colours=view.colours,
        )
        if drawn.warning:
            st.caption(drawn.warning)

    def heat(self, view: HeatView) -> "DrawnHeat | None":
        """Return the heat map as it is to be drawn; None where no model could explain the scan.

        Args:
            view: what to show.
        """
        cells = _heat_of(self.figure, view.method) if self.figure is not None else None
        if self.figure is None or cells is None or self.figure.plane is None:
            return None
        plane = view.plane or self.figure.plane
        method = explain.METHODS[view.method].title
        heat = cells[PLANES.index(plane)]
        looked = (
            _("Where the model looked for") if heat.any() else _("Nothing in this scan spoke for")
        )
        warning = ""
        if plane != self.figure.plane:
            share = percent(self.figure.probabilities[plane])
            warning = _(_OF_ANOTHER).format(plane=label(plane), share=share)
        return DrawnHeat(
            cells=heat,
            name=_("The scan with the heat map for {plane} by {method}").format(
                plane=label(plane), method=method
            ),
            caption=f"{looked}: {label(plane)} ({method})",
            warning=warning,
        )


@dataclass(frozen=True)
class DrawnHeat:
    """The heat map of one plane.

    Attributes:
        cells: uint8 (h, w), 0 to 255, in the network's own cells.
        name: what it is called, for who cannot see it.
        caption: what stands below it.
        warning: what a person must know of it; empty where there is nothing.
    """

    cells: _Levels
    name: str
    caption: str
    warning: str


def look(scan_id: int, known: Figure | None = None) -> Shown:
    """Return a scan to show, after the champion has looked at it.

    Args:
        scan_id: the scan.
        known: what was read of it a moment ago. If None, it is read.
    """
    workbench = app_state.workbench()
    try:
        figure = known or figures(workbench, [scan_id]).get(scan_id)
        looked_now = figure is None or _lacks_heat(figure)
        if figure is None or looked_now:
            # Where the scan is gone, this says so.
            with suppress(NoModelError, BundleError):
                scans.explanation(workbench, scan_id)
            figure = figures(workbench, [scan_id])[scan_id]
        scan_pictures.picture(figure.digest, scan_id)
    except (scans.DamagedScanError, scans.UnknownScanError) as error:
        return Shown(scan_id, None, str(error))
    return Shown(scan_id, figure, looked_now=looked_now)


def look_ahead(following: Iterable[Figure]) -> None:
    """Have the champion look at scans that come next, beside the page, if it has not.

    Args:
        following: the scans.
    """
    for figure in following:
        if _lacks_heat(figure):
            app_state.ahead().submit(_explain_quietly, app_state.workbench(), figure.scan_id)


def _explain_quietly(workbench: Workbench, scan_id: int) -> None:
    # Whoever is shown the scan then is told what is wrong.
    with suppress(NoModelError, BundleError, scans.DamagedScanError, scans.UnknownScanError):
        scans.explanation(workbench, scan_id)


def _lacks_heat(figure: Figure) -> bool:
    return figure.heat is None and figure.model_digest is not None


def forget_all() -> None:
    """Empty what is kept of every scan, since one of them was erased."""
    _by_another_method.clear()
    scan_pictures.forget_all()


def _heat_of(figure: Figure, method: str) -> _Levels | None:
    """Return the heat of every plane, uint8 (6, h, w); None where no model can tell."""
    if figure.heat is None or figure.model_digest is None:
        return None
    if method == next(iter(explain.METHODS)):
        return figure.heat.cells
    try:
        with st.spinner(_("Asking the model where it looked …")):
            return _by_another_method(figure.digest, figure.model_digest, method, figure.scan_id)
    except (NoModelError, BundleError):
        return None


# Kept by what it explains, never by a number: a number is a place in the database.
@st.cache_data(max_entries=1000, show_spinner=False)
def _by_another_method(digest: str, model_digest: str, method: str, _scan_id: int) -> _Levels:
    scan = scans.stored_scan(app_state.workbench(), _scan_id)
    return levels(app_state.workbench().champion().model.explain(scan, method))
