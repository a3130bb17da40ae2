"""Take labels out, with or without the scans."""

import tempfile
from datetime import datetime
from functools import partial
from pathlib import Path

import streamlit as st
from starlette.background import BackgroundTask
from starlette.responses import FileResponse, Response, StreamingResponse

from fetal.progress import BackgroundWork, OnProgress
from fetal.workbench import Workbench
from fetal.workbench.catalogue import exports, scans
from fetal.workbench.core.permissions import Permission
from pages.parts.app import app_state, current_user
from pages.parts.routes import download_route
from pages.parts.shared.formatting import plain
from pages.parts.texts.catalogue import _
from pages.parts.texts.library_sentences import in_readers_language

_CSV = "text/csv; charset=utf-8"
_ZIP = "application/zip"


def show(chosen: scans.ScanFilter, found: int) -> None:
    """Downloads of what the filter shows."""
    if not app_state.may_or_says_why(Permission.EXPORT):
        return
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
        file_name, mine = f"labels-{day}.csv", app_state.mine("labels")
        name = mine, repr(chosen), tuple(files or ())
        st.link_button(
            _("Labels (CSV)"),
            download_route.address(name, partial(labels_table, chosen, files, who, file_name)),
            key="export-labels",
            icon=":material/download:",
            disabled=not found,
            on_click=download_route.was_clicked,
            args=(name,),
        )
    with archive.container(border=True):
        st.markdown(_("**Labels and scans**"))
        packing(chosen, found, f"scans-{day}.zip", files)


def labels_table(
    chosen: scans.ScanFilter, files: list[str] | None, who: str, file_name: str, given: Workbench
) -> Response:
    """The table of labels, sent as it is read, since it may be long."""
    lines = exports.stream_labels(given, chosen, who, files)
    named = {"Content-Disposition": f'attachment; filename="{file_name}"'}
    return StreamingResponse((part.encode() for part in lines), headers=named, media_type=_CSV)


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
    offer = name, id(work)
    st.link_button(
        _("Download {file}").format(file=plain(work.result.file.name)),
        download_route.address(offer, partial(archive, name)),
        key="export-archive",
        type="primary",
        icon=":material/download:",
        on_click=download_route.was_clicked,
        args=(offer,),
    )


def archive(name: str, workbench: Workbench) -> Response | None:
    """What was packed under a name; none once it was let go of, such as by an erasure."""
    workbench.permit(Permission.EXPORT)
    work = app_state.works().get(name)
    if work is None or not work.finished or work.failure:
        return None
    packed: Packed = work.result
    # Its folder stays until all of it was sent.
    sent = BackgroundTask(_let_go, packed)
    return FileResponse(packed.file, media_type=_ZIP, filename=packed.file.name, background=sent)


def _let_go(packed: Packed) -> None:
    """Hold an archive until now."""
