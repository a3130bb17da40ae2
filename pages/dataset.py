"""Dataset: everything that is stored, to find, count, import and export."""

import streamlit as st

from fetal.workbench.catalogue import scans
from pages.parts.app import app_state, router
from pages.parts.dataset import (
    exporting,
    filters,
    gallery,
    importing,
    label_checks,
    near_duplicates,
)
from pages.parts.shared import plots
from pages.parts.shared.formatting import number


def main() -> None:
    st.title("Dataset")
    workbench = app_state.workbench()
    chosen = filters.choose()
    found = scans.count(workbench, chosen)
    st.markdown(f"**{number(found, 'scan', 'scans')}** fit the filter{near_duplicates.badge()}")
    table, pictures, counts, alike, doubted, bring, take = st.tabs(
        ["Table", "Gallery", "Counts", "Look-alikes", "Labels", "Import", "Export"],
        key="dataset-tab",
        on_change="rerun",
    )
    if table.open:
        with table:
            gallery.table(chosen)
    if pictures.open:
        with pictures:
            gallery.pictures(chosen, found)
    if counts.open:
        with counts:
            plots.counts(chosen)
    if alike.open:
        with alike:
            near_duplicates.show()
    if doubted.open:
        with doubted:
            label_checks.show()
    if bring.open:
        with bring:
            importing.show()
    if take.open:
        with take:
            exporting.show(chosen, found)


router.page(main)
