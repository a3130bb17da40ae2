"""The locked test set: what joined it, what left it, and every version on it."""

import streamlit as st

from fetal.progress import BackgroundWork
from fetal.workbench.models import promotion
from pages.parts.app import app_state
from pages.parts.shared.formatting import moment, number, plain, tenths
from pages.parts.texts import customs
from pages.parts.texts.catalogue import _
from pages.parts.texts.library_sentences import in_readers_language


def changes(locked: promotion.TestSet) -> None:
    """How the set has grown, and every scan that is no longer in it, with the reason."""
    if locked.joined_at is None:
        return
    scans = number(len(locked.scans), "scan", "scans")
    now = _("**Locked test set:** {scans} now").format(scans=scans)
    grown = _("first measured {when}") if locked.first else _("{count} joined last, {when}")
    grown = grown.format(count=customs.whole(locked.joined), when=moment(locked.joined_at))
    left = _("{count} left") if locked.left else _("none has ever left")
    left = left.format(count=customs.whole(len(locked.left)))
    st.caption(f"{now} · {grown} · {left}.")
    if locked.left:
        with st.expander(
            _("Why {scans} left the locked test set").format(
                scans=number(len(locked.left), "scan", "scans")
            ),
            key="locked-left",
            icon=":material/logout:",
        ):
            st.dataframe(
                [
                    {
                        _("Scan"): one.name,
                        _("Why"): in_readers_language(one.reason),
                        _("When"): moment(one.at),
                    }
                    for one in locked.left
                ],
                hide_index=True,
            )


def every_version(versions: list[promotion.ModelView]) -> None:
    """All versions on the locked scans as they are now, measured in the background."""
    workbench = app_state.workbench()
    numbers = "-".join(str(version.id) for version in versions)
    # The first is the champion, so that a promotion asks for another table.
    name = f"scores-{numbers}-{promotion.locked_mark(workbench)}"
    if name not in app_state.works():
        app_state.works()[name] = BackgroundWork(
            lambda on_progress: promotion.scores(workbench, on_progress)
        )
    work = app_state.works()[name]
    if not work.finished:
        app_state.running(name, _("Measuring every version on the locked scans"))
    elif work.failure:
        st.error(plain(in_readers_language(work.failure)))
    else:
        with st.container(key="scores"):
            table(work.result)


def table(scores: list[promotion.Score]) -> None:
    """The accuracy of every version, on the same scans where possible."""
    if not any(row.accuracy for row in scores):
        st.caption(_("No labelled scan is kept apart for testing yet, so none can be measured."))
        return
    st.dataframe(
        [
            {
                _("Version"): _version(row),
                _("Right answers"): tenths(row.accuracy.value) if row.accuracy else "–",
                _("Range"): _range(row),
                _("Scans"): row.n_scans,
                _("Patients"): row.n_patients,
                _("Left out"): row.seen,
            }
            for row in scores
        ],
        hide_index=True,
        key="scores-table",
        column_config={
            _("Range"): st.column_config.TextColumn(
                help=_(
                    "Had other patients of the same kind been measured, the figure would lie in "
                    "this range 95 times out of 100."
                )
            ),
            _("Left out"): st.column_config.NumberColumn(
                help=_("Locked scans that this version has learnt from; they do not count for it.")
            ),
        },
    )
    seen = [row.version.name for row in scores if row.seen]
    if seen:
        st.caption(
            _(
                "Not all on the same scans: {models} learnt from some of them, which are left out "
                "there. Compare these figures with care."
            ).format(models=", ".join(f"“{plain(name)}”" for name in seen))
        )
    else:
        st.caption(_("All on the same locked scans, with the labels as they are now."))
    for row in scores:
        if row.problem:
            st.warning(
                _("“{model}” cannot be measured: {reason}").format(
                    model=plain(row.version.name), reason=plain(in_readers_language(row.problem))
                )
            )


def _version(row: promotion.Score) -> str:
    name = row.version.name
    return _("{name} (champion)").format(name=name) if row.version.is_champion else name


def _range(row: promotion.Score) -> str:
    if row.accuracy is None:
        return "–"
    return _("{low} to {high}").format(low=tenths(row.accuracy.low), high=tenths(row.accuracy.high))
