"""What a model says of other sources' scans: right, sure and wrong, asked for a check."""

import json
import re
from collections.abc import Callable
from dataclasses import replace

import pytest

from fetal.bundle import Card, Head, InputSpec
from fetal.evaluation import Report, to_html, to_markdown
from fetal.evaluation.other_sources import (
    IN_CARD,
    OtherSource,
    SourceCase,
    source_rows,
    with_other_sources,
)
from fetal.planes import Plane
from fetal.predict import Doubt
from tests.evaluation.made_up import case, measured
from tests.support.hostile import TEXTS
from tests.support.tiny_model import tiny_model


def heads(count: int = 40) -> list[SourceCase]:
    """Of so many heads three are called abdomen, and of two of these it is sure."""
    wrong = {0: 0.95, 1: 0.95, 2: 0.5}
    said = [
        case(number, Plane.BRAIN, Plane.ABDOMEN, wrong[number])
        if number in wrong
        else case(number, Plane.BRAIN)
        for number in range(count)
    ]
    return [SourceCase(one, "HC18", "Fetal brain") for one in said]


def lungs() -> list[SourceCase]:
    """One is taken for a thorax, one is called Other, one is not known."""
    said = [
        case(100, Plane.OTHER, Plane.THORAX, 0.95),
        case(101, Plane.OTHER, Plane.OTHER, 0.95),
        replace(case(102, Plane.OTHER, Plane.BRAIN, 0.95), doubt=Doubt.UNKNOWN),
    ]
    return [SourceCase(one, "lungs", "adult lung", no_plane=True) for one in said]


def test_every_kind_of_every_source_is_counted() -> None:
    first, second, everything = source_rows([*lungs(), *heads()])
    assert (first.source, first.kind, first.scans, first.right) == ("HC18", "Fetal brain", 40, 37)
    assert (first.wrong, first.checked, first.unknown) == (2, 1, 0)
    assert first.accuracy is not None
    assert first.accuracy.value == pytest.approx(37 / 40)
    assert first.sure_and_wrong is not None
    assert first.sure_and_wrong.value == pytest.approx(2 / 40)
    # No accuracy: they show no plane. No share: they are too few.
    assert (second.known, second.wrong, second.unknown) == (0, 1, 1)
    assert second.accuracy is second.sure_and_wrong is None
    assert (everything.scans, everything.known, everything.wrong) == (43, 40, 3)
    assert everything.accuracy == first.accuracy


def test_a_data_set_measured_anew_replaces_itself_in_the_card() -> None:
    card = Card(
        *("mine", "2026-11-23T10:00:00+00:00", "resnet50"),
        InputSpec(256, (40.0,) * 3, (50.0,) * 3),
        Head("last"),
        metrics={"four fetal planes": {"n": 1}},
    )
    told: tuple[str, str, str, str, dict[str, int]]
    told = ("HC18", "CC BY 4.0", "https://example.org", "test", {})
    old = {
        "hc18": OtherSource(*told, source_rows(heads(10))),
        "lungs": OtherSource(*told, source_rows(lungs())),
    }
    card = replace(card, metrics=with_other_sources(card, old))
    new = {"hc18": OtherSource(*told, source_rows(heads()))}
    metrics = with_other_sources(card, new)
    assert metrics["four fetal planes"] == {"n": 1}
    kept = metrics[IN_CARD]
    assert kept["hc18"]["rows"][0]["scans"] == 40
    assert kept["lungs"]["rows"][0]["scans"] == 3
    assert Card.from_json(replace(card, metrics=metrics).to_json()).metrics == metrics


@pytest.mark.parametrize("write", [to_html, to_markdown])
def test_page_and_card_show_what_the_card_holds_of_other_sources(
    write: Callable[[Report, Card], str],
) -> None:
    bundle = tiny_model()
    report = measured()
    without = write(report, bundle.card)
    assert "Other hospitals and machines" not in without.partition("Checklists")[0]
    told = ("HC18", "CC BY 4.0", "https://example.org", "test", {"it was unreadable": 2})
    found = {"hc18": OtherSource(*told, source_rows([*lungs(), *heads()]))}
    card = replace(bundle.card, metrics=with_other_sources(bundle.card, found))
    page = write(report, Card.from_json(json.loads(card.to_text())))
    for said in ("HC18", "92.5 %", "5.0 %", "adult lung", "1 of 3", "2, because it was unreadable"):
        assert said in page
    answered = [write(report, one).count("#sources") for one in (bundle.card, card)]
    assert answered[0] < answered[1]


@pytest.mark.parametrize("text", TEXTS)
def test_what_a_card_says_of_other_sources_is_text(text: str) -> None:
    bundle = tiny_model()
    report = measured()

    def written(word: str) -> list[str]:
        told = (word, word, word, "test", {word: 2})
        rows = source_rows([replace(one, source=word, kind=word) for one in heads()])
        metrics = with_other_sources(bundle.card, {"hc18": OtherSource(*told, rows)})
        page = to_html(report, replace(bundle.card, metrics=metrics))
        return re.findall(r"<[a-z0-9]+", page)

    assert written(text) == written("plain")
