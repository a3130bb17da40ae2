"""What an import brought: counted, named where something is wrong, and as a table to take along."""

import streamlit as st

from fetal.progress import BackgroundWork
from fetal.workbench.imports.labelled_files import ImportReport
from fetal.workbench.ingest.upload import IngestOutcome
from pages.parts.shared.formatting import number, plain
from pages.parts.texts import customs
from pages.parts.texts.catalogue import _, ngettext
from pages.parts.texts.library_sentences import in_readers_language

_LINES = 1000


def outcome(work: BackgroundWork[ImportReport]) -> None:
    """What the last import brought, to see and to take along."""
    if work.failure:
        st.error(plain(in_readers_language(work.failure)))
        return
    report: ImportReport = work.result
    added, there = report.count(IngestOutcome.ADDED), report.count(IngestOutcome.ALREADY_THERE)
    scans = number(added, "scan", "scans")
    if report.dry_run:
        sentence = ngettext(
            "Nothing was written. {scans} would be added, {there} is here already, {refused} would "
            "be refused.",
            "Nothing was written. {scans} would be added, {there} are here already, {refused} "
            "would be refused.",
            there,
        )
        refused = customs.whole(len(report.refused))
        st.info(sentence.format(scans=scans, there=customs.whole(there), refused=refused))
    else:
        st.success(
            _("{scans} added, {there} already here, {labels} added.").format(
                scans=scans,
                there=customs.whole(there),
                labels=number(report.labelled, "label", "labels"),
            )
        )
    if report.stopped:
        st.warning(_("Stopped. What was added is kept; import the same again to go on."))
    if report.kept:
        st.caption(
            ngettext(
                "{n} scan keeps the label that a person gave after an earlier import.",
                "{n} scans keep the label that a person gave after an earlier import.",
                report.kept,
            ).format(n=customs.whole(report.kept))
        )
    remarks(report.remarks)
    left_out(report.missing, report.refused)
    if waiting := report.count(IngestOutcome.WAITS):
        st.warning(
            ngettext(
                "{n} scan waits for you on the Scans page: a name may be left on it. It gets its "
                "label when you keep it.",
                "{n} scans wait for you on the Scans page: a name may be left on them. They get "
                "their labels when you keep them.",
                waiting,
            ).format(n=customs.whole(waiting))
        )
    set_aside(report.set_aside)
    st.download_button(
        _("What became of each file (CSV)"),
        data=report.csv,
        file_name="import.csv",
        mime="text/csv",
        key="import-report",
        icon=":material/download:",
        on_click="ignore",
    )


def remarks(sentences: list[str]) -> None:
    """What a person should know of how the import was understood; never taken for markup."""
    for sentence in sentences:
        st.warning(plain(in_readers_language(sentence)))


def left_out(missing: list[str], refused: list[str]) -> None:
    """Names of what is missing, and why something was refused; never taken for markup."""
    if missing:
        words = number(len(missing), "listed image is not there", "listed images are not there")
        with st.expander(words, key="import-missing"):
            st.code("\n".join(missing[:_LINES]), language=None, height=220)
    if refused:
        words = _("{files} left out, and why").format(
            files=number(len(refused), "file or line", "files or lines")
        )
        with st.expander(words, key="import-refused", expanded=True):
            st.code("\n".join(refused[:_LINES]), language=None, wrap_lines=True, height=220)


def set_aside(files: list[str]) -> None:
    """Names of the scans that nobody has looked at, and how to look at them."""
    if not files:
        return
    words = ngettext(
        "{n} scan is set aside: a name may be left on it",
        "{n} scans are set aside: a name may be left on them",
        len(files),
    ).format(n=customs.whole(len(files)))
    with st.expander(words, key="import-aside"):
        st.markdown(
            _("Nothing of them is stored."),
            help=_(
                "Drop these files on the Scans page to look at them one by one; if they came with "
                "labels, import the same again afterwards. Or import them again and take them as "
                "they are."
            ),
        )
        st.code("\n".join(files[:_LINES]), language=None, height=220)


def sentence_of(name: str, sentence: str) -> str:
    """A refusal with the name of what was refused."""
    own = not name or name in sentence or sentence.startswith(("Line ", "Lines "))
    return sentence if own else f"{name}: {sentence}"
