"""Checklists of reporting guidelines, each item answered by a section of a report or not at all."""

import tomllib
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from typing import Any

from fetal.bundle import Card
from fetal.evaluation.report import Report
from fetal.evaluation.reviewing.sections import OF_STATEMENTS, answered

_CHECKLISTS = Path(__file__).with_name("checklists")

NOT_DONE = "not done"

_NOT_MEASURED = {
    "limits": "the model's card names no limit",
    "withstood": "corrupted scans were not measured (`fetal evaluate --corruptions`)",
    "strangers": "no strange pictures were shown (`fetal evaluate --strange`)",
    "sets": "the model promises no sets of planes: it was made before there were any",
    "previous": "no earlier model was measured beside it (`fetal evaluate --beside`)",
    "sources": "the card holds no figures of other sources (`fetal evaluate --pack`)",
}


@dataclass(frozen=True)
class Item:
    """One item of a checklist, answered.

    Attributes:
        number: its number in the checklist.
        asks: what it asks for, in our own short words.
        answer: the section of the report that answers it, as an anchor such as `#flow`; or
            “not done”.
        why: why it is not done; empty where it is.
    """

    number: str
    asks: str
    answer: str
    why: str = ""

    @property
    def done(self) -> bool:
        """Whether a section answers it."""
        return self.answer != NOT_DONE


@dataclass(frozen=True)
class Checklist:
    """A reporting guideline's checklist, answered.

    Attributes:
        name: what it is called.
        cite: where it was published.
        note: what to know of the items here.
        items: its items, in its order.
    """

    name: str
    cite: str
    note: str
    items: tuple[Item, ...]

    @property
    def done(self) -> int:
        """How many items are answered."""
        return sum(item.done for item in self.items)


@dataclass(frozen=True)
class AnsweredChecklists:
    """All checklists, answered by one report.

    Attributes:
        model: the model's name.
        model_digest: which very model.
        data_digest: of the scans that it was measured on.
        checklists: the checklists.
    """

    model: str
    model_digest: str
    data_digest: str
    checklists: tuple[Checklist, ...]

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return asdict(self)

    def __iter__(self) -> Iterator[Checklist]:
        return iter(self.checklists)


def checklist_of(report: Report, card: Card) -> AnsweredChecklists:
    """Answer the checklists of CLAIM 2024, TRIPOD+AI and CALIB-XFUS by a report.

    Args:
        report: the report.
        card: the card of the model that was measured.

    Returns:
        The checklists. An item points to a section only where that tells something of this model
        and this measurement; else it says what is missing.
    """
    there = answered(report, card)
    return AnsweredChecklists(
        model=report.model,
        model_digest=report.model_digest,
        data_digest=report.data_digest,
        checklists=tuple(_answered(content, there) for content in _contents()),
    )


def _answered(content: dict[str, Any], there: frozenset[str]) -> Checklist:
    items = []
    for number, (asks, section, *why) in content["items"].items():
        if section in there:
            items.append(Item(number, asks, f"#{section}"))
        else:
            items.append(Item(number, asks, NOT_DONE, why[0] if why else _missing(section)))
    return Checklist(content["name"], content["cite"], content["note"], tuple(items))


def _missing(section: str) -> str:
    if section in OF_STATEMENTS:
        return f"not recorded in the model's card (statements: {OF_STATEMENTS[section]})"
    return _NOT_MEASURED[section]


@cache
def _contents() -> tuple[dict[str, Any], ...]:
    order = ("claim-2024", "tripod-ai", "calib-xfus")
    return tuple(tomllib.loads((_CHECKLISTS / f"{name}.toml").read_text("utf-8")) for name in order)
