"""Finds the stored scans that lines of a table mean whose images are not at hand."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field

from sqlalchemy import select

from fetal.store.tables import ScanRow
from fetal.workbench.core.workbench import Workbench
from fetal.workbench.imports.matching import contradiction
from fetal.workbench.label_tables.label_table import LabelRow

Found = tuple[int, LabelRow, str | None]
"""A stored scan's number, the line that names it, and its label, if it has one."""


@dataclass
class StoredLines:
    """What lines without images came to.

    Attributes:
        found: the lines that name one stored scan, with its number and the label.
        left_out: name and sentence of lines that fit several scans, or contradict each other.
        missing: names of images that no scan came from.
    """

    found: list[Found] = field(default_factory=list)
    left_out: list[tuple[str, str]] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)


def find_stored(workbench: Workbench, labels: Sequence[tuple[LabelRow, str | None]]) -> StoredLines:
    """Find the scans that came from the images which lines name.

    Args:
        workbench: the workbench.
        labels: lines of a table, each with its label.

    Returns:
        The scans, and what is left out.
    """
    lines = StoredLines()
    scans = _scans_by_name(workbench)
    by_scan: dict[int, list[Found]] = defaultdict(list)
    for row, label in labels:
        numbers = scans.get(row.image) or scans.get(workbench.pseudonyms.file(row.image), [])
        if len(numbers) == 1:
            by_scan[numbers[0]].append((numbers[0], row, label))
        elif numbers:
            sentence = (
                f"Line {row.line}: {len(numbers)} stored scans came from files named "
                f"“{row.image}”. Import the table together with its images."
            )
            lines.left_out.append((row.image, sentence))
        else:
            lines.missing.append(row.image)
    for several in by_scan.values():
        different = list(dict.fromkeys(label for _, _, label in several if label))
        if len(different) <= 1:
            lines.found += several
            continue
        numbers = [row.line for _, row, _ in several]
        sentence = contradiction(numbers, f"different planes ({', '.join(different)})")
        lines.left_out += [(row.image, sentence) for _, row, _ in several]
    return lines


def _scans_by_name(workbench: Workbench) -> dict[str, list[int]]:
    """Map file keys, and the names that exports use, to scans."""
    found: dict[str, list[int]] = defaultdict(list)
    with workbench.store.reading() as session:
        for number, name, key in session.execute(
            select(ScanRow.id, ScanRow.name, ScanRow.file_key)
        ):
            for known in (key, name, f"{name}.png"):
                if known is not None:
                    found[known].append(number)
    return found
