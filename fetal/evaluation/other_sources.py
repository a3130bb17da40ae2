"""How a model fares on data sets of other sources, one kind of scan after another."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from fetal.bundle import Card
from fetal.evaluation.labelled_predictions import Case
from fetal.evaluation.report import FEW
from fetal.metrics import Interval, share, sure_errors
from fetal.planes import PLANES
from fetal.predict import Doubt

IN_CARD = "other sources"
"""Where a card's figures hold these, by the name of the data set."""


@dataclass(frozen=True)
class SourceCase:
    """What a model said of one scan of another source.

    Attributes:
        case: the answer. Where the scan shows no fetal plane at all, its plane is *Other*.
        source: the data set or hospital.
        kind: what the scan shows, in words.
        no_plane: whether it shows no fetal plane at all.
    """

    case: Case
    source: str
    kind: str
    no_plane: bool = False


@dataclass(frozen=True)
class SourceRow:
    """How a model fares on one kind of scan of one source.

    Attributes:
        source: the data set or hospital.
        kind: what the scans show, in words.
        scans: how many there are.
        patients: how many patients they show.
        known: how many of them show a plane or a fetal frame of none, and not something else.
        right: how many of these the model named rightly.
        wrong: of how many it was sure and wrong. Of a scan that shows none of the five planes with
            a name, that is: of how many it was sure that they show one of the five.
        checked: of how many it asked for a check.
        unknown: how many it called no plane that it knows.
        accuracy: `right` as a share of `known`, with its interval; None of fewer than FEW scans.
        sure_and_wrong: `wrong` as a share of all, likewise.
    """

    source: str
    kind: str
    scans: int
    patients: int
    known: int
    right: int
    wrong: int
    checked: int
    unknown: int
    accuracy: Interval | None
    sure_and_wrong: Interval | None


@dataclass(frozen=True)
class OtherSource:
    """What was measured on one data set of other sources.

    Attributes:
        title: what the data set is called.
        licence: what allows its use.
        where: an address to get it from.
        role: which of its scans were measured: `test`, `train` or `all`.
        left_out: how many scans were left out, by reason.
        rows: the figures, source by source and kind by kind; the last of several is over all.
    """

    title: str
    licence: str
    where: str
    role: str
    left_out: dict[str, int]
    rows: tuple[SourceRow, ...]

    def to_json(self) -> dict[str, Any]:
        """Plain values, as a model's card holds them."""
        return asdict(self)

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> "OtherSource":
        """Read what `to_json` gave."""
        return cls(**{**values, "rows": tuple(map(_row_from, values["rows"]))})


ALL = "all of them"


def source_rows(cases: Sequence[SourceCase]) -> tuple[SourceRow, ...]:
    """Count and measure cases by source and kind.

    Args:
        cases: what the model said. Scans that it was trained on must not be among them.

    Returns:
        A row for each kind of each source, planes first and in the planes' order; where there are
        several, one over all of them follows.

    Example:
        >>> source_rows([])
        ()
    """
    groups: dict[tuple[str, int, str], list[SourceCase]] = {}
    for one in cases:
        place = PLANES.index(one.case.plane) + (len(PLANES) if one.no_plane else 0)
        groups.setdefault((one.source, place, one.kind), []).append(one)
    rows = [_row(key[0], key[2], members) for key, members in sorted(groups.items())]
    if len(rows) > 1:
        rows.append(_row(ALL, "", list(cases)))
    return tuple(rows)


def other_sources(card: Card) -> dict[str, OtherSource]:
    """What a card holds of other sources, by the name of the data set."""
    held = card.metrics.get(IN_CARD, {})
    return {name: OtherSource.from_json(values) for name, values in held.items()}


def with_other_sources(card: Card, found: Mapping[str, OtherSource]) -> dict[str, Any]:
    """The figures of a card with those of other sources; a data set measured anew replaces itself.

    Args:
        card: the card.
        found: what was measured, by the name of the data set.
    """
    before = card.metrics.get(IN_CARD, {})
    measured = {name: source.to_json() for name, source in found.items()}
    return card.metrics | {IN_CARD: before | measured}


def _row(source: str, kind: str, members: Sequence[SourceCase]) -> SourceRow:
    patients = [one.case.patient for one in members]
    sure = [one.case.doubt is Doubt.SURE for one in members]
    right = [one.case.right for one in members]
    known = [one.case for one in members if not one.no_plane]
    [errors] = sure_errors([kind] * len(members), sure, right, patients)
    return SourceRow(
        source=source,
        kind=kind,
        scans=len(members),
        patients=len(set(patients)),
        known=len(known),
        right=sum(case.right for case in known),
        wrong=errors.wrong,
        checked=sum(one.case.doubt is Doubt.CHECK for one in members),
        unknown=sum(one.case.doubt is Doubt.UNKNOWN for one in members),
        accuracy=_accuracy(known),
        sure_and_wrong=errors.rate if len(members) >= FEW else None,
    )


def _row_from(values: Mapping[str, Any]) -> SourceRow:
    shares = ("accuracy", "sure_and_wrong")
    read = {key: Interval(**values[key]) if values[key] else None for key in shares}
    return SourceRow(**{**values, **read})


def _accuracy(known: Sequence[Case]) -> Interval | None:
    if len(known) < FEW:
        return None
    return share([case.right for case in known], [case.patient for case in known])
