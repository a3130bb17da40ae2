from dataclasses import replace
from pathlib import Path

import pytest

from fetal.bundle import TrainingList, copy_with_card
from fetal.training.data.examples import Example
from fetal.training.model_card import About
from fetal.training.pipeline import train
from fetal.training.settings import Stage
from tests.support.tiny_second_reader import copy_second_graph, tiny_reader_card
from tests.training.tiny_network import TINY, use_tiny_network


def test_a_retraining_carries_the_champions_second_reader_along(
    examples: list[Example], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    use_tiny_network(monkeypatch)
    settings = TINY.but(stages=(Stage("Upper layers", "block5", 1, 1e-4),))
    first = train(examples, settings, tmp_path / "first", lambda _: None, about=About("first"))
    assert first.card.second_reader is None
    champion = copy_with_card(
        first,
        replace(first.card, second_reader=tiny_reader_card(0.3)),
        tmp_path / "champion",
        write_second_reader=copy_second_graph,
        learnt=TrainingList(frozenset({"e" * 64}), first.training_list().hashes[:0]),
    )
    retrained = train(
        examples,
        settings.but(start="champion"),
        tmp_path / "again",
        lambda _: None,
        about=About("again"),
        champion=champion,
    )
    assert retrained.card.second_reader == tiny_reader_card(0.3)
    name = "second_reader.bin"
    assert (retrained.folder / name).read_bytes() == (champion.folder / name).read_bytes()
    assert "e" * 64 in retrained.trained_on()
