"""How good one version is on the locked scans, for people to judge and to take along."""

import json
import math
from collections.abc import Callable, Sequence
from typing import Any

import streamlit as st

from fetal.evaluation import FEW, Exhibit, Group, Report
from fetal.evaluation.render import DOUBT_WORDS
from fetal.planes import PLANES, Plane
from fetal.progress import BackgroundWork
from fetal.workbench.catalogue.scans import ScanFilter
from fetal.workbench.models import model_evaluation, promotion
from pages.parts.app import app_state
from pages.parts.models import evaluation_plots
from pages.parts.models.figure_words import (
    brackets,
    headline_figure,
    per_plane_columns,
    points,
    said,
)
from pages.parts.review import queue_choice
from pages.parts.shared import confusion_plot, scan_record
from pages.parts.shared.formatting import number, percent, plain, tenths

_PER_PAGE = 3


def show(version: promotion.ModelView) -> None:
    """The evaluation of a version: asked for, computed while the page is left, shown."""
    workbench = app_state.workbench()
    st.markdown("#### Evaluation")
    # A label that is given or changed makes it another evaluation.
    name = f"evaluation {version.id} {promotion.locked_mark(workbench)}"
    if name not in app_state.works():
        st.button(
            "Evaluate",
            key=f"evaluate-{version.id}",
            icon=":material/analytics:",
            help="Measures this version on the labelled scans of the patients that are locked "
            "away: no training here has seen them.",
            on_click=begin,
            args=(name, version.id),
        )
        return
    work = app_state.works()[name]
    if not work.finished:
        app_state.running(name, "Evaluating on the locked scans")
    elif work.failure:
        st.info(plain(work.failure))
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
        f"On {number(report.scans, 'labelled scan', 'labelled scans')} of "
        f"{number(report.patients, 'patient', 'patients')}",
        help="In brackets: where the figure would lie in 95 of 100 such groups of patients.",
    )
    for reason, count in report.left_out.items():
        st.caption(f"{number(count, 'scan', 'scans')} left out: {plain(reason)}.")
    if report.main.n < FEW:
        st.warning(
            f"Only {number(report.main.n, 'scan', 'scans')}: take the figures as a first "
            "impression.",
            icon=":material/info:",
        )
    headline(report)
    planes(report, key)
    pictured(found, key)
    certainty(report, key)
    machines(report, key)
    errors(found, key)
    downloads(found, version)


def headline(report: Report) -> None:
    """The figures that come first."""
    main = report.main
    over = "the four fetal planes" if report.four else "all six planes"
    with st.container(horizontal=True):
        if report.four:
            headline_figure(
                "Right, four fetal planes",
                tenths(report.four.accuracy.value),
                brackets(report.four.accuracy),
                "Accuracy: the share of scans whose plane is right, over brain, abdomen, femur "
                "and thorax.",
            )
        headline_figure(
            "Right, all six planes",
            tenths(report.six.accuracy.value),
            brackets(report.six.accuracy),
            "The same, with maternal cervix and other planes.",
        )
        headline_figure(
            "Planes’ mean",
            tenths(main.balanced_accuracy.value),
            brackets(main.balanced_accuracy),
            "Balanced accuracy: the share found of each plane, averaged, so that rare planes "
            f"count as much as frequent ones. Over {over}.",
        )
        headline_figure(
            "Stated against true",
            f"{100 * main.ece:.1f} points",
            points(main.ece_interval) if main.ece_interval else "",
            "Calibration error: how far the stated probabilities lie from the share that is "
            f"right, on average. 0 is best. Over {over}.",
        )
        headline_figure(
            "Surest, no error",
            tenths(report.coverage.errorless),
            number(report.coverage.errorless_n, "scan", "scans"),
            "The share of the scans that it is surer of than of its surest error: had it "
            f"answered only these, every answer would have been right. Over {over}.",
        )


def planes(report: Report, key: str) -> None:
    """Each plane’s figures."""
    few = f"Of planes with fewer than {FEW} scans no figure is claimed."
    st.markdown("**Each plane**", help=few if report.few else None)
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
        "Plane": plane.title,
        "Scans": found.n if found else report.few[plane],
        "Found": said(found.recall if found else None),
        "Right when named": said(found.precision if found else None),
        "Told apart": said(found.auc if found else None),
    }


def pictured(evaluated: model_evaluation.Evaluated, key: str) -> None:
    """What was taken for what, and whether stated probabilities hold; a click leads to scans."""
    report = evaluated.report

    def cell(plane: Plane, named: Plane) -> None:
        behind = ScanFilter(ids=evaluated.taken_for(plane, named))
        queue_choice.read(f"{plane.title}, taken for {named.title}", behind)

    def group(position: int) -> None:
        name = f"Stated {percent(report.reliability[position].confidence)} probable"
        queue_choice.read(name, ScanFilter(ids=evaluated.in_bin(position)))

    with st.container(key=f"stacked-plots-{key}"):
        taken, stated, surest = st.columns(3, gap="medium")
    with taken:
        st.markdown(
            "**What was taken for what**",
            help="The confusion matrix. A click on a number opens its scans on the Review page.",
        )
        confusion_plot.confusion(
            report.six.confusion, key=f"evaluated-confusion-{key}", on_pick=cell
        )
    with stated:
        st.markdown(
            "**Stated against true**",
            help="Scans in groups by the probability that was stated (reliability). On the dashed "
            "line, of the scans called 80 % probable, 80 % are right; below it, it promises too "
            "much. A click on a point opens its scans on the Review page.",
        )
        evaluation_plots.reliability(report.reliability, f"evaluated-reliability-{key}", group)
    with surest:
        st.markdown(
            "**The surest first**",
            help="If it answered only the scans that it is surest of, and left the others to a "
            "person: how many answers would be right (accuracy against coverage).",
        )
        evaluation_plots.coverage(report.coverage, f"evaluated-coverage-{key}")


def certainty(report: Report, key: str) -> None:
    """How right it was where it was sure, and where it doubted."""
    st.markdown("**Where it was sure, and where it doubted**")
    groups("The model", report.doubts, f"evaluated-doubts-{key}", DOUBT_WORDS)


def machines(report: Report, key: str) -> None:
    """The figures by ultrasound machine."""
    st.markdown("**By ultrasound machine**")
    groups("Machine", report.machines, f"evaluated-machines-{key}", {})


def groups(title: str, found: Sequence[Group], key: str, names: dict[str, str]) -> None:
    """A table of groups of scans."""
    st.dataframe(
        [
            {
                title: names.get(group.name, group.name),
                "Scans": group.scans,
                "Patients": group.patients,
                "Right, four fetal planes": said(group.four),
                "Right, all six planes": said(group.six),
            }
            for group in found
        ],
        hide_index=True,
        key=key,
    )


def errors(found: model_evaluation.Evaluated, key: str) -> None:
    """The worst errors, each with what the model looked at."""
    report, exhibits = found.report, found.exhibits
    st.markdown(
        f"**The worst errors** ({number(report.mistakes, 'error', 'errors')} in all)",
        help="Wrong with the highest stated probability, the worst first. The colours show where "
        "the model saw the plane that it said, and the true one: blue little, yellow much "
        "(Grad-CAM). They explain the model, not the anatomy.",
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
            f"**{case.plane.title}**, taken for **{case.said.title}** · stated "
            f"{tenths(case.confidence)}, for the truth {tenths(case.chance)} · it "
            f"{DOUBT_WORDS[case.doubt]} · {plain(case.machine or 'machine not named')}"
        )
        shown = (
            (one.scan, "The scan"),
            (one.stated, f"Said: {case.said.title}"),
            (one.true, f"True: {case.plane.title}"),
        )
        for column, (picture, words) in zip(st.columns(3), shown, strict=True):
            column.image(picture, caption=words, alt=words, width="stretch")
        scan_record.open_button(scan_id, key=f"open-error-{key}-{scan_id}")


def downloads(found: model_evaluation.Evaluated, version: promotion.ModelView) -> None:
    """The report to take along."""
    key = str(version.id)
    pictures = st.toggle(
        "With the scans of the worst errors",
        key=f"report-pictures-{key}",
        help="These are patients’ scans: leave them out of what you give away.",
    )
    offers: tuple[tuple[str, str, str, Callable[[], str]], ...] = (
        ("Report (HTML)", "html", "text/html", lambda: found.page(pictures=pictures)),
        (
            "Figures (JSON)",
            "json",
            "application/json",
            lambda: json.dumps(found.report.to_json(), indent=1, ensure_ascii=False),
        ),
        ("Model card (Markdown)", "md", "text/markdown", found.card_text),
        ("Checklists (JSON)", "checklists.json", "application/json", found.checklists),
    )
    with st.container(horizontal=True):
        for label, ending, mime, write in offers:
            st.download_button(
                label,
                data=write,
                file_name=f"{version.name} evaluation.{ending}",
                mime=mime,
                key=f"report-{ending.replace('.', '-')}-{key}",
                icon=":material/download:",
                on_click="ignore",
            )
