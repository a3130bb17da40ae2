"""Trainings side by side: their curves, what was set otherwise, and what came of it."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st

from fetal.workbench.retraining import compare_runs, service
from fetal.workbench.retraining.compare_runs import DataDifference
from fetal.workbench.retraining.run_accuracies import Tested
from fetal.workbench.retraining.service import RunView
from pages.parts.app import app_state, beside
from pages.parts.shared import plots
from pages.parts.shared.formatting import duration, number, plain, tenths, with_interval
from pages.parts.texts import customs
from pages.parts.texts.catalogue import _, mark
from pages.parts.train.measured_runs import measured
from pages.parts.train.runs import STATES
from pages.parts.train.setting_rows import differences, rows_of
from pages.parts.train.settings_words import put, words

MOST = len(plots.RUN_COLOURS)
"""More trainings than colours could not be told apart."""

_AT_FIRST = 4
_FEWEST_ACROSS = 3
_MOST_AXES = 5
_FEW = 6
_WIDE = 20.0
"""From which ratio of largest to smallest an axis counts in powers of ten."""

_BEST = mark("Right on held-back patients")
_BEST_HELP = mark(
    "The largest share of right answers after any pass on the patients that the training checks "
    "itself on (validation accuracy). Trainings on other scans are checked on other patients too."
)
_LOCKED = mark("Right on the locked test set")


def show(runs: Sequence[RunView]) -> None:
    """Let a person lay trainings side by side, once there are two."""
    able = {run.id: run for run in compare_runs.comparable(runs)}
    if len(able) < 2:
        return
    st.subheader(_("Trainings side by side"))
    chosen = st.multiselect(
        _("Which trainings"),
        list(able),
        default=list(able)[:_AT_FIRST],
        format_func=lambda run: title(able[run]),
        max_selections=MOST,
        key="side-by-side",
        persist_state="session",
        placeholder=_("Choose"),
    )
    picked = [able[run] for run in sorted(chosen)]
    if len(picked) < 2:
        st.caption(_("Choose at least two."))
        return
    picked = service.add_curves(app_state.workbench(), picked)
    plots.curves_together({numbered(run.id): run.curves for run in picked}, "curves-together")
    tested = measured(picked) or Tested(0, 0, {})
    different = compare_runs.differing([run.settings for run in picked])
    across(picked, different, tested)
    table(picked, different, tested)
    between(picked)


def title(run: RunView) -> str:
    """A training as it stands in a list: its number, its recipe and its model."""
    parts = [numbered(run.id), str(run.settings.get("name", ""))]
    return ", ".join(part for part in (*parts, run.model_name or _(STATES[run.status])) if part)


def numbered(run_id: int) -> str:
    """A training by its number."""
    return _("Training {number}").format(number=run_id)


def across(
    picked: Sequence[RunView], different: Mapping[str, Sequence[Any]], tested: Tested
) -> None:
    """Every training as a line through its settings to its outcome (parallel coordinates)."""
    if len(picked) < _FEWEST_ACROSS:
        return
    st.markdown(
        _("**From settings to outcome**"),
        help=_(
            "Each line is one training, in the colour it has above: follow it from what was set "
            "otherwise, on the left, to what came of it, on the right (parallel coordinates). A "
            "click on a name below hides its line."
        ),
    )
    names = [name for name in different if name != "name"]
    if len(names) > _MOST_AXES:
        names = st.multiselect(
            _("Settings to show"),
            names,
            default=names[:_MOST_AXES],
            format_func=lambda name: words(name).title,
            key="axes",
            placeholder=_("Choose"),
        )
    plots.parallel(
        [numbered(run.id) for run in picked],
        [*(_axis(name, different[name]) for name in names), *_outcome_axes(picked, tested)],
        "across",
    )


def _axis(name: str, values: Sequence[Any]) -> plots.Axis:
    label, labels = words(name).title, [put(name, value) for value in values]
    if any(isinstance(value, bool) or not isinstance(value, int | float) for value in values):
        known = list(dict.fromkeys(labels))
        return plots.Axis(label, [known.index(value) for value in labels], labels)
    wide = min(values) > 0 and max(values) / min(values) >= _WIDE
    return plots.Axis(label, [math.log10(value) if wide else value for value in values], labels)


def _outcome_axes(picked: Sequence[RunView], tested: Tested) -> list[plots.Axis]:
    """What every one of the trainings has; a line cannot pass an axis without a value."""
    scans = [run.counts.get("scans", 0) for run in picked]
    seconds = [run.seconds for run in picked if run.seconds is not None]
    best = [found for run in picked if (found := compare_runs.best_accuracy(run)) is not None]
    locked = [tested.accuracy[run.id].value for run in picked if run.id in tested.accuracy]
    axes = [plots.Axis(_("Scans"), scans, [customs.whole(count) for count in scans])]
    axes = axes if len(set(scans)) > 1 else []
    axes += [
        plots.Axis(_("Took"), seconds, [duration(one) for one in seconds]),
        plots.Axis(_(_BEST), best, [tenths(share) for share in best]),
        plots.Axis(_(_LOCKED), locked, [tenths(share) for share in locked]),
    ]
    return [axis for axis in axes if len(axis.values) == len(picked)]


def table(
    picked: Sequence[RunView], different: Mapping[str, Sequence[Any]], tested: Tested
) -> None:
    """One row a training: what came of it, and what was set otherwise."""
    rows = []
    for place, run in enumerate(picked):
        best, locked = compare_runs.best_accuracy(run), tested.accuracy.get(run.id)
        rows.append(
            {
                _("Training"): f"{run.id}",
                _("Model"): run.model_name or _(STATES[run.status]),
                _(_BEST): tenths(best) if best is not None else "–",
                _(_LOCKED): with_interval(locked) if locked else _("not measured"),
                _("Scans"): run.counts.get("scans"),
                _("Took"): duration(run.seconds) if run.seconds is not None else "–",
                _("On"): run.device or "–",
                **{words(name).title: put(name, row[place]) for name, row in different.items()},
            }
        )
    st.dataframe(
        rows,
        hide_index=True,
        column_config={
            _("Training"): st.column_config.TextColumn(pinned=True),
            _(_BEST): st.column_config.TextColumn(help=_(_BEST_HELP)),
            _(_LOCKED): st.column_config.TextColumn(help=_locked_help(tested)),
            **{
                words(name).title: st.column_config.TextColumn(help=plain(words(name).meaning))
                for name in different
            },
        },
        key="side-by-side-table",
    )


def _locked_help(tested: Tested) -> str:
    if not tested.accuracy:
        return _("None of these models has read labelled scans of the locked patients yet.")
    return _(
        "Measured on the same {scans} of {patients}, which none of these models has learnt from. "
        "The range in brackets: where the figure would lie 95 times out of 100, had other patients "
        "of the same kind been measured."
    ).format(
        scans=number(tested.scans, "scan", "scans"),
        patients=number(tested.patients, "patient", "patients"),
    )


def between(picked: Sequence[RunView]) -> None:
    """What differs between two of the trainings, in plain words."""
    st.markdown(_("**What differs between these two**"))
    names = {run.id: run for run in picked}
    left, right = st.columns(2)
    first = left.selectbox(
        _("First"), list(names), index=0, format_func=lambda run: title(names[run]), key="first-run"
    )
    second = right.selectbox(
        _("Second"),
        list(names),
        index=len(names) - 1,
        format_func=lambda run: title(names[run]),
        key="second-run",
    )
    if first == second:
        st.caption(_("Choose two that are not the same."))
        return
    if sentence := scans_in_words(names[first], names[second]):
        st.markdown(sentence)
    rows = [*_origin(names[first], names[second]), *_settings(names[first], names[second])]
    if rows:
        # Many of them would push the trainings before off the screen.
        with st.expander(
            number(len(rows), "setting differs", "settings differ"),
            expanded=len(rows) <= _FEW,
            key="settings-between",
        ):
            differences(rows, numbered(first), numbered(second))
    else:
        st.caption(_("They had the same settings and started from the same model."))


def _settings(first: RunView, second: RunView) -> list[tuple[str, str, str, str]]:
    return rows_of(compare_runs.differing([first.settings, second.settings]))


def _origin(first: RunView, second: RunView) -> list[tuple[str, str, str, str]]:
    if first.parent_id == second.parent_id:
        return []
    one, other = (run.parent_name or "–" for run in (first, second))
    meaning = _("The model that predicted when it was asked for.")
    return [(_("Champion at the time"), one, other, meaning)]


def scans_in_words(first: RunView, second: RunView) -> str:
    """How the second training's scans differ from the first one's."""
    workbench, name = app_state.workbench(), f"learnt-from-{first.id}-{second.id}"
    work = beside.begun(name, lambda: compare_runs.learnt_from(workbench, first, second))
    if not work.finished:
        app_state.running(name, _("Comparing their scans"))
        return ""
    found: DataDifference | None = None if work.failure else work.result
    if found is None:
        return _(
            "The list of scans of one of them is no longer there; their scans are not compared."
        )
    if found == DataDifference(found.same, 0, 0, 0):
        return _("Both used the same {scans}.").format(scans=number(found.same, "scan", "scans"))
    changes = [
        number(found.added, "scan added", "scans added") if found.added else "",
        number(found.removed, "scan removed", "scans removed") if found.removed else "",
        number(found.relabelled, "scan labelled otherwise", "scans labelled otherwise")
        if found.relabelled
        else "",
    ]
    return _("Scans of the second beside those of the first: {changes}; {same}.").format(
        changes=", ".join(filter(None, changes)),
        same=number(found.same, "is the same", "are the same"),
    )
