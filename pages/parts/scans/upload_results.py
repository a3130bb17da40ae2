"""What became of each file of a drop."""

from collections import Counter
from collections.abc import Sequence

import streamlit as st

from fetal.workbench.ingest.upload import IngestOutcome, IngestResult
from pages.parts.shared.formatting import number, plain

_SENTENCES = 5
_TROUBLE = (IngestOutcome.REFUSED, IngestOutcome.SET_ASIDE)


def show(taken: Sequence[IngestResult], mark: str = "") -> None:
    """Count what became of the files; name those that were not taken, and say why.

    Args:
        taken: what became of each file of a drop.
        mark: tells this drop from others on the page.
    """
    count = Counter(one.outcome for one in taken)
    words = [number(count[IngestOutcome.ADDED], "scan added", "scans added")]
    if count[IngestOutcome.WAITS]:
        words.append(number(count[IngestOutcome.WAITS], "scan waits for you", "scans wait for you"))
    if count[IngestOutcome.ALREADY_THERE]:
        words.append(f"{count[IngestOutcome.ALREADY_THERE]:,} already there")
    if count[IngestOutcome.LEFT_OUT]:
        words.append(f"{count[IngestOutcome.LEFT_OUT]:,} left out")
    if count[IngestOutcome.SET_ASIDE]:
        words.append(f"{count[IngestOutcome.SET_ASIDE]:,} set aside")
    if count[IngestOutcome.REFUSED]:
        words.append(number(count[IngestOutcome.REFUSED], "file refused", "files refused"))
    if count[IngestOutcome.NOT_READ]:
        words.append(f"{count[IngestOutcome.NOT_READ]:,} not read, because you stopped")
    trouble = [one for one in taken if one.outcome in _TROUBLE]
    with st.container(key=f"drop-results{mark}"):
        unfinished = trouble or count[IngestOutcome.WAITS] or count[IngestOutcome.NOT_READ]
        tell = st.warning if unfinished else st.success
        tell(", ".join(words) + ".")
        for one in trouble[:_SENTENCES]:
            st.markdown(f":orange[:material/block:] **{plain(one.file)}**: {plain(one.sentence)}")
        # A table is made only while it is open: the first one makes Streamlit import pandas, for
        # which the scans themselves would wait.
        listed = st.expander("What became of each file", key=f"files{mark}", on_change="rerun")
        if listed.open:
            with listed:
                _list(taken)


def _list(taken: Sequence[IngestResult]) -> None:
    st.dataframe(
        [
            {"File": one.file, "Result": one.outcome.value, "In words": one.sentence}
            for one in sorted(taken, key=lambda one: one.outcome is IngestOutcome.ADDED)
        ],
        hide_index=True,
        column_config={"In words": st.column_config.TextColumn(width="large")},
    )
