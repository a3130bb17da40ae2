"""Matches the lines of a table of labels with pictures; lines that contradict each other stay out.

An import, a training and a measurement all take a table's lines through here.
"""

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from fetal.planes import UnknownPlaneError
from fetal.workbench.imports.image_index import AmbiguousImageError, PictureIndex, stem_key
from fetal.workbench.ingest.file_sources import SourceFile
from fetal.workbench.label_tables.label_table import LabelRow
from fetal.workbench.label_tables.written_labels import read_label

_NAMED = 5


@dataclass(frozen=True, slots=True)
class Refusal:
    """A line that is left out.

    Attributes:
        row: the line.
        sentence: why.
    """

    row: LabelRow
    sentence: str


@dataclass(frozen=True, slots=True)
class Match:
    """A picture with what the table says of it.

    Attributes:
        row: its line, or what its lines say together.
        label: a plane's value or `unusable`; None where it has no label.
        piece: the picture; None where it is not at hand.
    """

    row: LabelRow
    label: str | None
    piece: SourceFile | None


@dataclass
class Matches:
    """What a table's lines came to.

    Attributes:
        found: one for each picture that is named, in the order of the lines.
        refused: the lines that are left out.
    """

    found: list[Match] = field(default_factory=list)
    refused: list[Refusal] = field(default_factory=list)


def match(rows: Sequence[LabelRow], index: PictureIndex) -> Matches:
    """Find the picture of each line.

    Several lines of one picture are taken together where they agree. Where they give it different
    planes, patients or splits, all of them are left out: nobody knows which is right.

    Args:
        rows: the lines.
        index: the pictures.

    Returns:
        The pictures with their labels, and the lines that are left out.
    """
    matches = Matches()
    pictures: dict[str, list[Match]] = defaultdict(list)
    for row in rows:
        try:
            one = _found(row, index)
        except (LookupError, UnknownPlaneError) as error:
            matches.refused.append(Refusal(row, str(error.args[0])))
        else:
            pictures[f"/{one.piece.label}" if one.piece else stem_key(row.image)].append(one)
    for several in pictures.values():
        difference = _difference(several) if len(several) > 1 else None
        if difference is None:
            matches.found.append(_together(several))
        else:
            sentence = contradiction([one.row.line for one in several], difference)
            matches.refused += [Refusal(one.row, sentence) for one in several]
    return matches


def _found(row: LabelRow, index: PictureIndex) -> Match:
    if not row.image:
        raise LookupError(f"Line {row.line} names no image.")
    if row.unclear is not None:
        raise LookupError(f"Line {row.line} was left out: {row.unclear}.")
    try:
        label = read_label(row.plane) if row.plane else None
    except UnknownPlaneError as error:
        raise UnknownPlaneError(f"Line {row.line} was left out: {error}") from error
    try:
        return Match(row, label, index.find(row.image))
    except AmbiguousImageError as error:
        raise AmbiguousImageError(f"Line {row.line}: {error}") from error


def _difference(several: Sequence[Match]) -> str | None:
    """What several lines of one picture disagree on, in words."""
    told: dict[str, Callable[[Match], str | None]] = {
        "planes": lambda one: one.label,
        "patients": lambda one: one.row.patient,
        "splits": lambda one: "test" if one.row.test else "training",
    }
    for what, tell in told.items():
        different = dict.fromkeys(value for one in several if (value := tell(one)) is not None)
        if len(different) > 1:
            # A patient's name belongs into no report.
            named = "" if what == "patients" else f" ({', '.join(different)})"
            return f"different {what}{named}"
    return None


def _together(several: Sequence[Match]) -> Match:
    """The first line, with what only a later one tells."""
    first = several[0]
    if len(several) == 1:
        return first
    row = replace(
        first.row,
        patient=next((one.row.patient for one in several if one.row.patient), None),
        machine=next((one.row.machine for one in several if one.row.machine), None),
        operator=next((one.row.operator for one in several if one.row.operator), None),
    )
    return replace(first, row=row, label=next((one.label for one in several if one.label), None))


def contradiction(lines: Sequence[int], difference: str) -> str:
    """Report that lines are left out since they contradict each other.

    Args:
        lines: their numbers.
        difference: what differs, in words.
    """
    named = ", ".join(str(line) for line in lines[:_NAMED])
    more = f" and {len(lines) - _NAMED:,} more" if len(lines) > _NAMED else ""
    return (
        f"Lines {named}{more} contradict each other and were left out: they give one image "
        f"{difference}."
    )
