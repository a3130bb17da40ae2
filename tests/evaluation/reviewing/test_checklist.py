"""Checklists: each item points to a section that is there and tells something, or is not done."""

import csv
import json
import re
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest

from fetal.bundle import STATEMENTS, Card
from fetal.evaluation import Report, measure, to_html, to_markdown
from fetal.evaluation.reviewing.checklist import checklist_of
from fetal.evaluation.reviewing.other_share import REAL_FRAMES, REAL_OTHERS, other_share
from fetal.evaluation.reviewing.sections import answered
from fetal.planes import Plane
from tests.evaluation.made_up import case, cases, measured, strange
from tests.evaluation.test_render import WITHSTOOD
from tests.support.tiny_model import tiny_model, tiny_model_that_promises_sets

Answers = tuple[Report, Card]


def bare() -> Answers:
    """A report on a model of which nobody has said anything."""
    return measured(), replace(tiny_model().card, limits=[])


@cache
def full() -> Answers:
    """A report that answers whatever a report can answer."""
    bundle = tiny_model_that_promises_sets()
    report = measure(
        cases(),
        bundle,
        "made up",
        left_out={"gone": 2},
        withstood=WITHSTOOD,
        strange=strange(),
        strangers_left_out={"no ultrasound: refused": 3},
        others={"the one before": cases()},
        seconds=8.0,
    )
    return report, replace(bundle.card, statements={key: f"Of {key}." for key in STATEMENTS})


def anchors(text: str) -> set[str]:
    return set(re.findall(r'id="([\w-]+)"', text))


def pointers(report: Report, card: Card) -> set[str]:
    return {
        item.answer[1:] for one in checklist_of(report, card) for item in one.items if item.done
    }


@pytest.mark.parametrize("made", [bare, full])
def test_every_pointer_resolves_in_the_page_and_in_the_card(made: Callable[[], Answers]) -> None:
    report, card = made()
    named = pointers(report, card)
    assert named
    assert named <= anchors(to_html(report, card))
    assert named <= anchors(to_markdown(report, card))
    # The links that are written are these pointers.
    assert named <= set(re.findall(r'href="#([\w-]+)"', to_html(report, card)))
    assert named <= set(re.findall(r"\]\(#([\w-]+)\)", to_markdown(report, card)))


@pytest.mark.parametrize("made", [bare, full])
def test_every_item_is_answered_or_says_why_not(made: Callable[[], Answers]) -> None:
    for one in checklist_of(*made()):
        for item in one.items:
            assert item.done == item.answer.startswith("#")
            assert bool(item.why) != item.done, f"{one.name}, {item.number}"


def test_what_nobody_recorded_is_not_done_until_somebody_does() -> None:
    assert not answered(*bare()) & {"rights", "reference", "sets", "strangers", "withstood"}
    assert answered(*full()) >= {"rights", "reference", "sets", "strangers", "withstood"}
    claim, *_ = checklist_of(*bare())
    [funding] = [item for item in claim.items if item.number == "44"]
    assert (funding.answer, funding.why) == (
        "not done",
        "not recorded in the model's card (statements: funding)",
    )


def test_the_checklists_are_whole() -> None:
    claim, tripod, calib = checklist_of(*bare())
    assert [item.number for item in claim.items] == [str(number) for number in range(1, 45)]
    assert len(tripod.items) == 52
    assert {re.sub("[a-g]$", "", item.number) for item in tripod.items} == {
        str(number) for number in range(1, 28)
    }
    assert {item.number[:8] for item in calib.items} == {f"domain {n}" for n in range(1, 7)}


def test_it_is_read_by_machines_and_names_what_it_is_of() -> None:
    report, card = bare()
    written = json.loads(json.dumps(checklist_of(report, card).to_json()))
    assert written["model_digest"] == report.model_digest
    assert written["checklists"][0]["items"][0].keys() == {"number", "asks", "answer", "why"}


def test_statements_of_a_card_are_in_the_page_and_in_the_card() -> None:
    report, card = full()
    for text in (to_html(report, card), to_markdown(report, card)):
        assert [key for key in STATEMENTS if f"Of {key}." not in text.replace("\\_", "_")] == []


@pytest.mark.parametrize("write", [to_html, to_markdown])
def test_every_report_says_how_rare_other_is(write: Callable[[Report, Card], str]) -> None:
    others = [case(number, Plane.OTHER) for number in range(20)]
    report = measure([*cases(), *others], tiny_model(), "with others")
    said = "(4,213 of the 12,400 of FETAL_PLANES_DB) and 20.0 % of this test (20 of 100)"
    assert said in other_share(report)
    assert said in write(report, tiny_model().card)


def test_how_frequent_other_really_is_was_counted(real_collection: Path) -> None:
    with (real_collection / "FETAL_PLANES_DB_data.csv").open() as file:
        planes = [row["Plane"] for row in csv.DictReader(file, delimiter=";")]
    assert (planes.count("Other"), len(planes)) == (REAL_OTHERS, REAL_FRAMES)
