"""Many scans on one sheet: look at all of them, choose, and label them at once."""

import hashlib
from dataclasses import replace
from pathlib import Path

import streamlit as st

from fetal.planes import PLANES
from fetal.workbench.annotations import label_batches
from fetal.workbench.catalogue import scans
from fetal.workbench.catalogue.scan_figures import figures
from fetal.workbench.catalogue.scans import UNUSABLE, ScanFilter, ScanView
from fetal.workbench.core.permissions import Permission
from pages.parts.app import app_state, current_user
from pages.parts.routes.picture_route import small_address
from pages.parts.shared.component_data import without_tables
from pages.parts.shared.formatting import label, number, percent, plain
from pages.parts.texts import customs
from pages.parts.texts.catalogue import _, ngettext

LARGEST = 200
_HERE = Path(__file__).parent
_COMPONENT = st.components.v2.component(
    "fetal_sheet",
    html=(_HERE / "sheet.html").read_text(encoding="utf-8"),
    css=(_HERE / "sheet.css").read_text(encoding="utf-8"),
    js=(_HERE / "sheet.js").read_text(encoding="utf-8"),
)
_KEY = "dataset-sheet"
_DONE = "sheet-done"


def show(chosen: ScanFilter, found: int) -> None:
    """Show the scans of the filter on one sheet, all chosen at first.

    Args:
        chosen: which scans.
        found: how many there are.
    """
    if not app_state.may_or_says_why(Permission.LABEL):
        return
    _done()
    if not found:
        st.info(_("No scan fits. Add scans on the Scans page, import some, or loosen the filter."))
        return
    listed = scans.scans(app_state.workbench(), replace(chosen, limit=LARGEST))
    if found > len(listed):
        newest = _("The newest {count} of {all}. Label these, and the others follow.")
        st.caption(newest.format(count=customs.whole(len(listed)), all=customs.whole(found)))
    show_listed(listed)


def show_listed(listed: list[ScanView]) -> None:
    """Show some scans on one sheet.

    Args:
        listed: the scans, at most 500.
    """
    drawn = figures(app_state.workbench(), [one.id for one in listed])
    there = [one for one in listed if one.id in drawn]
    seen = {one.id: one.label_id for one in there}

    def act() -> None:
        if (given := st.session_state[_KEY]["act"]) is not None:
            wanted = {int(one): seen[int(one)] for one in given["scans"] if int(one) in seen}
            keep(wanted, given["label"])

    _COMPONENT(
        key=_KEY,
        data=without_tables(
            {
                "mark": hashlib.sha256(repr(sorted(seen.items())).encode()).hexdigest(),
                "scans": [
                    {
                        "scan": one.id,
                        "address": small_address(drawn[one.id].digest),
                        "words": words(one),
                    }
                    for one in there
                ],
                "labels": [
                    {"label": one, "words": label(one)}
                    for one in (*(plane.value for plane in PLANES), UNUSABLE)
                ],
                "texts": {
                    "count": _("{chosen} of {all} chosen"),
                    "all": _("Choose all"),
                    "none": _("Choose none"),
                    "accept": _("Accept what the model says"),
                    "label": _("Label"),
                    "give": _("Give this label"),
                    "scans": _("Scans; a click chooses one, with Shift all from the last one"),
                },
            }
        ),
        on_act_change=act,
        height="content",
    )


def keep(seen: dict[int, int | None], value: str | None) -> None:
    """Label scans in the person's name.

    Args:
        seen: the scans, each with the label that the person saw.
        value: the label; None accepts what the model says.
    """
    try:
        done = label_batches.label_many(app_state.workbench(), seen, value, current_user.name())
    except label_batches.BatchError as error:
        app_state.tell("sheet", str(error))
    else:
        st.session_state[_DONE] = done


def take_back(batch_id: str) -> None:
    """Take back what was labelled at once."""
    st.session_state.pop(_DONE, None)
    try:
        taken = label_batches.undo_batch(app_state.workbench(), batch_id, current_user.name())
    except label_batches.BatchError as error:
        app_state.tell("sheet", str(error))
    else:
        labels = number(len(taken), "label", "labels")
        st.toast(_("Taken back: {labels}.").format(labels=labels))


def words(scan: ScanView) -> str:
    """A line under a small picture, as plain text."""
    if scan.label is not None:
        said, differs = f"✓ {label(scan.label)}", _("≠ model")
        return f"{said} {differs}" if scan.agrees is False else said
    if scan.predicted is None:
        return scan.name
    return f"{label(scan.predicted)}, {percent(scan.confidence or 0.0)}"


def _done() -> None:
    """What was labelled last, with one undo for all of it."""
    app_state.show_told("sheet")
    done: label_batches.Batch | None = st.session_state.get(_DONE)
    if done is None:
        return
    said, way_back = st.columns([5, 1], vertical_alignment="center")
    labelled = number(len(done.labelled), "scan labelled", "scans labelled")
    sentences = [f"{labelled}."]
    if done.left_out:
        left = ngettext(
            "{n} scan was left as it is: labelled anew meanwhile, erased, or without an opinion to "
            "accept.",
            "{n} scans were left as they are: labelled anew meanwhile, erased, or without an "
            "opinion to accept.",
            len(done.left_out),
        )
        sentences.append(left.format(n=customs.whole(len(done.left_out))))
    said.success(plain(" ".join(sentences)), icon=":material/check:")
    if done.id:
        way_back.button(
            _("Undo all {count}").format(count=customs.whole(len(done.labelled))),
            key="sheet-undo",
            icon=":material/undo:",
            on_click=take_back,
            args=(done.id,),
            width="stretch",
        )
