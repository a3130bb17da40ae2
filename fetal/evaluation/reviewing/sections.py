"""The sections of a report to which checklists point, and which of them tell something."""

from collections.abc import Mapping

from fetal.bundle import Card
from fetal.evaluation.other_sources import IN_CARD
from fetal.evaluation.report import Report

OF_STATEMENTS: Mapping[str, str] = {
    "participants": "participants",
    "reference": "reference_standard",
    "subgroups": "subgroups",
    "rights": "rights",
    "monitoring": "monitoring",
    "funding": "funding",
}
"""Sections that hold what a card states, by the statement's key."""

ALWAYS = frozenset(
    {
        "key", "details", "use", "metrics", "flow", "preparation", "training", "sample", "planes",
        "sureness", "trust", "machines", "worst", "other", "baselines", "cost", "updates",
        "explanations",
    }
)  # fmt: skip
"""Sections that every report fills."""


def answered(report: Report, card: Card) -> frozenset[str]:
    """The sections of a report that tell something.

    Args:
        report: the report.
        card: the card of the model that was measured.

    Returns:
        Their anchors, the same in the page and in the card in Markdown.
    """
    filled = {section for section, key in OF_STATEMENTS.items() if card.statements.get(key)}
    given = {
        "limits": bool(card.limits),
        "withstood": bool(report.withstood),
        "strangers": bool(report.trust.hesitation),
        "sets": report.trust.sets is not None,
        "previous": len(report.baselines) > 1,
        "sources": bool(card.metrics.get(IN_CARD)),
    }
    return ALWAYS | filled | {section for section, there in given.items() if there}
