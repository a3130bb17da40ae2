"""The errors of a version that it was surest of, each with what it looked at."""

import math

import streamlit as st

from fetal.evaluation import Exhibit
from fetal.predict import Doubt
from fetal.workbench.models import model_evaluation
from pages.parts.shared import scan_record
from pages.parts.shared.formatting import label, number, plain, tenths
from pages.parts.texts.catalogue import _, mark

_PER_PAGE = 3
DOUBTS: dict[str, str] = {
    Doubt.SURE: mark("was sure"),
    Doubt.CHECK: mark("asked for a check"),
    Doubt.UNKNOWN: mark("called it no plane that it knows"),
}
"""How a person reads a doubt, after “the model …”."""


def show(found: model_evaluation.Evaluated, key: str) -> None:
    """The worst errors, each with what the model looked at."""
    report, exhibits = found.report, found.exhibits
    st.markdown(
        _("**The worst errors** ({errors} in all)").format(
            errors=number(report.mistakes, "error", "errors")
        ),
        help=_(
            "Wrong with the highest stated probability, the worst first. The colours show where "
            "the model saw the plane that it said, and the true one: blue little, yellow much "
            "(Grad-CAM). They explain the model, not the anatomy."
        ),
    )
    if not exhibits:
        return
    pages = math.ceil(len(exhibits) / _PER_PAGE)
    page = st.pagination(pages, key=f"errors-page-{key}") if pages > 1 else 1
    first = (min(page, pages) - 1) * _PER_PAGE
    for one in exhibits[first : first + _PER_PAGE]:
        error(one, found.numbers[one.mistake.digest], key)


def error(one: Exhibit, scan_id: int, key: str) -> None:
    """One error with its three pictures, and the way to put its label right."""
    case = one.mistake
    with st.container(border=True, key=f"thumb-error-{key}-{case.digest[:12]}"):
        st.markdown(
            _(
                "**{plane}**, taken for **{said}** · stated {stated}, for the truth {true} · it "
                "{doubt} · {machine}"
            ).format(
                plane=label(case.plane),
                said=label(case.said),
                stated=tenths(case.confidence),
                true=tenths(case.chance),
                doubt=_(DOUBTS[case.doubt]),
                machine=plain(case.machine or _("machine not named")),
            )
        )
        shown = (
            (one.scan, _("The scan")),
            (one.stated, _("Said: {plane}").format(plane=label(case.said))),
            (one.true, _("True: {plane}").format(plane=label(case.plane))),
        )
        for column, (picture, words) in zip(st.columns(3), shown, strict=True):
            column.image(picture, caption=words, alt=words, width="stretch")
        scan_record.open_button(scan_id, key=f"open-error-{key}-{scan_id}")
