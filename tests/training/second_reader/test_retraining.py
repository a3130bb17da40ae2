from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from fetal.bundle import Bundle, TrainingList, copy_with_card
from fetal.predict import load_model
from fetal.training.data.examples import Example
from fetal.training.events import EpochDone, StageBegun, StepDone, TrainingEvent
from fetal.training.model_card import About
from fetal.training.pipeline import train
from fetal.training.second_reader.add_to_bundle import add_second_reader, reader_card
from fetal.training.second_reader.fine_tune import STAGE
from fetal.training.second_reader.learn_along import learns_along
from fetal.training.second_reader.reader_network import load_reader
from fetal.training.second_reader.restored_reader import restore_reader
from fetal.training.settings import PRESETS, Stage
from tests.support.tiny_model import tiny_model
from tests.support.tiny_second_reader import (
    copy_second_graph,
    tiny_model_with_second_reader,
    tiny_reader_card,
)
from tests.training.second_reader.authors_file import authors_file
from tests.training.second_reader.test_fine_tune import changed
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


def with_sononet(model: Bundle, folder: Path) -> Bundle:
    np.savez(folder / "sononet16.npz", **authors_file())
    reader = load_reader(folder / "sononet16.npz")
    card = reader_card(temperature=0.7, agree_at=0.3)
    return add_second_reader(model, reader, card, folder / "champion")


@pytest.mark.slow
def test_a_retraining_trains_the_second_reader_where_its_settings_say_so(
    examples: list[Example], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    use_tiny_network(monkeypatch)
    settings = TINY.but(stages=(Stage("Upper layers", "block5", 1, 1e-4),))
    first = train(examples, settings, tmp_path / "first", lambda _: None, about=About("first"))
    champion = with_sononet(first, tmp_path)
    events: list[TrainingEvent] = []
    again = settings.but(start="champion", second_reader=2)
    retrained = train(
        examples, again, tmp_path / "again", events.append, about=About("again"), champion=champion
    )
    card = retrained.card.second_reader
    assert card is not None
    assert card.training["epochs"] == 2
    # Few validation scans move what the champion had only a little.
    assert card.temperature == pytest.approx(0.7, abs=0.2)
    assert card.agree_at == pytest.approx(0.3, abs=0.2)
    moved = changed(restore_reader(retrained), restore_reader(champion))
    assert moved >= {"conv5_3_conv", "conv6_conv", "head"}
    assert not moved & {"conv1_1_conv", "conv4_3_conv"}
    stages = [event for event in events if isinstance(event, StageBegun)]
    assert [event.index for event in stages] == list(range(1, len(stages) + 1))
    assert {event.of for event in stages} == {len(stages)}
    steps = [event for event in events if isinstance(event, StepDone) and event.stage == STAGE]
    assert [event.step for event in steps] == [1, 2]
    # Its epochs are no points of the first reader's curves.
    assert STAGE not in {event.stage for event in events if isinstance(event, EpochDone)}
    told = load_model(retrained.folder).predict(examples[0].read()[0]).second_opinion
    assert told is not None


def test_a_model_without_a_second_reader_is_retrained_without_one() -> None:
    assert not learns_along(tiny_model(), PRESETS["default"].but(second_reader=3))
    assert not learns_along(tiny_model_with_second_reader(), PRESETS["default"])
    assert learns_along(tiny_model_with_second_reader(), PRESETS["default"].but(second_reader=3))
