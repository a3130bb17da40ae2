import numpy as np
import pytest

from fetal.scans.similarity import feature_neighbours
from fetal.scans.similarity.feature_neighbours import nearest_pairs


def test_the_nearest_are_found_whatever_all_have_in_common() -> None:
    seen = np.array([[9, 1, 0], [9, 0, 1], [9, 1.1, 0], [9, 0, 1.2]], np.float32)
    assert nearest_pairs(seen, 1).tolist() == [[0, 2], [1, 3]]
    assert nearest_pairs(seen, 9).tolist() == [[0, 1], [0, 2], [0, 3], [1, 2], [1, 3], [2, 3]]
    assert nearest_pairs(seen[:1], 3).tolist() == nearest_pairs([], 3).tolist() == []


@pytest.mark.parametrize("whole", [40, 400])
def test_copies_are_nearest_however_many_pictures_there_are(
    monkeypatch: pytest.MonkeyPatch, whole: int
) -> None:
    for name, value in (("_WHOLE", whole), ("_ROWS", 32), ("_COLUMNS", 50), ("_KEPT", 24)):
        monkeypatch.setattr(feature_neighbours, name, value)
    rng = np.random.default_rng(0)
    # Few directions tell pictures apart, as in the features of a trained model.
    one = (rng.normal(size=(120, 20)) @ rng.normal(size=(20, 64))).astype(np.float32)
    seen = np.concatenate([one, one + 0.01 * rng.normal(size=one.shape).astype(np.float32)])
    assert nearest_pairs(iter(seen), 1).tolist() == [[place, place + 120] for place in range(120)]
