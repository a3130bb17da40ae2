"""What a person should know of how a table of labels was understood, in sentences."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict

from fetal.scans.deidentification.placeholders import is_placeholder
from fetal.workbench.label_tables.cells import cleaned, identifier, is_empty, is_shortened
from fetal.workbench.label_tables.columns import Columns, ignored_split_columns
from fetal.workbench.label_tables.label_table import LabelTable

_SHOWN = 3


def table_notes(table: LabelTable, columns: Columns) -> list[str]:
    """Report what of a table is not used, or not as a person may think.

    Args:
        table: the table.
        columns: which column holds what.

    Returns:
        Sentences; none where nothing is to be said.
    """
    return [
        *_twice(table.names, columns),
        *_splits(table, columns),
        *_patients(table, columns),
    ]


def _twice(names: Sequence[str], columns: Columns) -> Iterable[str]:
    for name in dict.fromkeys(names):
        if names.count(name) > 1 and name in asdict(columns).values():
            yield f"Several columns are called “{name}”; only the first is read."


def _splits(table: LabelTable, columns: Columns) -> Iterable[str]:
    for name in ignored_split_columns(table.names, columns):
        yield (
            f"The column “{name}” is not read. If it says which scans are kept to test, say that "
            "it is the column for learning and testing; it then has to hold 1 or 0, yes or no, "
            "or train or test."
        )
    empty = sum(map(is_empty, table.column(columns.train)))
    if empty:
        yield (
            f"In {_lines(empty)} the column “{columns.train}” is empty; these scans are not kept "
            "to test."
        )


def _patients(table: LabelTable, columns: Columns) -> Iterable[str]:
    if columns.patient is None:
        yield (
            "No column with the patient was found. Scans that do not name their patient "
            "themselves count as scans of one unknown patient. If a column holds the patient, say "
            "which."
        )
        return
    counted = table.counts_patients(columns)
    cells = [identifier(cell) for cell in table.column(columns.patient)]
    nobody = [
        cell
        for cell in cells
        if not is_empty(cell) and is_placeholder(cell) and not (counted and not cell.strip("0"))
    ]
    if nobody:
        yield (
            f"In {_lines(len(nobody))} a placeholder stands for the patient ({_some(nobody)}): "
            "it names nobody, and these scans count as scans of one unknown patient."
        )
    shortened = [cell for cell in cells if is_shortened(cell)]
    if shortened:
        yield (
            f"In {_lines(len(shortened))} a spreadsheet has shortened the patient’s number "
            f"({_some(shortened)}), so different patients may look like one. Format that column "
            "as text and save the table again."
        )


def _some(cells: Iterable[str]) -> str:
    different = list(dict.fromkeys(cleaned(cell) for cell in cells))
    more = ", …" if len(different) > _SHOWN else ""
    return ", ".join(f"“{cell}”" for cell in different[:_SHOWN]) + more


def _lines(count: int) -> str:
    return "1 line" if count == 1 else f"{count:,} lines"
