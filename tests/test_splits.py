"""Patients are split, stay where they are, and bring every plane to every split."""

from collections import Counter

import numpy as np
import pytest

from fetal.planes import FETAL_PLANES, Plane
from fetal.splits import SHARES, assign_splits, check_apart, draw_patients, patient_folds


def clinic(patients: int, seed: int = 0) -> dict[str, Counter[Plane]]:
    chance = np.random.default_rng(seed)
    return {
        f"P-{number:04d}": Counter(chance.choice(FETAL_PLANES, size=chance.integers(1, 6)).tolist())
        for number in range(patients)
    }


def per_split(
    patients: dict[str, Counter[Plane]], splits: dict[str, str]
) -> dict[str, Counter[Plane]]:
    total: dict[str, Counter[Plane]] = {split: Counter() for split in SHARES}
    for patient, planes in patients.items():
        total[splits[patient]] += planes
    return total


def test_every_side_gets_its_share_of_every_plane() -> None:
    patients = clinic(400)
    total = per_split(patients, assign_splits(patients, {}))
    for plane in FETAL_PLANES:
        whole = sum(counts[plane] for counts in total.values())
        for split, share in SHARES.items():
            assert total[split][plane] / whole == pytest.approx(share, abs=0.03)


def test_a_patient_never_changes_sides_as_scans_and_patients_are_added() -> None:
    splits: dict[str, str] = {}
    for size in (3, 10, 50, 200):
        grown = assign_splits(clinic(size, seed=size), splits)
        assert {patient: grown[patient] for patient in splits} == splits
        splits = grown


def test_the_order_in_which_patients_are_listed_does_not_matter() -> None:
    patients = clinic(60)
    backwards = dict(reversed(patients.items()))
    assert assign_splits(backwards, {}) == assign_splits(patients, {})


def test_three_patients_are_enough_for_all_three_sides() -> None:
    assert set(assign_splits(clinic(3), {}).values()) == set(SHARES)


def test_a_patient_on_two_sides_is_named() -> None:
    with pytest.raises(ValueError, match="P-2 is in both train and validation"):
        check_apart({"train": ["P-1", "P-2"], "validation": ["P-2", "P-3"]})


def test_folds_hold_every_plane_in_proportion_and_nobody_twice() -> None:
    patients = clinic(200)
    folds = patient_folds(patients, 5)
    assert folds.keys() == patients.keys()
    for plane in FETAL_PLANES:
        counts = Counter[int]()
        for patient, planes in patients.items():
            counts[folds[patient]] += planes[plane]
        assert all(
            counts[fold] / counts.total() == pytest.approx(0.2, abs=0.03) for fold in range(5)
        )


def test_another_seed_deals_other_folds_and_the_same_the_same() -> None:
    patients = clinic(60)
    backwards = dict(reversed(patients.items()))
    assert patient_folds(patients, 3, 1) == patient_folds(backwards, 3, 1)
    assert patient_folds(patients, 3, 1) != patient_folds(patients, 3, 2)


@pytest.mark.parametrize("folds", [1, 4])
def test_folds_that_cannot_be_dealt_are_refused(folds: int) -> None:
    with pytest.raises(ValueError, match=f"received {folds}"):
        patient_folds(clinic(3), folds)


def test_a_draw_is_of_whole_patients_and_of_every_plane() -> None:
    patients = clinic(300)
    drawn = draw_patients(patients, 200)
    held = sum((patients[patient] for patient in drawn), Counter())
    assert held.total() == pytest.approx(200, abs=10)
    assert all(held[plane] == pytest.approx(50, abs=10) for plane in FETAL_PLANES)
    assert draw_patients(patients, 10_000) == set(patients)


def test_the_name_of_version_0_1_still_works_and_warns() -> None:
    with pytest.deprecated_call():
        from fetal.splits import assign_sides
    assert assign_sides is assign_splits
