from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from fetal.bundle import copy_with_card
from fetal.planes import PLANES, Plane
from fetal.predict import Doubt, SecondOpinion, doubt_words, load_model
from fetal.predict.uncertainty import readers_agree
from fetal.scans import Scan
from fetal.training.second_reader.add_to_bundle import add_second_reader, reader_card
from fetal.training.second_reader.reader_network import load_reader, save_reader
from tests.support.tiny_model import tiny_model
from tests.support.tiny_second_reader import ALWAYS, NEVER, tiny_model_with_second_reader
from tests.training.second_reader.authors_file import authors_file


def said(plane: Plane, share: float = 0.99) -> dict[Plane, float]:
    rest = (1 - share) / (len(PLANES) - 1)
    return dict.fromkeys(PLANES, rest) | {plane: share}


def opinion(agrees: bool, no_plane: float, **shares: float) -> SecondOpinion:
    known = dict.fromkeys((Plane.BRAIN, Plane.ABDOMEN, Plane.FEMUR, Plane.THORAX), 0.0)
    given = {Plane(name): share for name, share in shares.items()}
    return SecondOpinion(known | given, no_plane, agrees)


def test_it_agrees_with_a_plane_that_it_gives_enough_and_with_others_where_it_sees_none() -> None:
    shares = {Plane.BRAIN: 0.1, Plane.FEMUR: 0.5}
    assert readers_agree(Plane.FEMUR, shares, 0.4, 0.5)
    assert not readers_agree(Plane.BRAIN, shares, 0.4, 0.5)
    for plane in (Plane.CERVIX, Plane.OTHER):
        assert not readers_agree(plane, shares, 0.4, 0.5)
        assert readers_agree(plane, shares, 0.4, 0.4)


def test_only_where_both_agree_is_a_prediction_sure() -> None:
    shares = said(Plane.FEMUR)
    assert Doubt.of(shares, 0.8, second=opinion(True, 0.1, femur=0.9)) is Doubt.SURE
    assert Doubt.of(shares, 0.8, second=opinion(False, 0.9, femur=0.1)) is Doubt.CHECK
    assert Doubt.of(shares, 0.8) is Doubt.SURE
    # What the first reader does not know, no second one makes known.
    assert Doubt.of(shares, 0.8, 1.0, opinion(True, 0.1, femur=0.9)) is Doubt.UNKNOWN


@pytest.mark.parametrize(
    ("plane", "second", "words"),
    [
        (
            Plane.FEMUR,
            opinion(False, 0.9, femur=0.1),
            "The two readers disagree: femur, or no standard plane. Please check.",
        ),
        (
            Plane.OTHER,
            opinion(False, 0.1, femur=0.9),
            "The two readers disagree: another plane, or femur. Please check.",
        ),
        (
            Plane.FEMUR,
            opinion(False, 0.3, femur=0.4, brain=0.3),
            "Only one of the two readers is sure: femur. Please check.",
        ),
        (
            Plane.CERVIX,
            opinion(False, 0.4, femur=0.3, brain=0.3),
            "Only one of the two readers is sure: cervix. Please check.",
        ),
        (Plane.FEMUR, opinion(True, 0.1, femur=0.9), "Clear: femur."),
    ],
)
def test_a_disagreement_is_told_in_words(plane: Plane, second: SecondOpinion, words: str) -> None:
    assert doubt_words(said(plane), 0.8, 0.0, second) == words


def test_a_doubt_of_the_first_reader_keeps_its_own_words() -> None:
    shares = said(Plane.FEMUR, 0.5)
    second = opinion(False, 0.9, femur=0.1)
    assert doubt_words(shares, 0.8, 0.0, second) == doubt_words(shares, 0.8)
    assert doubt_words(shares, 0.8, 1.0, second).startswith("Not a plane I know")


def test_its_answer_is_told_in_words_and_kept_as_plain_values() -> None:
    second = opinion(True, 0.028, femur=0.972)
    assert second.words == "femur 97 %"
    assert opinion(False, 0.91, femur=0.09).words == "no standard plane 91 %"
    assert SecondOpinion.from_json(second.to_json()) == second
    assert SecondOpinion.from_json(None) is None


def test_a_model_with_two_readers_asks_both(scans: list[Scan]) -> None:
    agreeing = load_model(tiny_model_with_second_reader(ALWAYS).folder)
    contrary = load_model(tiny_model_with_second_reader(NEVER).folder)
    alone = load_model(tiny_model().folder)
    for ours, theirs, single in zip(
        agreeing.predict_many(scans),
        contrary.predict_many(scans),
        alone.predict_many(scans),
        strict=True,
    ):
        assert ours.plane is theirs.plane is single.plane
        assert ours.probabilities == single.probabilities
        assert single.second_opinion is None
        assert ours.second_opinion is not None
        assert theirs.second_opinion is not None
        total = sum(ours.second_opinion.probabilities.values()) + ours.second_opinion.no_plane
        assert total == pytest.approx(1)
        assert (ours.doubt, theirs.doubt) == (Doubt.SURE, Doubt.CHECK)
        assert "readers" in theirs.words


def test_many_scans_get_the_opinions_that_each_gets_alone(scans: list[Scan]) -> None:
    model = load_model(tiny_model_with_second_reader(0.3).folder)
    seen = set()
    for scan, both in zip(scans, model.predict_many(scans), strict=True):
        one = model.predict(scan).second_opinion
        assert one is not None
        assert both.second_opinion is not None
        assert both.second_opinion.no_plane == pytest.approx(one.no_plane, abs=1e-6)
        assert both.second_opinion.agrees == one.agrees
        seen.add(round(one.no_plane, 6))
    assert len(seen) == len(scans)


def test_a_higher_temperature_makes_it_less_certain(scans: list[Scan], tmp_path: Path) -> None:
    bundle = tiny_model_with_second_reader(0.3)
    assert bundle.card.second_reader is not None
    second = replace(bundle.card.second_reader, temperature=9.0)
    calm = copy_with_card(bundle, replace(bundle.card, second_reader=second), tmp_path / "calm")
    ours = load_model(bundle.folder).predict(scans[0]).second_opinion
    theirs = load_model(calm.folder).predict(scans[0]).second_opinion
    assert ours is not None
    assert theirs is not None
    assert theirs.name == ours.name
    assert theirs.confidence < ours.confidence


def test_keras_serves_a_second_reader_as_openvino_does(
    folder: Path, scans: list[Scan], tmp_path: Path
) -> None:
    np.savez(tmp_path / "sononet16.npz", **authors_file())
    save_reader(load_reader(tmp_path / "sononet16.npz"), tmp_path / "reader.npz")
    reader = load_reader(tmp_path / "reader.npz")
    model = load_model(folder)
    both = add_second_reader(model.bundle, reader, reader_card(), tmp_path / "both")
    ours, theirs = (
        load_model(both.folder, engine).predict(scans[0]).second_opinion
        for engine in ("openvino", "keras")
    )
    assert ours is not None
    assert theirs is not None
    assert theirs.no_plane == pytest.approx(ours.no_plane, abs=1e-3)
    assert theirs.name == ours.name


def test_keras_says_that_it_builds_no_other_second_reader(folder: Path, tmp_path: Path) -> None:
    from fetal.training.networks.from_bundle import RestoreError
    from tests.support.tiny_second_reader import copy_second_graph, tiny_reader_card

    first = load_model(folder).bundle
    card = replace(first.card, second_reader=tiny_reader_card())
    odd = copy_with_card(first, card, tmp_path / "odd", write_second_reader=copy_second_graph)
    with pytest.raises(RestoreError, match="Serve the model by OpenVINO"):
        load_model(odd.folder, "keras")
