import numpy as np
import pytest
from numpy.typing import NDArray

from fetal.metrics.labelling.feature_heads import Scaling, TooFewLabelsError
from fetal.metrics.labelling.likely_mistakes import count_mistakes, label_quality
from fetal.metrics.labelling.out_of_fold import out_of_fold

PATIENTS = [f"P-{number // 3}" for number in range(240)]


def scans_of_four_planes(
    wrong: int = 12,
) -> tuple[NDArray[np.float64], NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Features of 240 scans of 80 patients, their true planes, and labels of which some are wrong.

    Mistakes are never in patients who are alone with their plane.
    """
    random = np.random.default_rng(7)
    true = np.arange(240) % 4
    features = random.normal(size=(240, 16)) + 4 * np.eye(4, 16)[true]
    given = true.copy()
    changed = random.choice(240, wrong, replace=False)
    given[changed] = (given[changed] + 1) % 4
    return features, true, given, changed


def test_wrong_labels_come_first() -> None:
    features, _, given, changed = scans_of_four_planes()
    chances = out_of_fold(features, given, PATIENTS)
    first = np.argsort(label_quality(given, chances))[:24]
    assert np.isin(changed, first).mean() > 0.9
    assert 8 <= count_mistakes(given, chances) <= 20
    np.testing.assert_allclose(chances.sum(axis=1), 1)
    assert not chances[:, 4:].any()


def test_a_patient_is_judged_by_heads_that_have_not_seen_the_patient() -> None:
    # Each patient's scans lie in a place of their own, where only their own labels could be known.
    classes = np.repeat(np.arange(20) % 2, 3)
    features = 10 * np.repeat(np.eye(20), 3, axis=0)
    patients = [str(number // 3) for number in range(60)]
    guess = out_of_fold(features, classes, patients).argmax(axis=1)
    assert (guess == classes).mean() < 0.7
    apart = out_of_fold(features, classes, [str(number) for number in range(60)])
    assert (apart.argmax(axis=1) == classes).all()


def test_what_teaches_nothing_changes_no_answer_on_others() -> None:
    features, true, given, _ = scans_of_four_planes()
    held_out = np.array([int(name[2:]) < 20 for name in PATIENTS])
    spoilt = np.where(held_out, (true + 2) % 4, given)
    before = out_of_fold(features, given, PATIENTS, ~held_out)
    np.testing.assert_array_equal(before, out_of_fold(features, spoilt, PATIENTS, ~held_out))
    assert (before[held_out].argmax(axis=1) == true[held_out]).mean() > 0.9


@pytest.mark.parametrize(
    ("classes", "patients"), [([0, 0, 0, 0], "abcd"), ([0, 1, 0, 1], "aaaa"), ([], "")]
)
def test_too_little_to_judge_by_is_said(classes: list[int], patients: str) -> None:
    features = np.random.default_rng(0).normal(size=(len(classes), 3))
    with pytest.raises(TooFewLabelsError, match="at least two patients and two planes"):
        out_of_fold(features, np.array(classes, np.int64), list(patients))


def test_features_that_never_vary_are_left_out() -> None:
    features = np.random.default_rng(0).normal(size=(30, 5))
    features[:, 2] = 3
    scaling = Scaling.of(features)
    moved = features + np.array([0, 0, 9, 0, 0])
    np.testing.assert_allclose(scaling.apply(features), scaling.apply(moved), atol=1e-9)
    assert scaling.apply(features).shape == (30, 4)
