import numpy as np
import pytest

from fetal.explain import METHODS, UnknownMethodError
from fetal.planes import PLANES
from fetal.predict import Model
from fetal.scans import Scan, encode_png, read_scan


@pytest.fixture(scope="module")
def tilted() -> Scan:
    """A scan whose sector is a diamond, so that half of its box is blank."""
    rows, columns = np.mgrid[:300, :300]
    diamond = np.abs(rows - 150) + np.abs(columns - 150) < 130
    texture = np.random.default_rng(0).integers(30, 200, (300, 300))
    return read_scan(encode_png((diamond * texture).astype(np.uint8)), "")


@pytest.mark.parametrize("method", METHODS)
def test_a_scan_and_its_prediction_are_explained_alike(
    model: Model, scans: list[Scan], method: str
) -> None:
    heat = model.explain(scans[0], method)
    assert heat.shape == model.predict(scans[0]).heat.shape
    assert heat.dtype == np.float32
    np.testing.assert_allclose(model.explain(model.predict(scans[0]), method), heat, atol=1e-5)


def test_without_a_name_it_is_the_heat_that_predictions_bring_along(
    model: Model, scans: list[Scan]
) -> None:
    prediction = model.predict(scans[2])
    np.testing.assert_allclose(model.explain(prediction), prediction.heat, atol=1e-5)


def test_the_overlay_shows_the_heat_of_another_method(model: Model, scans: list[Scan]) -> None:
    prediction = model.predict(scans[0])
    heat = model.explain(prediction, "eigen-cam")
    assert np.abs(prediction.heat_map(heat=heat) - prediction.heat_map()).max() > 0.05
    np.testing.assert_array_equal(
        prediction.heat_map(PLANES[0], heat), prediction.heat_map(PLANES[1], heat)
    )
    assert (prediction.overlay(heat=heat) != prediction.overlay()).any()


def test_heat_is_shown_over_the_sector_only(model: Model, tilted: Scan) -> None:
    shown = model.predict(tilted).heat_map(heat=np.ones((6, 3, 3), np.float32))
    lit = tilted.pixels > 0
    assert 0.3 < lit.mean() < 0.7
    assert shown[lit].min() == 1
    assert shown[~lit].mean() < 0.02


def test_the_logits_of_squares_are_those_of_the_prediction(model: Model, scans: list[Scan]) -> None:
    squares = np.stack(
        [model.predict(scan).framing.apply(scan.pixels).astype(np.float32) for scan in scans]
    )
    logits = model.logits(squares)
    assert logits.shape == (len(scans), 6)
    assert [PLANES[row.argmax()] for row in logits] == [model.predict(s).plane for s in scans]


def test_an_unknown_method_is_refused_before_anything_is_read(model: Model) -> None:
    with pytest.raises(UnknownMethodError, match="tea-leaves"):
        model.explain("no such file", method="tea-leaves")
