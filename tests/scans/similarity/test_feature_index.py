import numpy as np
import pytest

from fetal.scans.similarity.feature_index import WIDTH, FeatureIndex


@pytest.mark.parametrize("channels", [8, 1024])
def test_copies_with_a_little_noise_come_first(channels: int) -> None:
    random = np.random.default_rng(1)
    features = random.normal(size=(400, channels)) + 3
    index = FeatureIndex(channels)
    index.add(np.arange(0, 300), features[:300])
    index.add(np.arange(300, 400), features[300:])
    for asked in (5, 399):
        noisy = features[asked] + 0.1 * random.normal(size=channels)
        numbers, cosines = index.nearest(noisy, 3)
        assert numbers[0] == asked
        assert cosines[0] > 0.9
        assert cosines.tolist() == sorted(cosines.tolist(), reverse=True)
    assert index.all()[1].shape == (400, min(channels, WIDTH))


def test_an_empty_index_finds_nothing() -> None:
    numbers, cosines = FeatureIndex(4).nearest(np.ones(4), 3)
    assert numbers.size == cosines.size == 0
