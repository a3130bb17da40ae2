"""Two models side by side on the scans that no training has seen."""

import math

import streamlit as st

from fetal.metrics import Evaluation
from fetal.planes import PLANES, Plane
from fetal.workbench import models, views
from pages.parts import desk, figure, plots
from pages.parts.background import Work
from pages.parts.words import label, number, tenths

_PER_PAGE = 4
_INTERVAL = (
    "The range in brackets: had other patients of the same kind been measured, the figure would "
    "lie in it 95 times out of 100 (resampled by patient)."
)


def show(champion: models.ModelView, challenger: models.ModelView) -> None:
    """The comparison, computed while the page waits or is left."""
    bench = desk.workbench()
    labelled = views.count(bench, views.ScanFilter(reviewed=True))
    name = f"comparison {champion.id} {challenger.id} {labelled}"
    asked = st.button(
        "Compare again",
        key="compare-again",
        type="tertiary",
        icon=":material/refresh:",
        help="After a label has been changed, the comparison may differ.",
    )
    if asked or name not in desk.works():
        desk.works()[name] = Work(
            lambda report: models.compare(bench, champion.id, challenger.id, on_progress=report)
        )
    work = desk.works()[name]
    if not work.finished:
        desk.running(name, "Comparing on the locked scans")
    elif work.failure:
        st.error(work.failure)
    else:
        side_by_side(work.result, champion, challenger)


def side_by_side(
    comparison: models.Comparison, champion: models.ModelView, challenger: models.ModelView
) -> None:
    """Both models' figures."""
    st.markdown(f"**{comparison.words}.**")
    if comparison.first is None or comparison.second is None:
        return
    st.caption(
        f"Measured on {number(comparison.n_scans, 'labelled scan', 'labelled scans')} of "
        f"{number(comparison.n_patients, 'patient', 'patients')} that no training here has seen. "
        f"{_INTERVAL}"
    )
    if comparison.left_out:
        st.caption(
            f"{number(comparison.left_out, 'scan is', 'scans are')} left out, because one of the "
            "two has learnt from them."
        )
    for column, version, evaluation, side in zip(
        st.columns(2, gap="medium"),
        (champion, challenger),
        (comparison.first, comparison.second),
        ("champion", "challenger"),
        strict=True,
    ):
        with column.container(border=True, key=f"figures-{side}"):
            figures(version, evaluation, side)
    disagreements(comparison, champion, challenger)


def figures(version: models.ModelView, evaluation: Evaluation, side: str) -> None:
    """One model's accuracy, its figures for each plane and its confusions."""
    accuracy = evaluation.accuracy
    st.metric(
        f"{side.capitalize()}: {version.name}",
        tenths(accuracy.value),
        help="Accuracy: the share of scans whose plane is right.",
    )
    st.caption(f"right answers (accuracy), {tenths(accuracy.low)} to {tenths(accuracy.high)}")
    per_plane = evaluation.per_plane
    st.dataframe(
        [
            {
                "Plane": plane.title,
                "Scans": per_plane[plane].n,
                "Found": per_plane[plane].recall.value * 100,
                "Right when named": per_plane[plane].precision.value * 100,
            }
            for plane in PLANES
            if plane in per_plane
        ],
        hide_index=True,
        column_config={
            "Found": st.column_config.NumberColumn(
                format="%.0f %%", help="Of the scans of this plane, how many it found (recall)."
            ),
            "Right when named": st.column_config.NumberColumn(
                format="%.0f %%",
                help="Of the scans it called this plane, how many are (precision).",
            ),
        },
        key=f"planes-{side}",
    )
    st.caption("What was taken for what (confusion matrix)")
    plots.confusion(evaluation.confusion, key=f"confusion-{side}")


def disagreements(
    comparison: models.Comparison, champion: models.ModelView, challenger: models.ModelView
) -> None:
    """The scans on which the two say different things."""
    found = comparison.disagreements
    st.subheader(f"Where they disagree: {number(len(found), 'scan', 'scans')}")
    if not found:
        return
    pages = math.ceil(len(found) / _PER_PAGE)
    page = st.pagination(pages, key="disagreements-page") if pages > 1 else 1
    on_page = found[(min(page, pages) - 1) * _PER_PAGE : min(page, pages) * _PER_PAGE]
    for column, one in zip(st.columns(_PER_PAGE), on_page, strict=False):
        with column, st.container(key=f"thumb-differ-{one.scan.id}", border=True):
            st.image(figure.thumbnail(one.scan.id), width="stretch", alt=one.scan.name)
            st.markdown(
                f"labelled **{label(one.label)}**  \n"
                f"champion {mark(one.first, one.label)}  \nchallenger {mark(one.second, one.label)}"
            )


def mark(said: Plane, truth: Plane) -> str:
    """What a model said, marked as right or wrong in words and colour."""
    colour, word = ("green", "right") if said == truth else ("orange", "wrong")
    return f":{colour}[{label(said)} ({word})]"
