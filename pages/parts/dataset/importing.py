"""Bring in many scans at once: a folder, an archive, a known data set, or a table of labels."""

from dataclasses import asdict, dataclass, replace
from pathlib import Path
from threading import Event

import streamlit as st

from fetal.progress import BackgroundWork
from fetal.workbench.accounts.loopback import LOOPBACK
from fetal.workbench.core.permissions import Permission
from fetal.workbench.imports import import_run
from fetal.workbench.imports.allowed_folders import FolderNotAllowedError, allowed_place
from fetal.workbench.imports.recognise import ImportPlan, Kind
from fetal.workbench.ingest.deid_policy import DeidentificationPolicy
from fetal.workbench.ingest.upload import UploadedFile
from fetal.workbench.label_tables.columns import Columns
from fetal.workbench.label_tables.label_table import LabelTableError
from pages.parts.app import app_state, current_user
from pages.parts.dataset import import_facts, imported
from pages.parts.shared.formatting import number, plain
from pages.parts.texts.catalogue import _, mark
from pages.parts.texts.library_sentences import in_readers_language

_LARGEST_ZIP = 1000
_NONE = "–"
_FORWARDED = ("X-Forwarded-For", "X-Forwarded-Host", "X-Real-Ip", "Forwarded", "Via")
"""What a proxy adds to what it passes on."""
_KNOWN = mark(
    "Known are: one folder for each plane, named brain, abdomen, femur, thorax, cervix or other; "
    "a table of labels with its images, such as FETAL_PLANES_DB as it comes; the data set HC18; "
    "and discs with a DICOMDIR. Archives may hold archives."
)
_TABLE = mark(
    "A CSV with a column for the image’s file name and one for the plane; it may tell the patient "
    "too. A table alone gives its labels to scans that are here already."
)
_MEANINGS = {
    "image": mark("The image’s file name"),
    "plane": mark("The plane"),
    "patient": mark("The patient"),
    "machine": mark("The ultrasound machine"),
    "operator": mark("Who scanned, as a code"),
    "train": mark("Learn from it (1, train) or keep it to test (0, test)"),
}
_UNSURE_FIELD = "import-unsure"
_PATIENT_FIELD = "import-patient"
_PATIENT = mark(
    "Only a code made from it is stored. Left empty, scans that name no patient count as one "
    "unknown patient, so that they stay together."
)
_UNSURE = {
    DeidentificationPolicy.ASK: mark("Let me look at them on the Scans page"),
    DeidentificationPolicy.KEEP: mark("Take them as they are"),
    DeidentificationPolicy.REFUSE: mark("Refuse them"),
}
_UNSURE_WORDS = mark(
    "On some scans the ultrasound cannot be told from the rest of the screen, or something seems "
    "to be written over it. Take them as they are only where the collection was cleared before."
)


@dataclass(frozen=True)
class Asked:
    """What a person wants to import.

    Attributes:
        place: a folder or an archive on the server, or uploaded files; none for a table alone.
        table: the table's content, if one came beside the scans.
        unlabelled: whether labels are to be left aside.
        columns: what the table's columns hold, where the person said so.
    """

    place: Path | list[UploadedFile] | None
    table: bytes | None
    unlabelled: bool
    columns: Columns | None = None

    def plan(self) -> ImportPlan:
        """Look what is there."""
        return import_run.plan_import(
            self.place, table=self.table, columns=self.columns, unlabelled=self.unlabelled
        )


def show() -> None:
    """The import: asked for, looked at, on its way, or done."""
    if not app_state.may_or_says_why(Permission.IMPORT):
        return
    name = app_state.mine("import")
    work = app_state.works().get(name)
    if work is not None and not work.finished:
        app_state.running(name, "Reading", _("Stop importing"))
        return
    if work is not None:
        imported.outcome(work)
    if "import-plan" in st.session_state:
        preview(name, st.session_state["import-asked"], st.session_state["import-plan"])
    else:
        ask()


def ask() -> None:
    """Where the scans are, and their labels."""
    with st.form("import"):
        scans, labels = st.columns(2, gap="large")
        with scans:
            st.markdown(_("**Scans**"))
            archive = st.file_uploader(
                _("A ZIP archive from your computer"),
                type="zip",
                key="import-zip",
                max_upload_size=_LARGEST_ZIP,
                help=_(_KNOWN),
            )
            path = st.text_input(
                _("Or a folder or a ZIP archive on the computer that runs this program"),
                key="import-images",
                help=_(_KNOWN),
            )
        with labels:
            st.markdown(_("**Labels, if they lie in a table of their own**"))
            table = st.file_uploader(
                _("A table of labels (CSV)"), type="csv", key="import-csv", help=_(_TABLE)
            )
            unlabelled = st.checkbox(
                _("The scans carry no labels: only predict them"), key="import-unlabelled"
            )
        looked = st.form_submit_button(_("Look what is there"), type="primary", key="import-look")
    if not looked:
        return
    if not archive and not path.strip() and table is None:
        st.error(_("Please choose an archive, a folder or a table first."))
        return
    try:
        place: Path | list[UploadedFile] | None = None
        if archive:
            place = [UploadedFile(archive.name, archive.getvalue())]
        elif path.strip():
            place = allowed_place(path, alone=used_alone())
    except FolderNotAllowedError as error:
        st.error(plain(in_readers_language(error)))
        return
    look(Asked(place, table.getvalue() if table is not None else None, unlabelled))


def used_alone() -> bool:
    """Whether the app is reached from this computer only, and not through a proxy."""
    listens = st.get_option("server.address")
    called = {listens, *(st.get_option("server.allowedHosts") or ())}
    forwarded = any(header in st.context.headers for header in _FORWARDED)
    return listens is not None and called <= set(LOOPBACK) and not forwarded


def look(asked: Asked) -> None:
    """Look what is there and keep it for the preview; nothing is added yet."""
    try:
        with st.spinner(_("Looking what is there …")):
            plan = asked.plan()
    except import_run.NoFolderError:
        nowhere = _("There is no folder or archive “{place}” where this program runs.")
        st.error(nowhere.format(place=plain(asked.place)))
        return
    except LabelTableError as error:
        st.error(plain(in_readers_language(error)))
        return
    app_state.works().pop(app_state.mine("import"), None)
    st.session_state["import-asked"], st.session_state["import-plan"] = asked, plan
    st.rerun()


def preview(name: str, asked: Asked, plan: ImportPlan) -> None:
    """What would be brought in, before it is."""
    with st.container(border=True, key="import-preview"):
        st.markdown(
            _("**Found {kind}: {scans}**").format(
                kind=_(import_facts.KINDS[plan.kind]),
                scans=number(len(plan.images), "scan", "scans"),
            )
        )
        if plan.columns is not None and not asked.unlabelled:
            columns(asked, plan)
        import_facts.facts(plan)
        imported.remarks(plan.notes)
        refused = dict.fromkeys(imported.sentence_of(*one) for one in plan.refused)
        imported.left_out(plan.missing, list(refused))
        if any(planned.row.patient is None for planned in plan.images):
            st.text_input(
                _("Patient of the scans that name none (leave empty if unknown)"),
                key=_PATIENT_FIELD,
                max_chars=120,
                help=_(_PATIENT),
            )
        st.selectbox(
            _("Scans on which a name may be left"),
            list(_UNSURE),
            index=list(_UNSURE).index(DeidentificationPolicy.from_environment()),
            format_func=lambda policy: _(_UNSURE[policy]),
            key=_UNSURE_FIELD,
            help=_(_UNSURE_WORDS),
        )
        go, check, other = st.columns([2, 2, 1])
        nothing = not plan.images and not plan.stored
        go.button(
            _("Import {scans}").format(scans=number(len(plan.images), "scan", "scans"))
            if plan.images
            else _("Give {labels}").format(labels=number(len(plan.stored), "label", "labels")),
            key="import-go",
            type="primary",
            disabled=nothing,
            width="stretch",
            on_click=begin,
            args=(name, plan),
        )
        check.button(
            _("Only read them, add nothing"),
            key="import-dry",
            disabled=not plan.images,
            help=_("Reads every scan and tells which would be added, are here already or refused."),
            width="stretch",
            on_click=begin,
            args=(name, plan),
            kwargs={"dry_run": True},
        )
        other.button(
            _("Cancel"), key="import-cancel", width="stretch", on_click=cancel, args=(name,)
        )


def cancel(name: str) -> None:
    """Leave the preview."""
    for kept in ("import-plan", "import-asked"):
        st.session_state.pop(kept, None)
    app_state.works().pop(name, None)


def columns(asked: Asked, plan: ImportPlan) -> None:
    """Which column of the table holds what: guessed, and open to change."""
    guessed = asdict(plan.columns) if plan.columns is not None else {}
    options = [_NONE, *plan.headers]
    known = plan.kind is Kind.FETAL_PLANES
    place = st.expander(
        _("What the table’s columns hold"), expanded=not known, key="import-columns"
    )
    if not known:
        place.caption(_("This is a guess from their names and cells. Please change what is wrong."))
    boxes = place.columns(3)
    chosen: dict[str, str | None] = {}
    for at, (meaning, words) in enumerate(_MEANINGS.items()):
        before = guessed.get(meaning) or _NONE
        column = boxes[at % 3].selectbox(
            _(words),
            options,
            index=options.index(before),
            key=f"import-column-{meaning}",
        )
        chosen[meaning] = None if column == _NONE else column
    if chosen != guessed:
        # An empty name stands for a column that the person took away: nothing is guessed for it.
        said = Columns(**{name: column or "" for name, column in chosen.items()})
        look(replace(asked, columns=said))


def begin(name: str, plan: ImportPlan, *, dry_run: bool = False) -> None:
    """Start the import in the background."""
    patient, unsure = st.session_state.get(_PATIENT_FIELD), st.session_state[_UNSURE_FIELD]
    if not dry_run:
        cancel(name)
    who, workbench, stop = current_user.name(), app_state.workbench(), Event()
    quarantine = app_state.session().desk.quarantine
    app_state.works()[name] = BackgroundWork(
        lambda on_progress: import_run.import_scans(
            workbench,
            plan,
            who,
            patient=patient,
            dry_run=dry_run,
            unsure=unsure,
            quarantine=quarantine,
            on_progress=on_progress,
            stop=stop.is_set,
        ),
        stop=stop,
    )
