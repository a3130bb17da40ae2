"""The mask of a scan that waits: the picture before and after, and what a person changes of it."""

import base64
import math
from typing import Any

import streamlit as st

from fetal.scans import Box, Scan, encode_png
from fetal.scans.mask_edits import Change, NothingLeftError, Tool, changed, within
from fetal.workbench.ingest.deid_policy import QuarantinedScan
from fetal.workbench.ingest.original_previews import marked, reduced
from pages.parts.shared.formatting import plain
from pages.parts.texts.catalogue import _, mark
from pages.parts.texts.library_sentences import in_readers_language

_COLUMN = 560
"""About how wide half the page is, in the screen’s pixels."""
_TALLEST = 560
_CALM = {"displayModeBar": False, "scrollZoom": False, "doubleClick": False}
_GRID = 48
"""Points across the picture that a dragged box may catch: without any, dragging tells nothing."""
_TOOLS = {
    Tool.BLANK: mark("Blank it"),
    Tool.BRING_BACK: mark("Bring it back"),
    Tool.KEEP_ONLY: mark("Keep only it"),
}
_SIDES = (mark("Left"), mark("Top"), mark("Right"), mark("Bottom"))


def changes(number: int) -> list[Change]:
    """What the person has changed of a scan's mask so far, in order."""
    made: list[Change] = st.session_state.setdefault(f"mask-{number}", [])
    return made


def forget(number: int) -> None:
    """Let go of the changes to a scan that is decided on."""
    st.session_state.pop(f"mask-{number}", None)


def adjust(number: int, held: QuarantinedScan) -> bool:
    """Show a scan before and after, and let the person change what is blanked.

    Args:
        number: under which it waits.
        held: the scan.

    Returns:
        Whether there is something left to keep.
    """
    scan, trouble = None, ""
    try:
        scan = changed(held.scan, held.before, changes(number))
    except NothingLeftError as error:
        trouble = in_readers_language(error)
    tools, steps = st.columns(2, gap="medium", vertical_alignment="bottom")
    with tools:
        tool = _tool(number)
    with steps:
        _steps(number, scan)
    before, after = st.columns(2, gap="medium")
    with before:
        _draggable(number, held, scan or held.scan, tool)
        st.caption(
            _("As it arrived. What is orange is blanked; yellow boxes are around lettering.")
        )
    with after:
        if scan is None:
            st.error(plain(trouble))
        else:
            with st.container(key=f"figure-waiting-{number}"):
                st.image(
                    encode_png(scan.pixels),
                    width="stretch",
                    output_format="PNG",
                    alt=_("The scan as it would be stored"),
                )
            st.caption(_("As it would be stored."))
    _by_numbers(number, (scan or held.scan).sector, held.before.shape, tool)
    return scan is not None


def _tool(number: int) -> Tool:
    chosen = st.segmented_control(
        _("Drag a box over the picture to"),
        list(_TOOLS),
        default=Tool.BLANK,
        required=True,
        format_func=lambda tool: _(_TOOLS[tool]),
        key=f"mask-tool-{number}",
    )
    return Tool(chosen)


def _steps(number: int, scan: Scan | None) -> None:
    """Blank all lettering at once, and take back what was done."""
    made = changes(number)
    lettering = scan.lettering if scan is not None else ()
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        if lettering:
            st.button(
                _("Blank the lettering"),
                key=f"mask-lettering-{number}",
                icon=":material/ink_eraser:",
                on_click=made.extend,
                args=([Change(Tool.BLANK, box) for box in lettering],),
            )
        if made:
            st.button(
                _("Undo"),
                key=f"mask-undo-{number}",
                icon=":material/undo:",
                on_click=_undo,
                args=(made,),
            )
            st.button(_("Start over"), key=f"mask-reset-{number}", on_click=made.clear)


def _undo(made: list[Change]) -> None:
    del made[-1:]


def _draggable(number: int, held: QuarantinedScan, scan: Scan, tool: Tool) -> None:
    import plotly.graph_objects as graph

    height, width = held.before.shape
    # A chart of its own for each step, or the box that was dragged last would stay on it.
    key = f"mask-chart-{number}-{len(changes(number))}-{tool.name}"
    points = [
        (width * (x + 0.5) / _GRID, height * (y + 0.5) / _GRID)
        for x in range(_GRID)
        for y in range(_GRID)
    ]
    picture = base64.b64encode(reduced(marked(held.before, scan))).decode()
    unseen = {"marker": {"opacity": 0}}
    drawn = graph.Figure(
        graph.Scatter(
            x=[x for x, _ in points],
            y=[y for _, y in points],
            mode="markers",
            marker={"opacity": 0, "size": 1},
            selected=unseen,
            unselected=unseen,
            hoverinfo="skip",
        )
    )
    drawn.add_layout_image(
        source=f"data:image/jpeg;base64,{picture}",
        xref="x",
        yref="y",
        x=0,
        y=0,
        sizex=width,
        sizey=height,
        sizing="stretch",
        layer="below",
    )
    hidden: dict[str, Any] = {"visible": False, "fixedrange": True}
    drawn.update_layout(
        height=round(min(_TALLEST, _COLUMN * height / width)),
        margin={"l": 0, "r": 0, "t": 0, "b": 0},
        dragmode="select",
        # Else a low box would count as a strip from the top to the bottom.
        selectdirection="d",
        newselection={"line": {"color": "#ffffff", "width": 2}},
        xaxis={**hidden, "range": [0, width], "constrain": "domain"},
        yaxis={**hidden, "range": [height, 0], "scaleanchor": "x", "constrain": "domain"},
        plot_bgcolor="#000000",
    )
    st.plotly_chart(
        drawn,
        key=key,
        config=_CALM,
        on_select=lambda: _dragged(number, key, tool, held.before.shape),
        selection_mode="box",
    )


def _dragged(number: int, key: str, tool: Tool, shape: tuple[int, ...]) -> None:
    """Keep what was dragged as a change."""
    for one in st.session_state[key]["selection"]["box"]:
        (left, right), (top, bottom) = sorted(one["x"]), sorted(one["y"])
        _add(
            number,
            tool,
            Box(math.floor(left), math.floor(top), math.ceil(right), math.ceil(bottom)),
            shape,
        )


def _add(number: int, tool: Tool, box: Box, shape: tuple[int, ...]) -> None:
    inside = within(box, shape)
    if inside.width and inside.height:
        changes(number).append(Change(tool, inside))


def _by_numbers(number: int, sector: Box, shape: tuple[int, ...], tool: Tool) -> None:
    """The same without a mouse."""
    with (
        st.expander(_("By numbers, without dragging"), key=f"mask-numbers-{number}"),
        st.form(f"mask-box-{number}", border=False),
    ):
        st.caption(_("The borders of a box, in pixels from the left and from the top."))
        height, width = shape[:2]
        step = len(changes(number))
        keys = [f"mask-{side.lower()}-{number}-{step}" for side in _SIDES]
        ends = (width, height, width, height)
        for column, side, key, end, value in zip(
            st.columns(4), _SIDES, keys, ends, sector, strict=True
        ):
            column.number_input(_(side), 0, end, value, key=key)
        st.form_submit_button(
            _(_TOOLS[tool]),
            key=f"mask-apply-{number}",
            on_click=lambda: _add(
                number, tool, Box(*(int(st.session_state[key]) for key in keys)), shape
            ),
        )
