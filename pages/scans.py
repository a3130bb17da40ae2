"""Scans: drop them in, see what the model says and where it looked, accept or correct."""

import math
from collections.abc import Mapping, Sequence

import streamlit as st
from streamlit.runtime.uploaded_file_manager import UploadedFile as UploadedByStreamlit

from fetal.workbench.catalogue import scans
from fetal.workbench.core.permissions import Permission
from fetal.workbench.ingest import upload, upload_batch
from pages.parts.app import app_state, current_user, router
from pages.parts.scans import cines, original_preview, quarantine, upload_results
from pages.parts.shared import heat_map, labelling
from pages.parts.shared.formatting import number, plain
from pages.parts.texts.catalogue import _, mark, ngettext
from pages.parts.texts.library_sentences import in_readers_language

_SAMPLES = "samples-asked"
_PER_PAGE = 5
_NEWEST = 50
_AT_ONCE_SECONDS = 0.5
_KEPT = mark(
    "Names are never kept: the program stores a code in place of the patient’s name or number, "
    "blanks the text that the machine wrote around the picture, and drops the file’s other data."
)
_CHECK = mark(
    "You see each scan before and after, and can blank more of it. Otherwise only those wait for "
    "you on which a name may be left."
)
_FILE_NAME = mark(
    "Shown while your drop is fresh. File names can name a patient, so none is stored."
)


def main() -> None:
    st.title(_("Scans"))
    offer()
    mine = app_state.session().desk.drops(current_user.name())
    shown = scans_to_show(mine)
    progress(mine, len(shown))
    quarantine.show()
    if shown:
        cards(shown, {one.scan_id: one.file for one in fresh(mine) if one.scan_id is not None})


def offer() -> None:
    """The place to drop scans, and the samples for somebody who has none at hand."""
    if not app_state.may_or_says_why(Permission.ADD):
        return
    dropped, samples = st.columns([3, 1], gap="medium", vertical_alignment="bottom")
    with dropped:
        files = st.file_uploader(
            _("Drop scans here: PNG, JPEG, TIFF, BMP, WebP or DICOM, stills or films, or a ZIP"),
            accept_multiple_files=True,
            key=f"drop-{st.session_state.get('drops-taken', 0)}",
            help=_(_KEPT),
        )
        st.toggle(
            _("Let me check every scan before it is stored"), key="check-every", help=_(_CHECK)
        )
    with samples:
        st.caption(_("No scans at hand? Two dozen simulated scans, marked as samples."))
        st.button(
            _("Try it with sample scans"),
            key="samples",
            icon=":material/science:",
            width="stretch",
            on_click=ask_for_samples,
        )
        if st.session_state.get(_SAMPLES):
            with st.spinner(_("Making sample scans …")):
                brought = upload.add_samples(app_state.workbench(), current_user.name())
            st.session_state["results"] = brought
            for done in ("scans-page", _SAMPLES):
                st.session_state.pop(done, None)
            st.rerun()
    kept = remembered(files)
    if kept:
        chosen = cines.pick(kept, st.session_state.get("drops-taken", 0))
        if chosen == []:
            clear()
            st.rerun()
        elif chosen is not None:
            take(chosen)


def ask_for_samples() -> None:
    """Remember the wish until the samples are there: a click in between ends the page only."""
    st.session_state[_SAMPLES] = True


def remembered(files: Sequence[UploadedByStreamlit]) -> list[upload.UploadedFile]:
    """The dropped files, each with what is known of it since an earlier run of the page."""
    known: dict[str, upload.UploadedFile] = st.session_state.get("dropped", {})
    st.session_state["dropped"] = {
        file.file_id: known.get(file.file_id) or upload.UploadedFile(file.name, file.getvalue())
        for file in files
    }
    return list(st.session_state["dropped"].values())


def take(files: Sequence[upload.UploadedFile]) -> None:
    """Take the files in; where they name no patient, ask for one first."""
    nameless = sum(not file.inspection.names_patient for file in files)
    if not nameless:
        start(files, None)
        return
    with st.form("patient", border=True):
        st.markdown(
            _(
                "**{number} no patient.** Scans of one patient must stay together, or the model "
                "would later be tested on patients it has learnt from."
            ).format(number=number(nameless, "scan names", "scans name"))
        )
        patient = st.text_input(
            _("Patient of these scans (any name or number; leave empty if unknown)"),
            key="patient-of-drop",
            max_chars=120,
            help=_(_KEPT),
        )
        st.caption(
            _(
                "Only a code made from it is stored, the same code each time you type the same "
                "text. Left empty, these scans count as one unknown patient."
            )
        )
        if st.form_submit_button(
            ngettext("Add {n} scan", "Add {n} scans", len(files)).format(n=len(files)),
            type="primary",
            key="add-scans",
        ):
            start(files, patient.strip() or None)


def start(files: Sequence[upload.UploadedFile], patient: str | None) -> None:
    """Hand the files to the desk."""
    drop = app_state.session().desk.start(
        files, current_user.name(), patient, every=st.session_state.get("check-every", False)
    )
    clear()
    # One scan is through by then: its card comes at once, and not after a look at the progress.
    drop.wait(_AT_ONCE_SECONDS)
    st.rerun()


def clear() -> None:
    """Make the drop area ready for the next files."""
    st.session_state["drops-taken"] = st.session_state.get("drops-taken", 0) + 1
    for kept in ("results", "scans-page", "dropped"):
        st.session_state.pop(kept, None)
    cines.forget()


def progress(mine: Sequence[upload_batch.UploadBatch], shown: int) -> None:
    """How far each drop is that goes on, also while the page is left, and what the others brought.

    Args:
        mine: the person's drops, the newest first.
        shown: how many scans the page shows.
    """
    going_on = [drop for drop in mine if not drop.finished]
    if going_on:
        running(going_on, shown)
    ended = [drop for drop in mine if drop.finished]
    for place, drop in enumerate(ended):
        if drop.failure:
            st.error(plain(in_readers_language(drop.failure)))
        upload_results.show(drop.results, "" if place == 0 else f"-{place}")
    if ended:
        st.button(
            _("Clear this list"),
            key="clear-drops",
            type="tertiary",
            icon=":material/clear_all:",
            help=_("What was stored stays, and so does what waits for you."),
            on_click=app_state.session().desk.let_go,
            args=(current_user.name(),),
        )


@st.fragment(run_every=0.5)
def running(going_on: Sequence[upload_batch.UploadBatch], shown: int) -> None:
    """The progress of running drops; the first scans appear while the others are read."""
    stored = sum(taken.scan_id is not None for drop in going_on for taken in drop.results)
    if any(drop.finished for drop in going_on) or shown < min(stored, _PER_PAGE):
        st.rerun()
    for place, drop in enumerate(going_on):
        far = drop.progress
        bar, stop = st.columns([5, 1], vertical_alignment="center")
        bar.progress(
            far.share,
            text=_("Reading scan {n} of {total}. You can leave this page; it goes on.").format(
                n=min(far.done + 1, far.total), total=far.total
            ),
        )
        stop.button(
            _("Stopping …") if drop.stopping else _("Stop reading"),
            key=f"stop-drop-{place}",
            on_click=drop.stop,
            disabled=drop.stopping,
            width="stretch",
        )


def scans_to_show(mine: Sequence[upload_batch.UploadBatch]) -> list[int]:
    """The scans of the person's drops, the newest drop first; otherwise the newest of all."""
    ids = list(dict.fromkeys(one.scan_id for one in fresh(mine) if one.scan_id is not None))
    if ids or any(not drop.finished for drop in mine):
        return ids
    latest = scans.scans(app_state.workbench(), scans.ScanFilter(limit=_NEWEST))
    return [scan.id for scan in latest]


def fresh(mine: Sequence[upload_batch.UploadBatch]) -> list[upload.IngestResult]:
    """What became of the files that this person brought last."""
    samples: Sequence[upload.IngestResult] = st.session_state.get("results", [])
    return [*samples, *(taken for drop in mine for taken in drop.results)]


def cards(ids: list[int], names: Mapping[int, str]) -> None:
    """A page of scans; the rest are a click away."""
    title, turn = st.columns([2, 3], vertical_alignment="center")
    title.subheader(number(len(ids), "scan", "scans"))
    pages = math.ceil(len(ids) / _PER_PAGE)
    page = 1
    if pages > 1:
        with turn:
            page = st.pagination(pages, key="scans-page", persist_state="session")
    on_page = ids[(page - 1) * _PER_PAGE : page * _PER_PAGE]
    with st.container(border=True, key="heat-controls"):
        view = heat_map.heat_controls()
    for scan_id in on_page:
        card(scan_id, view, names)


@st.fragment
def card(scan_id: int, view: heat_map.HeatView, names: Mapping[int, str]) -> None:
    """One scan: what the model says, where it looked, and what the person says."""
    # The champion looks first, so that a scan that only older models have seen shows its opinion.
    shown = heat_map.look(scan_id)
    try:
        scan = scans.scan(app_state.workbench(), scan_id)
    except scans.UnknownScanError:
        st.info(_("This scan was erased."))
        return
    with st.container(border=True, key=f"card-{scan_id}"):
        pictures, verdict = st.columns([7, 3], gap="medium")
        with pictures:
            shown.show_both(view)
            labelling.corrections(scan, lambda value: label(scan, value))
            original_preview.show(scan_id)
        with verdict:
            labelling.opinion(scan)
            if scan_id in names:
                st.caption(
                    _("Your file: {file}").format(file=plain(names[scan_id])), help=_(_FILE_NAME)
                )
            labelling.accept(scan, lambda value: label(scan, value))
            labelling.state(scan)
            if f"annotation-{scan_id}" in st.session_state:
                st.button(
                    _("Undo"),
                    key=f"undo-{scan_id}",
                    icon=":material/undo:",
                    on_click=undo,
                    args=(scan_id,),
                )


def label(scan: scans.ScanView, value: str) -> None:
    """Keep a label, and how to take it back."""
    if (number := labelling.annotate(scan, value)) is not None:
        st.session_state[f"annotation-{scan.id}"] = number


def undo(scan_id: int) -> None:
    """Take back the last label that was given here."""
    labelling.undo(st.session_state.pop(f"annotation-{scan_id}"))


router.page(main)
