import dataclasses
import json
from pathlib import Path

import numpy as np
import pytest

from fetal.bundle import (
    Bundle,
    CardError,
    DigestError,
    GraphError,
    MissingFileError,
    SecondReaderCard,
    TrainingList,
    copy_second_reader,
    copy_with_card,
)
from fetal.bundle.manifest import digests_text
from fetal.planes import Plane
from tests.support.tiny_model import tiny_model
from tests.support.tiny_second_reader import (
    copy_second_graph,
    tiny_model_with_second_reader,
    tiny_reader_card,
)


def copied(folder: Path) -> Bundle:
    """A copy of a model with a second reader, to be damaged."""
    bundle = tiny_model_with_second_reader(0.4)
    return copy_with_card(bundle, bundle.card, folder)


def change_card(folder: Path, **values: object) -> None:
    card = json.loads((folder / "card.json").read_text())
    card["second_reader"] |= values
    (folder / "card.json").write_text(json.dumps(card))
    (folder / "digests.json").write_text(digests_text(folder))


def test_a_copy_carries_the_second_reader_along(tmp_path: Path) -> None:
    bundle = tiny_model_with_second_reader(0.4)
    copy = copied(tmp_path / "copy")
    assert copy.card.second_reader == tiny_reader_card(0.4)
    assert copy.digest == bundle.digest
    for name in ("second_reader.xml", "second_reader.bin"):
        assert (copy.folder / name).read_bytes() == (bundle.folder / name).read_bytes()
        assert name in json.loads((copy.folder / "digests.json").read_text())


def test_a_card_without_a_second_reader_leaves_it_behind(tmp_path: Path) -> None:
    bundle = tiny_model_with_second_reader(0.4)
    card = dataclasses.replace(bundle.card, second_reader=None)
    copy = copy_with_card(bundle, card, tmp_path / "copy")
    assert copy.second_graph is None
    assert not list(copy.folder.glob("second_reader*"))
    assert copy_second_reader(copy) is None


def test_a_model_without_one_has_the_card_that_it_always_had() -> None:
    bundle = tiny_model()
    assert bundle.second_graph is None
    assert "second_reader" not in bundle.card.to_json()


def test_the_scans_that_the_second_reader_learnt_count_as_learnt(tmp_path: Path) -> None:
    bundle = tiny_model(1, "knows", ("a" * 64,))
    hashes = np.arange(4, dtype=np.uint64)[None]
    copy = copy_with_card(
        bundle,
        dataclasses.replace(bundle.card, second_reader=tiny_reader_card()),
        tmp_path / "copy",
        write_second_reader=copy_second_graph,
        learnt=TrainingList(frozenset({"b" * 64}), hashes),
    )
    assert copy.trained_on() == {"a" * 64, "b" * 64}
    np.testing.assert_array_equal(copy.training_list().hashes, hashes)


@pytest.mark.parametrize("name", ["second_reader.xml", "second_reader.bin"])
def test_a_damaged_or_missing_second_reader_is_refused(name: str, tmp_path: Path) -> None:
    folder = copied(tmp_path / "model").folder
    content = (folder / name).read_bytes()
    (folder / name).write_bytes(content + b" ")
    with pytest.raises(DigestError, match=name):
        Bundle.open(folder)
    (folder / name).unlink()
    with pytest.raises(MissingFileError, match=name):
        Bundle.open(folder)
    (folder / "digests.json").write_text(digests_text(folder))
    with pytest.raises(MissingFileError, match="tells of a second reader"):
        Bundle.open(folder)


@pytest.mark.parametrize(
    "changed", [{"rows": 64}, {"classes": ["head", "femur"], "groups": {"femur": ["femur"]}}]
)
def test_a_second_reader_that_does_not_fit_its_card_is_refused(
    changed: dict[str, object], tmp_path: Path
) -> None:
    folder = copied(tmp_path / "model").folder
    change_card(folder, **changed)
    with pytest.raises(GraphError, match="does not fit its card"):
        Bundle.open(folder)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("temperature", 0),
        ("agree_at", 1.5),
        ("columns", 8),
        ("classes", ["head", "head", "belly", "femur", "heart"]),
        ("groups", {"brain": ["nose"]}),
        ("groups", {"brain": ["head"], "femur": ["head"]}),
        ("groups", {"nose": ["head"]}),
        ("groups", ["head"]),
        ("training", None),
    ],
)
def test_what_is_impossible_is_refused(key: str, value: object) -> None:
    said = tiny_reader_card().to_json()
    with pytest.raises(CardError, match=r"second[_ ]reader"):
        SecondReaderCard.from_json(said | {key: value})
    del said[key]
    with pytest.raises(CardError, match=key):
        SecondReaderCard.from_json(said)


def test_what_is_written_is_read_again() -> None:
    card = tiny_reader_card(0.3, temperature=1.4)
    assert SecondReaderCard.from_json(json.loads(json.dumps(card.to_json()))) == card
    assert card.groups[Plane.BRAIN] == ("head",)
