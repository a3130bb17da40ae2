"""Dataset: everything that is stored, to find, count, import and export."""

import streamlit as st

from fetal.workbench.catalogue import scans
from pages.parts.app import app_state, router
from pages.parts.dataset import (
    exporting,
    filters,
    gallery,
    importing,
    jobs_tab,
    link,
    near_duplicates,
    queues_tab,
    sheet,
)
from pages.parts.label_checks import label_lists, map_of_scans
from pages.parts.review import queue_choice
from pages.parts.shared import plots
from pages.parts.texts import customs
from pages.parts.texts.catalogue import _, ngettext


def main() -> None:
    st.title(_("Dataset"))
    queue_choice.open_if_asked()
    workbench = app_state.workbench()
    link.take()
    bar = st.container()
    row = st.container(horizontal=True, vertical_alignment="center")
    with bar:
        chosen = filters.choose(row)
    found = scans.count(workbench, chosen)
    fit = ngettext("**{n} scan** fits the filter", "**{n} scans** fit the filter", found)
    with row:
        st.markdown(fit.format(n=customs.whole(found)) + near_duplicates.badge(), width="content")
    filters.patient(chosen)
    table, pictures, many, queues, counts, alike, doubted, drawn, bring, take, long = st.tabs(
        link.labels(), key=link.TAB_KEY, on_change="rerun"
    )
    if table.open:
        with table:
            gallery.table(chosen)
    if pictures.open:
        with pictures:
            gallery.pictures(chosen, found)
    if many.open:
        with many:
            sheet.show(chosen, found)
    if queues.open:
        with queues:
            queues_tab.show(chosen, found)
    if counts.open:
        with counts:
            plots.counts(chosen, queue_choice.read)
    if alike.open:
        with alike:
            near_duplicates.show()
    if doubted.open:
        with doubted:
            label_lists.show()
    if drawn.open:
        with drawn:
            map_of_scans.show()
    if bring.open:
        with bring:
            importing.show()
    if take.open:
        with take:
            exporting.show(chosen, found)
    if long.open:
        with long:
            jobs_tab.show()
    link.keep(chosen)
    link.open_scan()


router.page(main)
