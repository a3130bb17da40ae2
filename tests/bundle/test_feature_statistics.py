import dataclasses
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from fetal.bundle import Bundle, Card, DigestError, FeaturesError, FeatureStatistics, copy_with_card
from fetal.bundle.manifest import digests_text
from tests.bundle.conftest import Write


@pytest.fixture
def features() -> FeatureStatistics:
    rng = np.random.default_rng(0)
    basis, _ = np.linalg.qr(rng.standard_normal((16, 3)))
    return FeatureStatistics(
        counts=np.array([5, 4, 3, 2, 1, 0]),
        means=rng.uniform(2, 3, (6, 16)).astype(np.float32),
        basis=basis.astype(np.float16).astype(np.float32),
        spreads=np.tile(np.array([0.5, 0.3, 0.1], np.float32), (6, 1)),
        rest=np.full(6, 0.02, np.float32),
    )


def features_of(bundle: Bundle) -> FeatureStatistics:
    """How a model that tells it sees the scans of each plane."""
    found = bundle.features()
    assert found is not None
    return found


def test_a_model_keeps_how_it_sees_each_plane(write: Write, features: FeatureStatistics) -> None:
    stored = features_of(write(features=features))
    assert stored.positive
    for name in ("counts", "means", "basis", "spreads", "rest"):
        np.testing.assert_array_equal(getattr(stored, name), getattr(features, name))
        assert getattr(stored, name).dtype == getattr(features, name).dtype


def test_a_copy_with_another_card_keeps_them(
    write: Write, features: FeatureStatistics, card: Card, tmp_path: Path
) -> None:
    other = dataclasses.replace(card, name="another")
    copy = copy_with_card(write(features=features), other, tmp_path / "copy")
    np.testing.assert_array_equal(features_of(copy).means, features.means)
    assert copy.trained_on()


def test_they_can_be_added_to_a_model_that_had_none(
    write: Write, features: FeatureStatistics, card: Card, tmp_path: Path
) -> None:
    older = write()
    assert older.features() is None
    copy = copy_with_card(older, card, tmp_path / "copy", features)
    np.testing.assert_array_equal(features_of(copy).counts, features.counts)


def test_made_up_features_lie_as_those_of_their_plane(features: FeatureStatistics) -> None:
    drawn = features.draw(1, 4000, np.random.default_rng(7))
    assert drawn.shape == (4000, 16)
    assert drawn.dtype == np.float32
    np.testing.assert_allclose(drawn.mean(axis=0), features.means[1], atol=0.03)
    along = ((drawn - features.means[1]) @ features.basis).std(axis=0)
    np.testing.assert_allclose(along, [0.5, 0.3, 0.1], rtol=0.05)


def test_made_up_features_are_never_negative_where_none_ever_is(
    features: FeatureStatistics,
) -> None:
    low = dataclasses.replace(features, means=np.zeros((6, 16), np.float32))
    assert low.draw(0, 50, np.random.default_rng(7)).min() == 0
    signed = dataclasses.replace(low, positive=False)
    assert signed.draw(0, 50, np.random.default_rng(7)).min() < 0


def test_no_features_are_made_up_for_a_plane_that_was_never_seen(
    features: FeatureStatistics,
) -> None:
    with pytest.raises(ValueError, match="other"):
        features.draw(5, 1, np.random.default_rng(7))


def test_changed_statistics_are_noticed(write: Write, features: FeatureStatistics) -> None:
    path = write(features=features).folder / "features.npz"
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    with pytest.raises(DigestError, match=r"features\.npz"):
        Bundle.open(path.parent)


def sign(folder: Path) -> Bundle:
    (folder / "digests.json").write_text(digests_text(folder))
    return Bundle.open(folder)


def test_statistics_of_another_model_are_refused(write: Write, features: FeatureStatistics) -> None:
    folder = write(features=features).folder
    narrow = dataclasses.replace(features, means=features.means[:, :8], basis=features.basis[:8])
    narrow.write(folder)
    with pytest.raises(FeaturesError, match="16 features"):
        sign(folder).features()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("counts", np.zeros(5)),
        ("counts", np.zeros(6)),
        ("means", np.full((6, 16), np.nan)),
        ("rest", np.array([object()])),
        ("basis", np.zeros((16,))),
    ],
)
def test_impossible_statistics_are_refused(
    write: Write, features: FeatureStatistics, name: str, value: NDArray[Any]
) -> None:
    folder = write(features=features).folder
    values = {item.name: getattr(features, item.name) for item in dataclasses.fields(features)}
    np.savez(folder / "features.npz", **values | {name: value})
    with pytest.raises(FeaturesError, match="Copy the whole folder again"):
        sign(folder).features()


def test_statistics_that_would_swell_in_memory_are_refused(
    write: Write, features: FeatureStatistics
) -> None:
    folder = write(features=features).folder
    np.savez_compressed(folder / "features.npz", means=np.zeros(2**24))
    with pytest.raises(FeaturesError, match="unpacks"):
        sign(folder).features()


def of_two_groups(n: int) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Features of two planes that spread in other directions, and their planes."""
    rng = np.random.default_rng(n)
    classes = np.arange(n) % 2
    spreads = np.where(classes[:, None] == 0, [3, 1, 0.5, 0.5], [1, 2, 0.5, 0.5])
    return 20 + 5 * classes[:, None] + spreads * rng.standard_normal((n, 4)), classes


def statistics_of(
    features: NDArray[np.float64], classes: NDArray[np.int64], rank: int
) -> FeatureStatistics:
    means = np.stack([features[classes == plane].mean(axis=0) for plane in range(2)])
    deviations = features - means[classes]
    _, _, axes = np.linalg.svd(deviations, full_matrices=False)
    basis = axes[:rank].T
    spread = [deviations[classes == plane] for plane in range(2)]
    along = np.stack([(one @ basis).var(axis=0) for one in spread])
    whole = np.array([one.var(axis=0).sum() for one in spread])
    rest = (whole - along.sum(axis=1)) / max(4 - rank, 1)
    pad = ((0, 4), (0, 0))
    return FeatureStatistics(
        np.array([*np.bincount(classes), 0, 0, 0, 0]),
        np.pad(means, pad).astype(np.float32),
        basis.astype(np.float32),
        np.pad(np.sqrt(along), pad).astype(np.float32),
        np.pad(np.sqrt(np.maximum(rest, 0)), (0, 4)).astype(np.float32),
    )


@pytest.mark.parametrize("rank", [2, 4])
def test_merged_statistics_are_those_of_all_scans_together(rank: int) -> None:
    features, classes = of_two_groups(900)
    features[600:] += [2, 0, 0, 1]
    whole = statistics_of(features, classes, rank)
    old, new = (
        statistics_of(features[part], classes[part], rank)
        for part in (slice(None, 600), slice(600, None))
    )
    merged = old.merged_with(new)
    assert merged.counts.tolist() == whole.counts.tolist()
    np.testing.assert_allclose(merged.means[:2], whole.means[:2], rtol=1e-5)
    np.testing.assert_allclose(merged.spreads[:2], whole.spreads[:2], rtol=0.1)
    np.testing.assert_allclose(merged.rest[:2], whole.rest[:2], rtol=0.1)
    np.testing.assert_allclose(np.abs(np.sum(merged.basis * whole.basis, axis=0))[:2], 1, atol=0.01)


def test_planes_that_the_new_scans_lack_stay_as_they_were(features: FeatureStatistics) -> None:
    other = dataclasses.replace(
        features, counts=np.array([9, 0, 0, 0, 0, 0]), means=features.means + 1
    )
    merged = features.merged_with(other)
    assert merged.counts.tolist() == [14, 4, 3, 2, 1, 0]
    np.testing.assert_allclose(merged.means[1:5], features.means[1:5], rtol=1e-6)
    np.testing.assert_allclose(merged.means[0], features.means[0] + 9 / 14, rtol=1e-5)
    before = features.draw(1, 2000, np.random.default_rng(1))
    after = merged.draw(1, 2000, np.random.default_rng(2))
    np.testing.assert_allclose(np.cov(after.T), np.cov(before.T), atol=0.03)


def test_statistics_of_another_network_do_not_merge(features: FeatureStatistics) -> None:
    narrow = dataclasses.replace(features, means=features.means[:, :8], basis=features.basis[:8])
    with pytest.raises(FeaturesError, match="same network"):
        features.merged_with(narrow)


def test_what_no_training_scan_showed_is_strange(features: FeatureStatistics) -> None:
    drawn = features.draw(0, 200, np.random.default_rng(7))
    other = np.random.default_rng(8).uniform(0, 6, (200, 16)).astype(np.float32)
    assert np.quantile(features.strangeness(drawn), 0.95) < 0.05
    assert np.quantile(features.strangeness(other), 0.05) > 0.2
    assert features.strangeness(other).max() <= 1


def test_every_plane_and_all_between_them_are_familiar(features: FeatureStatistics) -> None:
    means = features.means[:5]
    assert features.strangeness(means).max() < 1e-3
    assert features.strangeness((means[:1] + means[1:2]) / np.float32(2)).max() < 1e-3


def test_a_picture_in_which_a_model_sees_nothing_is_strange(features: FeatureStatistics) -> None:
    assert features.strangeness(np.zeros((1, 16), np.float32)) == [1]
