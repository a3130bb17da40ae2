import numpy as np
import pytest

from fetal.scans.similarity import hash_search
from fetal.scans.similarity.hash_search import near_pairs, search, to_columns
from fetal.scans.similarity.perceptual_hash import Fingerprints, distances, fingerprint


@pytest.fixture
def many() -> Fingerprints:
    """Hashes of which some differ little from the first, some from it mirrored."""
    rng = np.random.default_rng(0)
    square = rng.integers(0, 255, (96, 96)).astype(np.uint8)
    looks = [square, np.ascontiguousarray(square[:, ::-1])]
    near = np.array([fingerprint(looks[place % 2]) for place in range(40)])
    for place, one in enumerate(near.view(np.uint8)):
        flipped = rng.choice(np.arange(1, 256), 3 * place, replace=False)
        one ^= np.packbits(np.isin(np.arange(256), flipped))
    far = rng.integers(0, 2**63, (60, 4)).astype(np.uint64)
    return np.concatenate([near, far])


@pytest.mark.parametrize("block", [7, 65_536])
def test_a_search_finds_all_that_are_near_and_no_other(
    monkeypatch: pytest.MonkeyPatch, many: Fingerprints, block: int
) -> None:
    monkeypatch.setattr(hash_search, "_BLOCK", block)
    expected = distances(many[0], many)
    for reach in (0, 40, 72):
        places, apart = search(many[0], to_columns(many), reach)
        assert places.tolist() == np.flatnonzero(expected <= reach).tolist()
        assert apart.tolist() == expected[places].tolist()
    assert 20 < len(places) < 41
    assert [len(found) for found in search(many[0], to_columns(many[:0]))] == [0, 0]


def test_each_pair_is_found_once(many: Fingerprints) -> None:
    apart = distances(many[:, None], many)
    found = {(one, other): bits for one, other, bits in near_pairs(many, 40)}
    wanted = {tuple(pair) for pair in np.argwhere(np.triu(apart <= 40, 1)).tolist()}
    assert found == {pair: apart[pair] for pair in wanted}
    assert len(list(near_pairs(many, 40))) == len(wanted) > 10
