"""What an import brought: counted, named where something is wrong, and as a table to take along."""

import streamlit as st

from fetal.progress import BackgroundWork
from fetal.workbench.imports.labelled_files import ImportReport
from fetal.workbench.ingest.upload import IngestOutcome
from pages.parts.shared.formatting import number, plain

_LINES = 1000


def outcome(work: BackgroundWork[ImportReport]) -> None:
    """What the last import brought, to see and to take along."""
    if work.failure:
        st.error(plain(work.failure))
        return
    report: ImportReport = work.result
    added, there = report.count(IngestOutcome.ADDED), report.count(IngestOutcome.ALREADY_THERE)
    if report.dry_run:
        st.info(
            f"Nothing was written. {number(added, 'scan', 'scans')} would be added, {there:,} "
            f"{'is' if there == 1 else 'are'} here already, {len(report.refused):,} would be "
            "refused."
        )
    else:
        st.success(
            f"{number(added, 'scan', 'scans')} added, {there:,} already here, "
            f"{number(report.labelled, 'label', 'labels')} added."
        )
    if report.stopped:
        st.warning("Stopped. What was added is kept; import the same again to go on.")
    if report.kept:
        st.caption(
            f"{number(report.kept, 'scan keeps', 'scans keep')} the label that a person gave "
            "after an earlier import."
        )
    remarks(report.remarks)
    left_out(report.missing, report.refused)
    if waiting := report.count(IngestOutcome.WAITS):
        st.warning(
            f"{number(waiting, 'scan waits', 'scans wait')} for you on the Scans page: a name may "
            "be left on them. They get their labels when you keep them."
        )
    set_aside(report.set_aside)
    st.download_button(
        "What became of each file (CSV)",
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
        st.warning(plain(sentence))


def left_out(missing: list[str], refused: list[str]) -> None:
    """Names of what is missing, and why something was refused; never taken for markup."""
    if missing:
        words = number(len(missing), "listed image is", "listed images are")
        with st.expander(f"{words} not there", key="import-missing"):
            st.code("\n".join(missing[:_LINES]), language=None, height=220)
    if refused:
        words = number(len(refused), "file or line", "files or lines")
        with st.expander(f"{words} left out, and why", key="import-refused", expanded=True):
            st.code("\n".join(refused[:_LINES]), language=None, wrap_lines=True, height=220)


def set_aside(files: list[str]) -> None:
    """Names of the scans that nobody has looked at, and how to look at them."""
    if not files:
        return
    words = number(len(files), "scan is", "scans are")
    with st.expander(f"{words} set aside: a name may be left on them", key="import-aside"):
        st.markdown(
            "Nothing of them is stored.",
            help="Drop these files on the Scans page to look at them one by one; if they came "
            "with labels, import the same again afterwards. Or import them again and take them as "
            "they are.",
        )
        st.code("\n".join(files[:_LINES]), language=None, height=220)


def sentence_of(name: str, sentence: str) -> str:
    """A refusal with the name of what was refused."""
    own = not name or name in sentence or sentence.startswith(("Line ", "Lines "))
    return sentence if own else f"{name}: {sentence}"
