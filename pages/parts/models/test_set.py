"""The locked test set: what joined it, what left it, and every version on it."""

import streamlit as st

from fetal.progress import BackgroundWork
from fetal.workbench.models import promotion
from pages.parts.app import app_state
from pages.parts.shared.formatting import moment, number, plain, tenths


def changes(locked: promotion.TestSet) -> None:
    """How the set has grown, and every scan that is no longer in it, with the reason."""
    if locked.joined_at is None:
        return
    now = f"**Locked test set:** {number(len(locked.scans), 'scan', 'scans')} now"
    since = moment(locked.joined_at)
    grown = f"first measured {since}" if locked.first else f"{locked.joined} joined last, {since}"
    left = f"{len(locked.left)} left" if locked.left else "none has ever left"
    st.caption(f"{now} · {grown} · {left}.")
    if locked.left:
        with st.expander(
            f"Why {number(len(locked.left), 'scan', 'scans')} left the locked test set",
            key="locked-left",
            icon=":material/logout:",
        ):
            st.dataframe(
                [
                    {"Scan": one.name, "Why": one.reason, "When": moment(one.at)}
                    for one in locked.left
                ],
                hide_index=True,
            )


def every_version(versions: list[promotion.ModelView]) -> None:
    """All versions on the locked scans as they are now, measured in the background."""
    workbench = app_state.workbench()
    numbers = " ".join(str(version.id) for version in versions)
    # The first is the champion, so that a promotion asks for another table.
    name = f"scores {numbers} {promotion.locked_mark(workbench)}"
    if name not in app_state.works():
        app_state.works()[name] = BackgroundWork(
            lambda on_progress: promotion.scores(workbench, on_progress)
        )
    work = app_state.works()[name]
    if not work.finished:
        app_state.running(name, "Measuring every version on the locked scans")
    elif work.failure:
        st.error(plain(work.failure))
    else:
        with st.container(key="scores"):
            table(work.result)


def table(scores: list[promotion.Score]) -> None:
    """The accuracy of every version, on the same scans where possible."""
    if not any(row.accuracy for row in scores):
        st.caption("No labelled scan is kept apart for testing yet, so none can be measured.")
        return
    st.dataframe(
        [
            {
                "Version": f"{row.version.name}{' (champion)' if row.version.is_champion else ''}",
                "Right answers": tenths(row.accuracy.value) if row.accuracy else "–",
                "Range": _range(row),
                "Scans": row.n_scans,
                "Patients": row.n_patients,
                "Left out": row.seen,
            }
            for row in scores
        ],
        hide_index=True,
        key="scores-table",
        column_config={
            "Range": st.column_config.TextColumn(
                help="Had other patients of the same kind been measured, the figure would lie in "
                "this range 95 times out of 100."
            ),
            "Left out": st.column_config.NumberColumn(
                help="Locked scans that this version has learnt from; they do not count for it."
            ),
        },
    )
    seen = [row.version.name for row in scores if row.seen]
    if seen:
        st.caption(
            f"Not all on the same scans: {', '.join(f'“{plain(name)}”' for name in seen)} learnt "
            "from some of them, which are left out there. Compare these figures with care."
        )
    else:
        st.caption("All on the same locked scans, with the labels as they are now.")
    for row in scores:
        if row.problem:
            st.warning(f"“{plain(row.version.name)}” cannot be measured: {plain(row.problem)}")


def _range(row: promotion.Score) -> str:
    return f"{tenths(row.accuracy.low)} to {tenths(row.accuracy.high)}" if row.accuracy else "–"
