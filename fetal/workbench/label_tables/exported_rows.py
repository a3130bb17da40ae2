"""What the table of an export tells of a scan besides its plane, when it is read again."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from fetal.workbench.label_tables.export_format import FIRST, HEADER, plain_cell

_SAMPLE_PATIENT = re.compile(r"P-sample-[a-z]+-\d+")
_SAMPLE = "sample"
_TEST = "test"
_LONGEST_NAME = 80
_LONGEST_NOTE = 2000


@dataclass(frozen=True, slots=True)
class ExportedRow:
    """A line of an export, as far as it is not in every table of labels.

    Attributes:
        annotator: who gave the label; None where there is none.
        time: when they gave it.
        note: what a person wrote about the scan; empty where nobody did.
        sample: whether it is one of the built-in simulated scans, which never count.
        test: whether its patient is kept apart for testing.
    """

    annotator: str | None = None
    time: datetime | None = None
    note: str = ""
    sample: bool = False
    test: bool = False


def is_export(names: Sequence[str]) -> bool:
    """Return whether a table was written by an export of this program.

    Args:
        names: its header.
    """
    return tuple(name.strip() for name in names[:FIRST]) == HEADER[:FIRST]


def exported_row(names: Sequence[str], cells: Sequence[str]) -> ExportedRow:
    """Read a line of an export.

    Args:
        names: the table's header, of this program's version or an older one.
        cells: the line's cells.

    Returns:
        What it tells; what cannot be read, or is missing, is left out.
    """
    told: Mapping[str, str] = dict(zip(names, cells, strict=False))
    patient, source = told.get("patient", ""), told.get("source")
    # Exports of version 0.1 do not tell the source: there the patient's code does.
    sample = _SAMPLE_PATIENT.fullmatch(patient) is not None and source in (None, "", _SAMPLE)
    return ExportedRow(
        annotator=plain_cell(told.get("annotator", "")).strip()[:_LONGEST_NAME] or None,
        time=_moment(told.get("time", "")),
        note=plain_cell(told.get("note", ""))[:_LONGEST_NOTE],
        sample=sample,
        test=told.get("split", "").strip() == _TEST,
    )


def _moment(text: str) -> datetime | None:
    try:
        moment = datetime.fromisoformat(text.strip())
    except ValueError:
        return None
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
