"""Bring in scans that already have labels: a folder for each plane, or a table."""

from pathlib import Path

import streamlit as st

from fetal.workbench import dataset
from pages.parts import desk, person
from pages.parts.background import Work
from pages.parts.words import number

_LINES = 1000
_FOLDER = (
    "One folder for each plane, named brain, abdomen, femur, thorax, cervix or other. Patients "
    "are read from the files or from names such as Patient00012_….png."
)
_TABLE = (
    "A CSV with the columns image, plane and, if you have it, patient; or the table of "
    "FETAL_PLANES_DB as it comes."
)


def show() -> None:
    """The import, or how far it is."""
    name = f"import of {person.name()}"
    work = desk.works().get(name)
    if work is not None and not work.finished:
        desk.running(name, "Importing")
        return
    if work is not None:
        outcome(work)
    folder, table = st.columns(2, gap="large")
    with folder, st.form("import-folder"):
        st.markdown("**A labelled folder**")
        st.caption(_FOLDER)
        path = st.text_input("Folder on this computer", key="import-folder-path")
        if st.form_submit_button("Import the folder", key="import-folder-go"):
            begin_folder(name, path)
    with table, st.form("import-table"):
        st.markdown("**A table of labels (CSV)**")
        st.caption(_TABLE)
        csv = st.file_uploader("The table", key="import-csv")
        images = st.text_input(
            "Folder with the images, on this computer",
            key="import-images",
            help="Leave it empty to label scans that are here already.",
        )
        if st.form_submit_button("Import the table", key="import-csv-go"):
            if csv is None:
                st.error("Please choose the table first.")
            else:
                begin_table(name, csv.getvalue(), images)


def begin_folder(name: str, path: str) -> None:
    """Start to import a folder, unless there is none."""
    folder = existing(path)
    if folder is None:
        return
    who, bench = person.name(), desk.workbench()
    desk.works()[name] = Work(
        lambda report: dataset.import_folder(bench, folder, who, on_progress=report)
    )
    st.rerun()


def begin_table(name: str, csv: bytes, images: str) -> None:
    """Start to import a table, unless a folder is named that does not exist."""
    folder = existing(images) if images.strip() else None
    if images.strip() and folder is None:
        return
    who, bench = person.name(), desk.workbench()
    desk.works()[name] = Work(
        lambda report: dataset.import_csv(bench, csv, folder, who, on_progress=report)
    )
    st.rerun()


def existing(path: str) -> Path | None:
    """The folder, or none after a sentence that says what is missing."""
    folder = Path(path.strip()).expanduser()
    if path.strip() and folder.is_dir():
        return folder
    st.error(f"There is no folder “{path.strip()}” on the computer that runs this program.")
    return None


def outcome(work: Work) -> None:
    """What the last import brought."""
    if work.failure:
        st.error(work.failure)
        return
    report: dataset.ImportReport = work.result
    added = sum(t.scan_id is not None for t in report.taken)
    st.success(
        f"{number(added, 'scan is', 'scans are')} in the dataset, "
        f"{number(report.labelled, 'label', 'labels')} added."
    )
    if report.kept:
        st.caption(
            f"{number(report.kept, 'scan keeps', 'scans keep')} the label that a person gave "
            "after an earlier import."
        )
    if report.missing:
        missing = number(len(report.missing), "image", "images")
        with st.expander(f"{missing} of the table not found", key="import-missing"):
            st.code("\n".join(report.missing[:_LINES]), language=None, height=220)
    if report.refused:
        left_out = number(len(report.refused), "image or line", "images or lines")
        with st.expander(f"{left_out} left out", key="import-refused", expanded=True):
            st.code("\n".join(report.refused[:_LINES]), language=None, wrap_lines=True, height=220)
