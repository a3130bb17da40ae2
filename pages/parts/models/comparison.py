"""Two models side by side on the scans that no training has seen."""

import math

import streamlit as st

from fetal.metrics import Evaluation, Interval, Verdict
from fetal.planes import PLANES, Plane
from fetal.progress import BackgroundWork
from fetal.workbench.catalogue.scans import ScanFilter
from fetal.workbench.models import promotion
from pages.parts.app import app_state
from pages.parts.models import test_set, verdict_words
from pages.parts.models.figure_words import (
    brackets,
    headline_figure,
    in_points,
    per_plane_columns,
    points,
    taken_for,
)
from pages.parts.review import queue_choice
from pages.parts.shared import confusion_plot, scan_pictures, scan_record
from pages.parts.shared.formatting import label, number, plain, tenths
from pages.parts.texts import customs
from pages.parts.texts.catalogue import _, mark, ngettext
from pages.parts.texts.library_sentences import in_readers_language

_PER_PAGE = 4
_INTERVAL = mark(
    "The range in brackets: had other patients of the same kind been measured, the figure would "
    "lie in it 95 times out of 100 (resampled by patient)."
)

# Certain or not: of what is not shown to be harmless, only some is shown to be harmful.
_BOXES = {
    (Verdict.BETTER, True): (st.success, ":material/thumb_up:"),
    (Verdict.NOT_WORSE, False): (st.info, ":material/balance:"),
    (Verdict.NOT_WORSE, True): (st.info, ":material/balance:"),
    (Verdict.WORSE, False): (st.warning, ":material/help:"),
    (Verdict.WORSE, True): (st.error, ":material/thumb_down:"),
}


def show(champion: promotion.ModelView, challenger: promotion.ModelView) -> None:
    """The comparison, computed while the page waits or is left."""
    workbench = app_state.workbench()
    name = _name(champion, challenger)
    if name not in app_state.works():
        app_state.works()[name] = BackgroundWork(
            lambda on_progress: promotion.compare(
                workbench, champion.id, challenger.id, on_progress=on_progress
            )
        )
    work = app_state.works()[name]
    if not work.finished:
        app_state.running(name, _("Comparing on the locked scans"))
    elif work.failure:
        st.error(plain(in_readers_language(work.failure)))
        st.button(
            _("Compare again"),
            key="compare-again",
            icon=":material/refresh:",
            on_click=forget,
            args=(name,),
        )
    else:
        side_by_side(work.result, champion, challenger)


def forget(name: str) -> None:
    """Let go of a comparison that failed; it is made again."""
    app_state.works().pop(name, None)


def found(
    champion: promotion.ModelView, challenger: promotion.ModelView
) -> promotion.Comparison | None:
    """The comparison of the two with the labels as they are now, if it has been made."""
    work = app_state.works().get(_name(champion, challenger))
    if work is None or not work.finished or work.failure:
        return None
    comparison: promotion.Comparison = work.result
    return comparison


def _name(champion: promotion.ModelView, challenger: promotion.ModelView) -> str:
    # Another label on a locked scan, or another locked scan, asks for another comparison.
    state = promotion.locked_mark(app_state.workbench())
    return f"comparison-{champion.id}-{challenger.id}-{state}"


def side_by_side(
    comparison: promotion.Comparison, champion: promotion.ModelView, challenger: promotion.ModelView
) -> None:
    """The verdict, and both models' figures."""
    if comparison.first is None or comparison.second is None:
        st.info(plain(in_readers_language(comparison.words)), icon=":material/info:")
        test_set.changes(comparison.locked)
        return
    verdict(comparison, challenger)
    sentence = (
        _(
            "Measured on {scans} of {patients} that no training here has seen; {more} more do not "
            "count, because one of the two has learnt from them."
        )
        if comparison.left_out
        else _("Measured on {scans} of {patients} that no training here has seen.")
    )
    st.caption(
        sentence.format(
            scans=number(comparison.n_scans, "labelled scan", "labelled scans"),
            patients=number(comparison.n_patients, "patient", "patients"),
            more=customs.whole(comparison.left_out),
        ),
        help=f"{_(_INTERVAL)}\n\n{_margin(comparison)}",
    )
    test_set.changes(comparison.locked)
    with st.container(key="stacked-figures"):
        both = st.columns(2, gap="medium")
    for column, version, evaluation, by_second in zip(
        both,
        (champion, challenger),
        (comparison.first, comparison.second),
        (False, True),
        strict=True,
    ):
        side = "challenger" if by_second else "champion"
        with column.container(border=True, key=f"figures-{side}"):
            figures(version, evaluation, side)
            confusions(comparison, evaluation, by_second=by_second)
    disagreements(comparison, champion, challenger)


def verdict(comparison: promotion.Comparison, challenger: promotion.ModelView) -> None:
    """Whether the challenger may take the champion’s place, and what that rests on."""
    if comparison.verdict is None:
        return
    box, icon = _BOXES[comparison.verdict.verdict, comparison.verdict.certain]
    with st.container(key="verdict"):
        box(verdict_words.outcome(comparison, challenger), icon=icon)


def _margin(comparison: promotion.Comparison) -> str:
    if comparison.verdict is None:
        return ""
    margin = 100 * comparison.verdict.margin
    return ngettext(
        "Better and not worse hold with 95 % certainty. Not worse allows a loss of up to {n} scan "
        "of 100 (the margin, in percentage points). Where the scans are too few to show that, the "
        "challenger does not pass.",
        "Better and not worse hold with 95 % certainty. Not worse allows a loss of up to {n} scans "
        "of 100 (the margin, in percentage points). Where the scans are too few to show that, the "
        "challenger does not pass.",
        1 if margin == 1 else 2,
    ).format(n=customs.with_its_point(f"{margin:g}"))


def figures(version: promotion.ModelView, evaluation: Evaluation, side: str) -> None:
    """One model's accuracy, its figures for each plane and its confusions."""
    accuracy = evaluation.accuracy
    title = _("**Challenger: {name}**") if side == "challenger" else _("**Champion: {name}**")
    st.markdown(title.format(name=plain(version.name)))
    with st.container(horizontal=True, gap="large"):
        headline_figure(
            _("Right answers"),
            tenths(accuracy.value),
            brackets(accuracy),
            _("Accuracy: the share of scans whose plane is right."),
        )
        if gap := evaluation.ece_interval:
            headline_figure(
                _("Stated against true"),
                in_points(gap.value),
                points(gap),
                _(
                    "Calibration error: how far the stated probabilities lie from the share that "
                    "is right, on average. 0 is best."
                ),
            )
    per_plane = evaluation.per_plane
    st.dataframe(
        [
            {
                _("Plane"): label(plane),
                _("Scans"): per_plane[plane].n,
                _("Found"): tenths(per_plane[plane].recall.value),
                _("Right when named"): tenths(per_plane[plane].precision.value),
                _("Told apart"): _share(per_plane[plane].auc),
            }
            for plane in PLANES
            if plane in per_plane
        ],
        hide_index=True,
        column_config=per_plane_columns(),
        key=f"planes-{side}",
    )


def confusions(
    comparison: promotion.Comparison, evaluation: Evaluation, *, by_second: bool
) -> None:
    """What one of the two took for what; a click on a number opens its scans."""

    def cell(plane: Plane, named: Plane) -> None:
        behind = ScanFilter(ids=comparison.taken_for(plane, named, by_second=by_second))
        queue_choice.read(taken_for(plane, named), behind)

    st.markdown(
        _("**What was taken for what**"),
        help=_("The confusion matrix. A click on a number opens its scans on the Review page."),
    )
    side = "challenger" if by_second else "champion"
    confusion_plot.confusion(evaluation.confusion, key=f"confusion-{side}", on_pick=cell)


def disagreements(
    comparison: promotion.Comparison, champion: promotion.ModelView, challenger: promotion.ModelView
) -> None:
    """The scans on which the two say different things."""
    found = comparison.disagreements
    scans = number(len(found), "scan", "scans")
    st.subheader(_("Where they disagree: {scans}").format(scans=scans))
    if not found:
        return
    pages = math.ceil(len(found) / _PER_PAGE)
    page = st.pagination(pages, key="disagreements-page") if pages > 1 else 1
    on_page = found[(min(page, pages) - 1) * _PER_PAGE : min(page, pages) * _PER_PAGE]
    for column, one in zip(st.columns(_PER_PAGE), on_page, strict=False):
        with column, st.container(key=f"thumb-differ-{one.scan.id}", border=True):
            scan_pictures.small(one.scan.id, one.scan.name)
            st.markdown(
                _("labelled **{label}**  \nchampion {first}  \nchallenger {second}").format(
                    label=label(one.label),
                    first=judged(one.first, one.label),
                    second=judged(one.second, one.label),
                )
            )
            scan_record.open_button(one.scan.id, key=f"open-differ-{one.scan.id}")


def judged(said: Plane, truth: Plane) -> str:
    """What a model said, marked as right or wrong in words and colour."""
    words = _(":green[{plane} (right)]") if said == truth else _(":orange[{plane} (wrong)]")
    return words.format(plane=label(said))


def _share(figure: Interval | None) -> str:
    return "–" if figure is None else tenths(figure.value)
