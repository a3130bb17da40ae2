"""A report written out: as one HTML file, and as a model card in Markdown."""

import base64
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

import jinja2
from markupsafe import Markup

from fetal.bundle import Card
from fetal.evaluation import svg
from fetal.evaluation.error_examples import Exhibit
from fetal.evaluation.other_sources import other_sources
from fetal.evaluation.report import FEW, Report
from fetal.evaluation.reviewing.checklist import checklist_of
from fetal.evaluation.reviewing.other_share import other_share
from fetal.evaluation.reviewing.sample_size import sample_size
from fetal.markdown import as_text
from fetal.metrics import Interval, percent
from fetal.planes import PLANES
from fetal.predict import Doubt

_TEMPLATES = Path(__file__).with_name("templates")

DOUBT_WORDS = {
    Doubt.SURE.value: "was sure",
    Doubt.CHECK.value: "asked for a check",
    "unknown": "called it no plane that it knows",
}
"""How a person reads a doubt, after “the model …”."""


def to_html(report: Report, card: Card, exhibits: Sequence[Exhibit] = ()) -> str:
    """Write a report as a page that stands alone.

    It needs no network and no script, follows light and dark, and prints.

    Args:
        report: the report.
        card: the card of the model that was measured.
        exhibits: the worst errors with their pictures (`fetal.evaluation.exhibits`). Without
            them the page holds no patient's scan.

    Returns:
        The text of an HTML file.

    Example:
        >>> Path("report.html").write_text(to_html(report, model.bundle.card))  # doctest: +SKIP
    """
    losses = [(row.name, row.lost) for row in report.withstood]
    plots = {
        "reliability_plot": svg.reliability(report.reliability),
        "coverage_plot": svg.coverage(report.coverage),
        "losses_plot": svg.losses(losses) if losses else "",
        "risk_plot": svg.risk(report.trust.risk_coverage),
    }
    return _render(
        "report.html.jinja",
        report,
        card,
        exhibits=exhibits,
        style=Markup((_TEMPLATES / "style.css").read_text("utf-8")),
        **{name: Markup(plot) for name, plot in plots.items()},
    )


def to_markdown(report: Report, card: Card) -> str:
    """Write a model card with the sections of Mitchell et al. 2019.

    “Model Cards for Model Reporting”, https://arxiv.org/abs/1810.03993.

    Args:
        report: what the evaluation found.
        card: the card of the model that was measured.

    Returns:
        Markdown.
    """
    return _render("card.md.jinja", report, card)


def _render(name: str, report: Report, card: Card, **more: Any) -> str:
    return (
        _environment(name.endswith(".md.jinja"))
        .get_template(name)
        .render(
            report=report,
            card=card,
            planes=PLANES,
            few=FEW,
            sources=other_sources(card),
            doubt_words=DOUBT_WORDS,
            other_share=other_share(report),
            sample_size=sample_size(report),
            checklists=tuple(checklist_of(report, card)),
            named=report.scans + sum(report.left_out.values()),
            **more,
        )
    )


@cache
def _environment(markdown: bool) -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(_TEMPLATES),
        autoescape=not markdown,
        # What is written into the card in Markdown is text, as Jinja makes it in HTML by itself.
        finalize=_as_text if markdown else None,
        undefined=jinja2.StrictUndefined,
        keep_trailing_newline=True,
    )
    environment.filters |= {
        "percent": lambda share: percent(share, 1),
        "between": _between,
        # No macro: what one writes would be made text twice.
        "interval": _interval,
        "points": _points,
        "between_points": lambda found: f"{_points(found.low)} to {_points(found.high)}",
        "number": lambda count: f"{count:,}",
        "fine": lambda found: (
            f"{100 * found.value:.2f} % ({100 * found.low:.2f} to {100 * found.high:.2f})"
        ),
        "plain_range": lambda found: (
            f"{found.value:.2f} ({found.low:.2f} to {found.high:.2f})".replace("-", "−")
        ),
        "data_uri": _data_uri,
    }
    return environment


def _as_text(value: Any) -> Any:
    return as_text(value) if isinstance(value, str) else value


def _between(found: Interval) -> str:
    return f"{100 * found.low:.1f} to {100 * found.high:.1f} %"


def _interval(found: Interval) -> str:
    around = "no error seen" if found.low == 1 else _between(found)
    return f"{percent(found.value, 1)} ({around})"


def _points(share: float) -> str:
    # Without the sign that a rounded −0.04 would keep.
    return f"{100 * share:.1f}".replace("-0.0", "0.0").replace("-", "−")


def _data_uri(jpeg: bytes) -> str:
    return f"data:image/jpeg;base64,{base64.b64encode(jpeg).decode()}"
