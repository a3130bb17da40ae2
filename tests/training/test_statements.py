"""What a retrained model's card states of its scans."""

from dataclasses import replace

from fetal.training.process import OWN_STATEMENTS, statements_after
from tests.support.tiny_model import tiny_model


def test_a_workspace_states_what_it_knows_and_keeps_what_was_stated_before() -> None:
    first = statements_after({"rights": "CC BY 4.0", "funding": "None."})
    assert first["funding"] == "None."
    assert first["rights"].startswith(OWN_STATEMENTS["rights"])
    assert first["rights"].endswith("has learnt: CC BY 4.0")
    # A second retraining says it once, too.
    assert statements_after(first) == first


def test_without_a_champion_it_states_its_own() -> None:
    assert statements_after({}) == OWN_STATEMENTS


def test_a_card_keeps_its_statements() -> None:
    card = replace(tiny_model().card, statements={"rights": "CC BY 4.0"})
    assert type(card).from_json(card.to_json()) == card
