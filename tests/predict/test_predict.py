import os
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from itertools import combinations
from pathlib import Path

import numpy as np
import PIL.Image
import pytest
from numpy.typing import NDArray

from fetal.bundle import Bundle, MissingFileError, copy_with_card
from fetal.phantom import simulate
from fetal.planes import PLANES, Plane
from fetal.predict import Doubt, Model, Prediction, UnknownEngineError, doubt_words, load_model
from fetal.predict import model as model_module
from fetal.predict.inputs import Image
from fetal.scans import NotAnImageError, Scan, encode_png, read_scan
from fetal.training.features.fit_statistics import fit_features
from tests.predict.conftest import Write


def chances(prediction: Prediction) -> NDArray[np.float64]:
    return np.array([prediction.probabilities[plane] for plane in PLANES])


def assert_same(ours: Prediction, theirs: Prediction, tolerance: float = 0.0) -> None:
    np.testing.assert_allclose(chances(ours), chances(theirs), atol=tolerance)
    np.testing.assert_allclose(ours.heat, theirs.heat, atol=10 * tolerance)
    assert ours.plane is theirs.plane


def test_a_prediction_names_the_most_probable_plane(model: Model, scans: list[Scan]) -> None:
    prediction = model.predict(scans[0])
    values = chances(prediction)
    assert values.sum() == pytest.approx(1)
    assert prediction.plane is PLANES[int(values.argmax())]
    assert prediction.confidence == values.max() > 1 / 6


def test_a_model_that_is_warm_says_the_same(model: Model, folder: Path, scans: list[Scan]) -> None:
    warm = load_model(folder)
    warm.warm_up()
    assert_same(warm.predict(scans[0]), model.predict(scans[0]))


def test_openvino_and_keras_give_the_same_answer(
    model: Model, folder: Path, scans: list[Scan]
) -> None:
    by_keras = load_model(folder, engine="keras")
    for ours, theirs in zip(model.predict_many(scans), by_keras.predict_many(scans), strict=True):
        assert_same(ours, theirs, tolerance=2e-5)


def test_sixteen_bits_give_nearly_the_same_answer(
    model: Model, folder: Path, scans: list[Scan], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FETAL_PRECISION", "bfloat16")
    quick = load_model(folder)
    for ours, exact in zip(quick.predict_many(scans), model.predict_many(scans), strict=True):
        np.testing.assert_allclose(chances(ours), chances(exact), atol=0.05)


def test_many_scans_get_what_each_gets_alone_in_their_order(
    model: Model, scans: list[Scan]
) -> None:
    many = list(model.predict_many(iter(scans * 2)))
    assert len(many) == 12
    for scan, prediction in zip(scans * 2, many, strict=True):
        assert prediction.scan is scan
        assert_same(prediction, model.predict(scan), tolerance=1e-5)
    assert len({tuple(chances(prediction).round(6)) for prediction in many}) == 6


def test_nothing_to_predict_gives_nothing(model: Model) -> None:
    assert list(model.predict_many([])) == []


def test_scans_are_read_as_they_are_needed(model: Model, scans: list[Scan]) -> None:
    taken: list[Scan] = []

    def endless() -> Iterator[Scan]:
        for scan in scans * 1000:
            taken.append(scan)
            yield scan

    next(model.predict_many(endless()))
    assert len(taken) < 10


def test_several_people_at_once_get_their_own_answers(model: Model, scans: list[Scan]) -> None:
    expected = [chances(model.predict(scan)) for scan in scans]
    with ThreadPoolExecutor(len(scans)) as people:
        answers = list(people.map(model.predict, scans * 4))
    for answer, values in zip(answers, expected * 4, strict=True):
        np.testing.assert_allclose(chances(answer), values, atol=1e-5)


def test_every_kind_of_image_gets_one_answer(model: Model, tmp_path: Path) -> None:
    pixels = simulate(Plane.FEMUR, 5).pixels
    path = tmp_path / "scan.png"
    path.write_bytes(encode_png(pixels))
    expected = model.predict(path)
    colours = np.repeat(pixels[..., None], 3, axis=2)
    kinds: list[Image] = [
        str(path),
        path.read_bytes(),
        pixels,
        colours,
        PIL.Image.fromarray(pixels),
    ]
    kinds += [PIL.Image.fromarray(pixels).convert("P"), expected.scan]
    for image in kinds:
        assert_same(model.predict(image), expected)


def test_what_is_no_image_gets_a_clear_sentence(model: Model) -> None:
    with pytest.raises(NotAnImageError):
        model.predict(b"Dear colleague, here is the scan.")
    with pytest.raises(TypeError, match="float64"):
        model.predict(np.zeros((80, 80)))


def test_a_higher_temperature_makes_the_model_less_certain_of_the_same_plane(
    model: Model, write: Write, scans: list[Scan], tmp_path: Path
) -> None:
    calmer = load_model(write(tmp_path / "calm", temperature=6.0).folder)
    ours, theirs = calmer.predict(scans[0]), model.predict(scans[0])
    assert ours.plane is theirs.plane
    assert ours.confidence < theirs.confidence
    # p is softmax(logits / T), so that p ** T of two planes keep their ratio.
    np.testing.assert_allclose(
        np.diff(6.0 * np.log(chances(ours))), np.diff(1.5 * np.log(chances(theirs))), atol=1e-4
    )


def test_the_cards_threshold_decides_what_is_doubtful(
    write: Write, scans: list[Scan], tmp_path: Path
) -> None:
    strict = load_model(write(tmp_path / "strict", check_below=1.0).folder)
    easy = load_model(write(tmp_path / "easy", check_below=0.0).folder)
    assert strict.predict(scans[0]).doubt is Doubt.CHECK
    assert strict.predict(scans[0]).words.startswith("Doubtful: ")
    assert easy.predict(scans[0]).doubt is Doubt.SURE
    assert "check" not in easy.predict(scans[0]).words


def test_doubt_names_the_two_planes_to_choose_from() -> None:
    probabilities = dict.fromkeys(PLANES, 0.0) | {Plane.OTHER: 0.3, Plane.THORAX: 0.7}
    assert doubt_words(probabilities, 0.8) == "Doubtful: thorax or another plane. Please check."
    assert doubt_words(probabilities, 0.7) == "Clear: thorax."


def test_the_overlay_lies_on_the_scans_own_pixels(model: Model, scans: list[Scan]) -> None:
    prediction = model.predict(scans[0])
    height, width = scans[0].pixels.shape
    heat = prediction.heat_map()
    assert heat.shape == (height, width)
    assert 0 <= heat.min() < heat.max() <= 1
    grey = np.repeat(scans[0].pixels[..., None], 3, axis=2)
    np.testing.assert_allclose(prediction.overlay(opacity=0), grey, atol=1)
    coloured = prediction.overlay(opacity=1, colours="magma")
    assert coloured.shape == (height, width, 3)
    assert coloured.dtype == np.uint8
    changed = np.abs(coloured.astype(int) - grey).max(axis=2) > 2
    assert changed[heat > 0.5].mean() > 0.9
    assert not changed[heat == 0].any()


def test_each_plane_has_a_heat_map_of_its_own(model: Model, scans: list[Scan]) -> None:
    prediction = model.predict(scans[0])
    maps = [prediction.heat_map(plane) for plane in Plane]
    shown = [heat for heat in maps if heat.any()]
    assert len(shown) >= 2
    for one, other in combinations(shown, 2):
        assert np.abs(one - other).max() > 0.05
    np.testing.assert_array_equal(prediction.heat_map(), prediction.heat_map(prediction.plane))


@pytest.fixture(scope="module")
def narrow() -> Scan:
    """A scan whose sector fills the columns 140 to 360 of 500."""
    screen = np.zeros((300, 500), np.uint8)
    screen[40:260, 140:360] = np.random.default_rng(0).integers(30, 200, (220, 220))
    return read_scan(encode_png(screen), "")


def test_nothing_is_explained_outside_the_sector_that_the_model_saw(
    model: Model, narrow: Scan
) -> None:
    columns = np.flatnonzero(model.predict(narrow).heat_map().any(axis=0))
    assert 130 < columns.min() < columns.max() < 370


def test_a_model_without_cropping_sees_the_whole_scan(
    model: Model, write: Write, narrow: Scan, tmp_path: Path
) -> None:
    whole = load_model(write(tmp_path / "whole", crop=False).folder).predict(narrow)
    assert whole.framing.side == 500
    assert model.predict(narrow).framing.side < 240


def test_the_environment_names_the_model(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FETAL_MODEL", str(folder))
    assert load_model().name == "random"


def test_without_a_name_the_newest_shipped_model_is_loaded(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, write: Write
) -> None:
    monkeypatch.delenv("FETAL_MODEL", raising=False)
    monkeypatch.setattr(model_module, "_SHIPPED", (tmp_path,))
    write(tmp_path / "b-older", created="2026-01-01")
    write(tmp_path / "a-newer", created="2026-06-01")
    write(tmp_path / ".draft", created="2026-09-01")
    assert load_model().name == "a-newer"


def test_a_program_without_a_model_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("FETAL_MODEL", raising=False)
    monkeypatch.setattr(model_module, "_SHIPPED", (tmp_path,))
    with pytest.raises(MissingFileError, match="FETAL_MODEL"):
        load_model()


def test_an_unknown_engine_is_named(folder: Path) -> None:
    with pytest.raises(UnknownEngineError, match="abacus"):
        load_model(folder, engine="abacus")  # type: ignore[arg-type]


def test_serving_imports_neither_keras_nor_tensorflow(folder: Path) -> None:
    code = """
import sys
import numpy as np
from fetal.predict import load_model
rng = np.random.default_rng(0)
load_model().predict(rng.integers(0, 255, (200, 300), np.uint8)).overlay()
sys.exit(", ".join({"keras", "tensorflow", "plotly.graph_objects"} & set(sys.modules)))
"""
    environment = os.environ | {"FETAL_MODEL": str(folder)}
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True)
    assert done.stderr.decode().strip() == ""


def judging(bundle: Bundle, folder: Path, threshold: float) -> Path:
    """A model that tells the unknown from the known, by made-up statistics and this threshold."""
    channels, *_ = bundle.head()[0].shape
    rng = np.random.default_rng(0)
    known = fit_features(rng.random((8, channels), np.float32), np.zeros(8, np.int64))
    calibration = replace(bundle.card.calibration, check_below=0.0, unknown_above=threshold)
    card = replace(bundle.card, calibration=calibration)
    return copy_with_card(bundle, card, folder / f"{threshold:.9f}", known).folder


def test_what_is_like_nothing_learnt_is_not_a_plane_that_the_model_knows(
    write: Write, scans: list[Scan], tmp_path: Path
) -> None:
    bundle = write(tmp_path / "model")
    distance = load_model(judging(bundle, tmp_path, 1.0)).predict(scans[0]).unfamiliarity
    easy = load_model(judging(bundle, tmp_path, 2 * distance)).predict(scans[0])
    assert easy.unfamiliarity == pytest.approx(0.5)
    assert easy.doubt is Doubt.SURE
    strict = load_model(judging(bundle, tmp_path, distance / 2)).predict(scans[0])
    assert strict.unfamiliarity == pytest.approx(2)
    assert strict.doubt is Doubt.UNKNOWN
    assert strict.words.startswith("Not a plane I know")


def test_every_engine_finds_a_scan_equally_unfamiliar(
    write: Write, scans: list[Scan], tmp_path: Path
) -> None:
    folder = judging(write(tmp_path / "model"), tmp_path, 1.0)
    ours, theirs = (load_model(folder, engine) for engine in ("openvino", "keras"))
    expected = ours.predict(scans[1]).unfamiliarity
    assert theirs.predict(scans[1]).unfamiliarity == pytest.approx(expected, rel=1e-4)


def test_an_older_model_calls_nothing_unknown(
    write: Write, scans: list[Scan], tmp_path: Path
) -> None:
    said = load_model(write(tmp_path / "older").folder).predict(scans[0])
    assert said.unfamiliarity == 0
    assert said.doubt is not Doubt.UNKNOWN
