"""Take labels out, with or without the scans."""

import io
import tempfile
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import BinaryIO, cast

import streamlit as st

from fetal.progress import BackgroundWork, OnProgress
from fetal.workbench import Workbench
from fetal.workbench.catalogue import exports, scans
from fetal.workbench.core.permissions import Permission
from pages.parts.app import app_state, current_user
from pages.parts.shared.formatting import plain
from pages.parts.texts.catalogue import _
from pages.parts.texts.library_sentences import in_readers_language


def show(chosen: scans.ScanFilter, found: int) -> None:
    """Downloads of what the filter shows."""
    if not app_state.may_or_says_why(Permission.EXPORT):
        return
    workbench = app_state.workbench()
    who = current_user.name()
    day = f"{datetime.now().astimezone():%Y-%m-%d}"
    files = own_files()
    labels, archive = st.columns(2, gap="large")
    with labels.container(border=True):
        st.markdown(
            _("**Labels only**"),
            help=_(
                "Each line holds the image’s name, its plane, the patient’s code, who labelled "
                "it and when, and the model’s opinion."
            ),
        )
        st.download_button(
            _("Labels (CSV)"),
            data=partial(labels_file, chosen, files, who, workbench),
            file_name=f"labels-{day}.csv",
            mime="text/csv",
            key="export-labels",
            icon=":material/download:",
            disabled=not found,
            on_click="ignore",
        )
    with archive.container(border=True):
        st.markdown(_("**Labels and scans**"))
        packing(chosen, found, f"scans-{day}.zip", files)


def labels_file(
    chosen: scans.ScanFilter, files: list[str] | None, who: str, given: Workbench | None = None
) -> BinaryIO:
    """The table of labels as a file that goes when it is closed, since it may be long."""
    # Whoever sends it reads it after this function.
    file = cast(BinaryIO, tempfile.TemporaryFile(prefix="fetal-export-"))  # noqa: SIM115
    text = io.TextIOWrapper(file, "utf-8", newline="")
    exports.write_labels(given or app_state.workbench(), text, chosen, who, files)
    text.flush()
    text.detach()
    file.seek(0)
    return file


def own_files() -> list[str] | None:
    """The names of the person's own files, where they want them beside the scans."""
    with st.expander(_("Write your own file names beside the scans")):
        pasted = st.text_area(
            _("Your files’ names, one in each line"),
            key="export-own-files",
            help=_(
                "Copy them from the folder from which the scans came. They are used for this "
                "download only; the workspace does not keep them."
            ),
        )
    names = [line.strip() for line in pasted.splitlines() if line.strip()]
    return names or None


class Packed:
    """A packed archive; its folder goes with it, at the next packing or at the app's end."""

    def __init__(self, file_name: str) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="fetal-export-")
        self.file = Path(self._folder.name) / file_name
        self.left_out: tuple[str, ...] = ()


def packing(chosen: scans.ScanFilter, found: int, file_name: str, files: list[str] | None) -> None:
    """Pack the archive first, since it takes a while; then offer it."""
    name = app_state.mine("export")
    st.button(
        _("Pack labels and scans (ZIP)"),
        key="export-pack",
        disabled=not found,
        icon=":material/folder_zip:",
        on_click=app_state.ask,
        args=("packing",),
    )
    if app_state.was_asked("packing"):
        begin_packing(name, chosen, file_name, files)
    if name in app_state.works():
        packed(name)


def begin_packing(
    name: str, chosen: scans.ScanFilter, file_name: str, files: list[str] | None
) -> None:
    """Start to pack in the background, under a name."""
    workbench, who = app_state.workbench(), current_user.name()

    def pack(on_progress: OnProgress) -> Packed:
        packed = Packed(file_name)
        packed.left_out = exports.export_archive(
            workbench, chosen, packed.file, who, on_progress, files
        ).left_out
        return packed

    app_state.works()[name] = BackgroundWork(pack)


@st.fragment(run_every=0.5)
def packed(name: str) -> None:
    """The archive, once it is there."""
    work = app_state.works().get(name)
    if work is None:
        return
    if not work.finished:
        st.progress(work.progress.share, text=_("Packing …"))
        return
    if work.failure:
        st.error(plain(in_readers_language(work.failure)))
        return
    for sentence in work.result.left_out:
        st.warning(in_readers_language(sentence))
    target = work.result.file
    st.download_button(
        _("Download {file}").format(file=plain(target.name)),
        data=target.read_bytes,
        file_name=target.name,
        mime="application/zip",
        key="export-archive",
        type="primary",
        icon=":material/download:",
        on_click="ignore",
    )
