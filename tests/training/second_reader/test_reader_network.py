from pathlib import Path

import keras
import numpy as np
import pytest
from scipy.special import log_softmax, logsumexp

from fetal.training.networks.sononet import head_from_lasagne
from fetal.training.networks.standardise_scan import StandardiseScan
from fetal.training.second_reader.answer_groups import membership
from fetal.training.second_reader.reader_losses import GroupedCrossEntropy, answers
from fetal.training.second_reader.reader_network import (
    ReaderWeightsError,
    build_reader,
    load_reader,
    save_reader,
    weights_of,
)
from tests.training.second_reader.authors_file import authors_file

NUMPY = keras.ops.convert_to_numpy


def scans(count: int = 2) -> np.ndarray:
    return np.random.default_rng(1).uniform(0, 255, (count, 224, 288, 1)).astype(np.float32)


def test_the_authors_head_is_kept_exactly(tmp_path: Path) -> None:
    stored = authors_file()
    np.savez(tmp_path / "sononet16.npz", **stored)
    maps, logits = map(NUMPY, load_reader(tmp_path / "sononet16.npz")(scans()))
    assert maps.shape == (2, 14, 18, 64)
    # As the authors do it: a second 1 x 1 convolution, batch normalisation, the mean over cells.
    cells = maps @ stored["arr_70"][:, :, 0, 0].T
    beta, gamma, mean, inverse = (stored[f"arr_{number}"] for number in range(71, 75))
    expected = ((cells - mean) * (gamma * inverse) + beta).mean(axis=(1, 2))
    np.testing.assert_allclose(logits, expected, rtol=1e-4, atol=1e-4 * np.abs(expected).max())


def test_a_brighter_or_steeper_scan_is_the_same_to_it() -> None:
    reader = build_reader()
    given = scans()
    np.testing.assert_allclose(
        NUMPY(reader(given)[1]), NUMPY(reader(0.4 * given + 60)[1]), atol=1e-4
    )


def test_a_scan_is_standardised_by_itself() -> None:
    standard = NUMPY(StandardiseScan()(scans()))
    np.testing.assert_allclose(standard.mean(axis=(1, 2, 3)), 0, atol=1e-4)
    np.testing.assert_allclose(standard.std(axis=(1, 2, 3)), 1, atol=1e-4)


def test_what_is_saved_is_loaded_again_in_less_than_two_megabytes(tmp_path: Path) -> None:
    path = tmp_path / "reader.npz"
    reader = build_reader()
    save_reader(reader, path)
    assert path.stat().st_size < 2_000_000
    loaded = weights_of(load_reader(path))
    for name, value in weights_of(reader).items():
        np.testing.assert_allclose(loaded[name], value, rtol=1e-3, atol=1e-6)


def test_a_file_without_the_head_is_refused(tmp_path: Path) -> None:
    without = {name: value for name, value in authors_file().items() if name != "arr_70"}
    np.savez(tmp_path / "half.npz", **without)
    with pytest.raises(ReaderWeightsError, match="arr_70"):
        load_reader(tmp_path / "half.npz")
    np.savez(tmp_path / "other.npz", something=np.zeros(3))
    with pytest.raises(ReaderWeightsError, match=r"other\.npz does not fit"):
        load_reader(tmp_path / "other.npz")
    (tmp_path / "text.npz").write_text("no archive")
    with pytest.raises(ReaderWeightsError, match=r"text\.npz"):
        load_reader(tmp_path / "text.npz")
    with pytest.raises(ValueError, match="arr_74"):
        head_from_lasagne({**authors_file(), "arr_74": np.zeros(3)})


def test_an_answer_is_as_probable_as_its_classes_together() -> None:
    logits = np.random.default_rng(2).normal(0, 3, (5, 14)).astype(np.float32)
    chances = np.exp(log_softmax(logits, axis=1))
    expected = np.log(chances @ membership().T)
    np.testing.assert_allclose(NUMPY(answers(logits)), expected, rtol=1e-4, atol=1e-5)
    targets = np.eye(5, dtype=np.float32)
    loss = GroupedCrossEntropy(reduction=None)(targets, logits)
    np.testing.assert_allclose(NUMPY(loss), -np.diag(expected), rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(logsumexp(NUMPY(answers(logits)), axis=1), 0, atol=1e-5)


def test_forgetting_a_right_answer_costs_the_divergence_from_it() -> None:
    now, before = np.random.default_rng(3).normal(0, 2, (2, 4, 14)).astype(np.float32)
    right = np.eye(5, dtype=np.float32)[NUMPY(answers(before)).argmax(axis=1)]
    wrong = np.roll(right, 1, axis=1)
    told = np.concatenate([now, before], axis=1)

    def cost(targets: np.ndarray, weight: float) -> np.ndarray:
        costs: np.ndarray = NUMPY(GroupedCrossEntropy(weight, reduction=None)(targets, told))
        return costs

    first, second = (log_softmax(one, axis=1) for one in (before, now))
    divergence = (np.exp(first) * (first - second)).sum(axis=1)
    added = cost(right, 0.5) - cost(right, 0.0)
    np.testing.assert_allclose(added, 0.5 * divergence, rtol=1e-3, atol=1e-5)
    np.testing.assert_array_equal(cost(wrong, 0.5), cost(wrong, 0.0))
