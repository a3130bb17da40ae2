"""What is kept of the features of the training scans."""

from pathlib import Path

import numpy as np
import pytest

from fetal.training.features.fit_statistics import fit_features, fit_unknown
from tests.training.conftest import Training


def drawn(rng: np.random.Generator, counts: tuple[int, ...]) -> tuple[np.ndarray, np.ndarray]:
    classes = np.repeat(np.arange(len(counts)), counts)
    spread = np.array([2.0, 1.0, *[0.1] * 18])
    features = 10.0 * np.eye(6, 20)[classes] + spread * rng.standard_normal((len(classes), 20))
    return features.astype(np.float32), classes


def test_planes_and_their_main_directions_are_found() -> None:
    features, classes = drawn(np.random.default_rng(1), (200, 200, 200, 200, 200, 0))
    found = fit_features(features, classes, rank=2)
    assert found.counts.tolist() == [200, 200, 200, 200, 200, 0]
    np.testing.assert_allclose(found.means[3], 10 * np.eye(6, 20)[3], atol=0.5)
    np.testing.assert_allclose(found.spreads[0], [2, 1], rtol=0.2)
    np.testing.assert_allclose(found.rest[0], 0.1, rtol=0.1)
    np.testing.assert_allclose(found.basis.T @ found.basis, np.eye(2), atol=1e-5)
    assert not found.positive


def test_a_plane_of_one_scan_spreads_as_the_others_do() -> None:
    features, classes = drawn(np.random.default_rng(1), (200, 200, 1))
    found = fit_features(features, classes, rank=2)
    np.testing.assert_allclose(found.spreads[2], [2, 1], rtol=0.2)


def test_fewer_scans_than_directions_are_no_obstacle() -> None:
    features, classes = drawn(np.random.default_rng(1), (2, 1))
    found = fit_features(features, classes, rank=128)
    assert np.isfinite(found.draw(0, 4, np.random.default_rng(0))).all()


def test_a_small_network_keeps_room_for_the_strange() -> None:
    rng = np.random.default_rng(1)
    found = fit_features(rng.random((500, 8), np.float32), rng.integers(0, 6, 500))
    assert found.basis.shape == (8, 2)


def test_about_one_familiar_scan_in_forty_is_called_unknown() -> None:
    strangeness = np.random.default_rng(1).lognormal(-2.5, 0.25, 2000)
    threshold = fit_unknown(strangeness)
    assert threshold is not None
    assert 0.015 < (strangeness >= threshold).mean() < 0.035


def test_a_few_scans_neither_narrow_nor_widen_the_familiar_too_far() -> None:
    alike = fit_unknown(np.array([0.1, 0.1, 0.1]))
    outlier = fit_unknown(np.array([0.1, 0.1, 0.1, 0.9]))
    assert alike == pytest.approx(0.17)
    assert outlier == pytest.approx(0.19)


def test_a_network_to_which_nothing_is_strange_has_no_threshold() -> None:
    assert fit_unknown(np.zeros(5)) is None


def test_those_of_a_wide_network_take_little_room(tmp_path: Path) -> None:
    rng = np.random.default_rng(1)
    found = fit_features(rng.random((140, 2048), np.float32), rng.integers(0, 6, 140))
    found.write(tmp_path)
    assert found.positive
    [file] = tmp_path.iterdir()
    assert 5e5 < file.stat().st_size < 1.5e6


def test_a_trained_model_keeps_the_statistics_of_its_training_scans(training: Training) -> None:
    kept = training.bundle.features()
    assert kept is not None
    assert kept.counts.tolist() == [4, 4, 4, 4, 0, 0]
    assert kept.means.shape == (6, 8)
    threshold = training.bundle.card.calibration.unknown_above
    assert threshold is not None
    assert threshold > 0
