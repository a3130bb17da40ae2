"""What became of each file of a drop."""

from collections import Counter
from collections.abc import Sequence

import streamlit as st

from fetal.workbench.ingest.upload import IngestOutcome, IngestResult
from pages.parts.shared.formatting import number, plain
from pages.parts.texts.catalogue import _, mark
from pages.parts.texts.customs import whole
from pages.parts.texts.library_sentences import in_readers_language

_SENTENCES = 5
_OUTCOMES = {
    IngestOutcome.ADDED: mark("added"),
    IngestOutcome.ALREADY_THERE: mark("already there"),
    IngestOutcome.REFUSED: mark("refused"),
    IngestOutcome.WAITS: mark("waits for you"),
    IngestOutcome.SET_ASIDE: mark("set aside"),
    IngestOutcome.LEFT_OUT: mark("left out"),
    IngestOutcome.NOT_READ: mark("not read"),
}
_TROUBLE = (IngestOutcome.REFUSED, IngestOutcome.SET_ASIDE)


def show(taken: Sequence[IngestResult], which: str = "") -> None:
    """Count what became of the files; name those that were not taken, and say why.

    Args:
        taken: what became of each file of a drop.
        which: tells this drop from others on the page.
    """
    count = Counter(one.outcome for one in taken)
    words = [number(count[IngestOutcome.ADDED], "scan added", "scans added")]
    if count[IngestOutcome.WAITS]:
        words.append(number(count[IngestOutcome.WAITS], "scan waits for you", "scans wait for you"))
    if count[IngestOutcome.ALREADY_THERE]:
        words.append(
            _("{count} already there").format(count=whole(count[IngestOutcome.ALREADY_THERE]))
        )
    if count[IngestOutcome.LEFT_OUT]:
        words.append(_("{count} left out").format(count=whole(count[IngestOutcome.LEFT_OUT])))
    if count[IngestOutcome.SET_ASIDE]:
        words.append(_("{count} set aside").format(count=whole(count[IngestOutcome.SET_ASIDE])))
    if count[IngestOutcome.REFUSED]:
        words.append(number(count[IngestOutcome.REFUSED], "file refused", "files refused"))
    if count[IngestOutcome.NOT_READ]:
        words.append(
            _("{count} not read, because you stopped").format(
                count=whole(count[IngestOutcome.NOT_READ])
            )
        )
    trouble = [one for one in taken if one.outcome in _TROUBLE]
    with st.container(key=f"drop-results{which}"):
        unfinished = trouble or count[IngestOutcome.WAITS] or count[IngestOutcome.NOT_READ]
        tell = st.warning if unfinished else st.success
        tell(", ".join(words) + ".")
        for one in trouble[:_SENTENCES]:
            why = plain(in_readers_language(one.sentence))
            st.markdown(f":orange[:material/block:] **{plain(one.file)}**: {why}")
        # A table is made only while it is open: the first one makes Streamlit import pandas, for
        # which the scans themselves would wait.
        listed = st.expander(_("What became of each file"), key=f"files{which}", on_change="rerun")
        if listed.open:
            with listed:
                _list(taken)


def _list(taken: Sequence[IngestResult]) -> None:
    st.dataframe(
        [
            {
                _("File"): one.file,
                _("Result"): _(_OUTCOMES[one.outcome]),
                _("In words"): in_readers_language(one.sentence),
            }
            for one in sorted(taken, key=lambda one: one.outcome is IngestOutcome.ADDED)
        ],
        hide_index=True,
        column_config={_("In words"): st.column_config.TextColumn(width="large")},
    )
