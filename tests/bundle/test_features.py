import dataclasses

import numpy as np
import pytest

from fetal.bundle import Bundle, DigestError, FeaturesError, FeatureStatistics, copy_with_card
from fetal.bundle.digests import digests_text


@pytest.fixture
def features():
    rng = np.random.default_rng(0)
    basis, _ = np.linalg.qr(rng.standard_normal((16, 3)))
    return FeatureStatistics(
        counts=np.array([5, 4, 3, 2, 1, 0]),
        means=rng.uniform(2, 3, (6, 16)).astype(np.float32),
        basis=basis.astype(np.float16).astype(np.float32),
        spreads=np.tile(np.array([0.5, 0.3, 0.1], np.float32), (6, 1)),
        rest=np.full(6, 0.02, np.float32),
    )


def test_a_model_keeps_how_it_sees_each_plane(write, features):
    stored = write(features=features).features()
    assert stored.positive
    for name in ("counts", "means", "basis", "spreads", "rest"):
        np.testing.assert_array_equal(getattr(stored, name), getattr(features, name))
        assert getattr(stored, name).dtype == getattr(features, name).dtype


def test_a_copy_with_another_card_keeps_them(write, features, card, tmp_path):
    other = dataclasses.replace(card, name="another")
    copy = copy_with_card(write(features=features), other, tmp_path / "copy")
    np.testing.assert_array_equal(copy.features().means, features.means)
    assert copy.trained_on()


def test_they_can_be_added_to_a_model_that_had_none(write, features, card, tmp_path):
    older = write()
    assert older.features() is None
    copy = copy_with_card(older, card, tmp_path / "copy", features)
    np.testing.assert_array_equal(copy.features().counts, features.counts)


def test_made_up_features_lie_as_those_of_their_plane(features):
    drawn = features.draw(1, 4000, np.random.default_rng(7))
    assert drawn.shape == (4000, 16)
    assert drawn.dtype == np.float32
    np.testing.assert_allclose(drawn.mean(axis=0), features.means[1], atol=0.03)
    along = ((drawn - features.means[1]) @ features.basis).std(axis=0)
    np.testing.assert_allclose(along, [0.5, 0.3, 0.1], rtol=0.05)


def test_made_up_features_are_never_negative_where_none_ever_is(features):
    low = dataclasses.replace(features, means=np.zeros((6, 16), np.float32))
    assert low.draw(0, 50, np.random.default_rng(7)).min() == 0
    signed = dataclasses.replace(low, positive=False)
    assert signed.draw(0, 50, np.random.default_rng(7)).min() < 0


def test_no_features_are_made_up_for_a_plane_that_was_never_seen(features):
    with pytest.raises(ValueError, match="other"):
        features.draw(5, 1, np.random.default_rng(7))


def test_changed_statistics_are_noticed(write, features):
    path = write(features=features).folder / "features.npz"
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    with pytest.raises(DigestError, match=r"features\.npz"):
        Bundle.open(path.parent)


def sign(folder):
    (folder / "digests.json").write_text(digests_text(folder))
    return Bundle.open(folder)


def test_statistics_of_another_model_are_refused(write, features):
    folder = write(features=features).folder
    narrow = dataclasses.replace(features, means=features.means[:, :8], basis=features.basis[:8])
    narrow.write(folder)
    with pytest.raises(FeaturesError, match="16 features"):
        sign(folder).features()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("counts", np.zeros(5)),
        ("means", np.full((6, 16), np.nan)),
        ("rest", np.array([object()])),
        ("basis", np.zeros((16,))),
    ],
)
def test_impossible_statistics_are_refused(write, features, name, value):
    folder = write(features=features).folder
    values = {item.name: getattr(features, item.name) for item in dataclasses.fields(features)}
    np.savez(folder / "features.npz", **values | {name: value})
    with pytest.raises(FeaturesError, match="Copy the whole folder again"):
        sign(folder).features()


def test_statistics_that_would_swell_in_memory_are_refused(write, features):
    folder = write(features=features).folder
    np.savez_compressed(folder / "features.npz", means=np.zeros(2**24))
    with pytest.raises(FeaturesError, match="unpacks"):
        sign(folder).features()
