"""Saved views as queues for readers, how far each is, and what each person read by day."""

import streamlit as st

from fetal.store.states import CheckKind
from fetal.workbench.annotations.reading_figures import as_table, reading_figures
from fetal.workbench.catalogue.scans import ScanFilter
from fetal.workbench.core.permissions import Permission
from fetal.workbench.reading_queues import queue_progress, queues
from fetal.workbench.reading_queues.queues import ReadingOrder
from pages.parts.app import app_state, current_user
from pages.parts.label_checks import label_lists
from pages.parts.review import queue_choice
from pages.parts.shared.formatting import moment, number, plain
from pages.parts.texts import customs
from pages.parts.texts.catalogue import _, mark

ORDERS: dict[ReadingOrder, str] = {
    "doubt": mark("The largest doubt first"),
    "diversity": mark("Doubtful scans, each unlike those before it"),
    "newest": mark("The newest first"),
    "oldest": mark("The oldest first"),
    "plane": mark("Plane by plane"),
    "disagreement": mark("Where person and model differ first"),
}
_FIGURES = mark(
    "Minutes are the time between labels; pauses of more than two minutes are left out. *As the "
    "others*: on scans that others labelled, too, how often the label is the same."
)
_SHARES = (mark("as the model"), mark("as the others"))
_TIMES = (mark("minutes"), mark("seconds a scan"))
_COLUMNS = (
    *(mark("day"), mark("person"), mark("labels"), *_TIMES),
    *(mark("read by others too"), *_SHARES),
)
_DAYS = {mark("Today"): 1, mark("7 days"): 7, mark("30 days"): 30}


def show(chosen: ScanFilter, found: int) -> None:
    """Show all queues, and the form that saves the filter as one.

    Args:
        chosen: the filter of the page.
        found: how many scans it chooses.
    """
    workbench = app_state.workbench()
    may = app_state.may(Permission.MANAGE_QUEUES)
    app_state.show_told("queues")
    read, save = st.columns(2)
    with read:
        order = st.selectbox(
            _("Order"), list(ORDERS), format_func=lambda one: _(ORDERS[one]), key="queue-order"
        )
        st.button(
            _("Read these {scans} now").format(scans=number(found, "scan", "scans")),
            key="queue-read-now",
            icon=":material/fact_check:",
            on_click=queue_choice.read,
            args=(_("The filter of the Dataset page"), chosen, order),
            disabled=not found or not app_state.may(Permission.LABEL),
        )
        if order == "diversity" and app_state.may(Permission.LABEL):
            not_compared(chosen)
    if may:
        with save, st.form("queue-form", clear_on_submit=True):
            st.text_input(_("Save the filter as a queue named"), key="queue-name", max_chars=80)
            st.multiselect(
                _("For"),
                queues.known_readers(workbench, [current_user.name()]),
                key="queue-readers",
                placeholder=_("everybody; choose or type names"),
                accept_new_options=True,
            )
            st.number_input(
                _("Labels that each of them is to give (0: no goal)"),
                min_value=0,
                value=0,
                key="queue-goal",
            )
            st.form_submit_button(_("Save"), key="queue-save", on_click=keep, args=(chosen, order))
    for one in queues.open_queues(workbench):
        row(one, may=may)
    figures()


def not_compared(chosen: ScanFilter) -> None:
    """Say how many scans would come by doubt alone, with the button that mends it."""
    asked = queues.passing(app_state.workbench(), "", chosen, "diversity")
    if words := queue_choice.not_compared(asked):
        st.caption(words)
        label_lists.control(CheckKind.FEATURES)


def keep(chosen: ScanFilter, order: ReadingOrder) -> None:
    """Save the queue of the form."""
    given = st.session_state
    try:
        queues.save(
            app_state.workbench(),
            given["queue-name"],
            chosen,
            current_user.name(),
            order=order,
            readers=given["queue-readers"],
            goal=given["queue-goal"] or None,
        )
    except queues.QueueError as error:
        app_state.tell("queues", str(error))


def close(queue_id: int) -> None:
    """End a queue."""
    try:
        queues.close(app_state.workbench(), queue_id, current_user.name())
    except queues.QueueError as error:
        app_state.tell("queues", str(error))


def row(one: queues.Queue, *, may: bool) -> None:
    """One queue with its progress."""
    assert one.id is not None
    far = queue_progress.progress(app_state.workbench(), one)
    with st.container(border=True, key=f"queue-{one.id}"):
        words, act = st.columns([5, 1], vertical_alignment="center")
        words.markdown(
            _("**{name}** · for {readers} · {order} · {scans} left · made by {who}, {when}").format(
                name=plain(one.name),
                readers=", ".join(plain(who) for who in one.readers) or _("everybody"),
                order=_(ORDERS[one.order]).lower(),
                scans=queue_choice.left_in_words(far),
                who=plain(one.made_by),
                when=moment(one.made_at),
            )
        )
        if may:
            act.button(
                _("Close"),
                key=f"queue-close-{one.id}",
                on_click=close,
                args=(one.id,),
                width="stretch",
            )
        for who in sorted({*one.readers, *far.given}):
            given = far.given.get(who, 0)
            if one.goal is not None:
                share = min(1.0, given / one.goal)
                done = _("{who}: {given} of {goal}").format(
                    who=plain(who), given=customs.whole(given), goal=customs.whole(one.goal)
                )
                st.progress(share, text=done)
            else:
                labels = number(given, "label", "labels")
                st.caption(f"{plain(who)}: {labels}")


def figures() -> None:
    """Counts, time and agreement by person and day."""
    st.markdown(_("**What each person read**"), help=_(_FIGURES))
    period = st.segmented_control(
        _("Days"),
        list(_DAYS),
        format_func=_,
        default="Today",
        required=True,
        key="reading-days",
        label_visibility="collapsed",
    )
    table = as_table(reading_figures(app_state.workbench(), _DAYS[period or "Today"]))
    if table.empty:
        st.caption(_("Nobody has labelled a scan in these days."))
        return
    st.dataframe(
        table,
        hide_index=True,
        placeholder="–",
        key="reading-figures",
        column_config={name: _(name) for name in _COLUMNS}
        | {name: st.column_config.NumberColumn(_(name), format="localized") for name in _TIMES}
        | {name: st.column_config.NumberColumn(_(name), format="percent") for name in _SHARES},
    )
    st.download_button(
        _("Table (CSV)"),
        data=lambda: table.to_csv(index=False),
        file_name="reading.csv",
        mime="text/csv",
        key="reading-csv",
        icon=":material/download:",
        on_click="ignore",
    )
