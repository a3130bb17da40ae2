"""How good one version is on the locked scans, for people to judge and to take along."""

import json
from collections.abc import Callable, Sequence
from typing import Any

import streamlit as st

from fetal.evaluation import FEW, Group, Report
from fetal.planes import PLANES, Plane
from fetal.progress import BackgroundWork
from fetal.workbench.catalogue.scans import ScanFilter
from fetal.workbench.models import model_evaluation, promotion
from pages.parts.app import app_state
from pages.parts.models import evaluation_plots, worst_errors
from pages.parts.models.figure_words import (
    brackets,
    headline_figure,
    in_points,
    per_plane_columns,
    points,
    said,
    taken_for,
)
from pages.parts.review import queue_choice
from pages.parts.shared import confusion_plot
from pages.parts.shared.formatting import label, number, percent, plain, tenths
from pages.parts.texts.catalogue import _
from pages.parts.texts.library_sentences import in_readers_language

_PER_PAGE = 3


def show(version: promotion.ModelView) -> None:
    """The evaluation of a version: asked for, computed while the page is left, shown."""
    workbench = app_state.workbench()
    st.markdown(_("#### Evaluation"))
    # A label that is given or changed makes it another evaluation.
    name = f"evaluation-{version.id}-{promotion.locked_mark(workbench)}"
    if name not in app_state.works():
        st.button(
            _("Evaluate"),
            key=f"evaluate-{version.id}",
            icon=":material/analytics:",
            help=_(
                "Measures this version on the labelled scans of the patients that are locked "
                "away: no training here has seen them."
            ),
            on_click=begin,
            args=(name, version.id),
        )
        return
    work = app_state.works()[name]
    if not work.finished:
        app_state.running(name, _("Evaluating on the locked scans"))
    elif work.failure:
        st.info(plain(in_readers_language(work.failure)))
    else:
        whole(work.result, version)


def begin(name: str, version_id: int) -> None:
    """Start the evaluation in the background, under its name."""
    workbench = app_state.workbench()
    app_state.works()[name] = BackgroundWork(
        lambda on_progress: model_evaluation.evaluate(workbench, version_id, on_progress)
    )


def whole(found: model_evaluation.Evaluated, version: promotion.ModelView) -> None:
    """All of an evaluation."""
    report, key = found.report, str(version.id)
    st.markdown(
        _("On {scans} of {patients}").format(
            scans=number(report.scans, "labelled scan", "labelled scans"),
            patients=number(report.patients, "patient", "patients"),
        ),
        help=_("In brackets: where the figure would lie in 95 of 100 such groups of patients."),
    )
    for reason, count in report.left_out.items():
        st.caption(
            _("{scans} left out: {reason}.").format(
                scans=number(count, "scan", "scans"), reason=plain(in_readers_language(reason))
            )
        )
    if report.main.n < FEW:
        st.warning(
            _("Only {scans}: take the figures as a first impression.").format(
                scans=number(report.main.n, "scan", "scans")
            ),
            icon=":material/info:",
        )
    headline(report)
    planes(report, key)
    pictured(found, key)
    certainty(report, key)
    machines(report, key)
    worst_errors.show(found, key)
    downloads(found, version)


def headline(report: Report) -> None:
    """The figures that come first."""
    main = report.main
    over = _("the four fetal planes") if report.four else _("all six planes")
    with st.container(horizontal=True):
        if report.four:
            headline_figure(
                _("Right, four fetal planes"),
                tenths(report.four.accuracy.value),
                brackets(report.four.accuracy),
                _(
                    "Accuracy: the share of scans whose plane is right, over brain, abdomen, femur "
                    "and thorax."
                ),
            )
        headline_figure(
            _("Right, all six planes"),
            tenths(report.six.accuracy.value),
            brackets(report.six.accuracy),
            _("The same, with maternal cervix and other planes."),
        )
        headline_figure(
            _("Planes’ mean"),
            tenths(main.balanced_accuracy.value),
            brackets(main.balanced_accuracy),
            _(
                "Balanced accuracy: the share found of each plane, averaged, so that rare planes "
                "count as much as frequent ones. Over {planes}."
            ).format(planes=over),
        )
        headline_figure(
            _("Stated against true"),
            in_points(main.ece),
            points(main.ece_interval) if main.ece_interval else "",
            _(
                "Calibration error: how far the stated probabilities lie from the share that is "
                "right, on average. 0 is best. Over {planes}."
            ).format(planes=over),
        )
        headline_figure(
            _("Surest, no error"),
            tenths(report.coverage.errorless),
            number(report.coverage.errorless_n, "scan", "scans"),
            _(
                "The share of the scans that it is surer of than of its surest error: had it "
                "answered only these, every answer would have been right. Over {planes}."
            ).format(planes=over),
        )


def planes(report: Report, key: str) -> None:
    """Each plane’s figures."""
    few = _("Of planes with fewer than {count} scans no figure is claimed.").format(count=FEW)
    st.markdown(_("**Each plane**"), help=few if report.few else None)
    rows = [_plane(report, plane) for plane in PLANES]
    st.dataframe(
        rows,
        hide_index=True,
        key=f"evaluated-planes-{key}",
        column_config=per_plane_columns(),
    )


def _plane(report: Report, plane: Plane) -> dict[str, Any]:
    found = report.six.per_plane.get(plane)
    return {
        _("Plane"): label(plane),
        _("Scans"): found.n if found else report.few[plane],
        _("Found"): said(found.recall if found else None),
        _("Right when named"): said(found.precision if found else None),
        _("Told apart"): said(found.auc if found else None),
    }


def pictured(evaluated: model_evaluation.Evaluated, key: str) -> None:
    """What was taken for what, and whether stated probabilities hold; a click leads to scans."""
    report = evaluated.report

    def cell(plane: Plane, named: Plane) -> None:
        behind = ScanFilter(ids=evaluated.taken_for(plane, named))
        queue_choice.read(taken_for(plane, named), behind)

    def group(position: int) -> None:
        name = _("Stated {share} probable").format(
            share=percent(report.reliability[position].confidence)
        )
        queue_choice.read(name, ScanFilter(ids=evaluated.in_bin(position)))

    with st.container(key=f"stacked-plots-{key}"):
        taken, stated, surest = st.columns(3, gap="medium")
    with taken:
        st.markdown(
            _("**What was taken for what**"),
            help=_("The confusion matrix. A click on a number opens its scans on the Review page."),
        )
        confusion_plot.confusion(
            report.six.confusion, key=f"evaluated-confusion-{key}", on_pick=cell
        )
    with stated:
        st.markdown(
            _("**Stated against true**"),
            help=_(
                "Scans in groups by the probability that was stated (reliability). On the dashed "
                "line, of the scans called 80 % probable, 80 % are right; below it, it promises "
                "too much. A click on a point opens its scans on the Review page."
            ),
        )
        evaluation_plots.reliability(report.reliability, f"evaluated-reliability-{key}", group)
    with surest:
        st.markdown(
            _("**The surest first**"),
            help=_(
                "If it answered only the scans that it is surest of, and left the others to a "
                "person: how many answers would be right (accuracy against coverage)."
            ),
        )
        evaluation_plots.coverage(report.coverage, f"evaluated-coverage-{key}")


def certainty(report: Report, key: str) -> None:
    """How right it was where it was sure, and where it doubted."""
    st.markdown(_("**Where it was sure, and where it doubted**"))
    names = {doubt: _(words) for doubt, words in worst_errors.DOUBTS.items()}
    groups(_("The model"), report.doubts, f"evaluated-doubts-{key}", names)


def machines(report: Report, key: str) -> None:
    """The figures by ultrasound machine."""
    st.markdown(_("**By ultrasound machine**"))
    groups(_("Machine"), report.machines, f"evaluated-machines-{key}", {})


def groups(title: str, found: Sequence[Group], key: str, names: dict[str, str]) -> None:
    """A table of groups of scans."""
    st.dataframe(
        [
            {
                title: names.get(group.name, group.name),
                _("Scans"): group.scans,
                _("Patients"): group.patients,
                _("Right, four fetal planes"): said(group.four),
                _("Right, all six planes"): said(group.six),
            }
            for group in found
        ],
        hide_index=True,
        key=key,
    )


def downloads(found: model_evaluation.Evaluated, version: promotion.ModelView) -> None:
    """The report to take along."""
    key = str(version.id)
    pictures = st.toggle(
        _("With the scans of the worst errors"),
        key=f"report-pictures-{key}",
        help=_("These are patients’ scans: leave them out of what you give away."),
    )
    offers: tuple[tuple[str, str, str, Callable[[], str]], ...] = (
        (_("Report (HTML)"), "html", "text/html", lambda: found.page(pictures=pictures)),
        (
            _("Figures (JSON)"),
            "json",
            "application/json",
            lambda: json.dumps(found.report.to_json(), indent=1, ensure_ascii=False),
        ),
        (_("Model card (Markdown)"), "md", "text/markdown", found.card_text),
        (_("Checklists (JSON)"), "checklists.json", "application/json", found.checklists),
    )
    with st.container(horizontal=True):
        for words, ending, mime, write in offers:
            st.download_button(
                words,
                data=write,
                file_name=_("{model} evaluation.{ending}").format(
                    model=version.name, ending=ending
                ),
                mime=mime,
                key=f"report-{ending.replace('.', '-')}-{key}",
                icon=":material/download:",
                on_click="ignore",
            )
