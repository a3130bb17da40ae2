"""What a comparison allows to be said of a challenger, in the reader's language."""

from fetal.metrics import Judgement, Verdict
from fetal.workbench.models.promotion import Comparison, ModelView
from pages.parts.models.figure_words import signed
from pages.parts.shared.formatting import number, plain
from pages.parts.texts import customs
from pages.parts.texts.catalogue import _, ngettext


def outcome(comparison: Comparison, challenger: ModelView) -> str:
    """The verdict on a challenger and what it rests on, as text that Markdown leaves alone.

    Args:
        comparison: the comparison; it has a verdict.
        challenger: the version that was judged.
    """
    verdict = comparison.verdict
    assert verdict is not None
    change = _("Change in accuracy: {value} points ({low} to {high}) on {scans} of {patients}.")
    sentences = [
        _said(verdict).format(name=plain(challenger.name), margin=margin(verdict)),
        change.format(
            value=signed(verdict.difference.value),
            low=signed(verdict.difference.low),
            high=signed(verdict.difference.high),
            scans=number(comparison.n_scans, "scan", "scans"),
            patients=number(comparison.n_patients, "patient", "patients"),
        ),
    ]
    if comparison.unreadable:
        left = _("Left out, because their pictures are missing or damaged: {count}.")
        sentences.append(left.format(count=customs.whole(comparison.unreadable)))
    return " ".join(sentences)


def margin(verdict: Judgement) -> str:
    """The loss that counts as none."""
    points = 100 * verdict.margin
    written = customs.with_its_point(f"{points:g}")
    # The plural rules of languages are for whole numbers.
    return ngettext("{n} point", "{n} points", 1 if points == 1 else 2).format(n=written)


def _said(verdict: Judgement) -> str:
    if verdict.verdict is Verdict.BETTER:
        return _("“{name}” is better.")
    if verdict.verdict is Verdict.NOT_WORSE:
        return (
            _("“{name}” is slightly worse, but not worse by more than {margin}.")
            if verdict.certain
            else _("“{name}” is not worse by more than {margin}.")
        )
    if verdict.certain:
        return _("“{name}” is worse.")
    return _("“{name}” could be worse by more than {margin}: too few scans to tell.")
