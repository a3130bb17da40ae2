"""Patients are split, stay where they are, and bring every plane to every side."""

from collections import Counter

import numpy as np
import pytest

from fetal.planes import FETAL_PLANES, Plane
from fetal.splits import SHARES, assign_sides, check_apart


def clinic(patients: int, seed: int = 0) -> dict[str, Counter[Plane]]:
    chance = np.random.default_rng(seed)
    return {
        f"P-{number:04d}": Counter(chance.choice(FETAL_PLANES, size=chance.integers(1, 6)).tolist())
        for number in range(patients)
    }


def per_side(
    patients: dict[str, Counter[Plane]], sides: dict[str, str]
) -> dict[str, Counter[Plane]]:
    total: dict[str, Counter[Plane]] = {side: Counter() for side in SHARES}
    for patient, planes in patients.items():
        total[sides[patient]] += planes
    return total


def test_every_side_gets_its_share_of_every_plane() -> None:
    patients = clinic(400)
    total = per_side(patients, assign_sides(patients, {}))
    for plane in FETAL_PLANES:
        whole = sum(counts[plane] for counts in total.values())
        for side, share in SHARES.items():
            assert total[side][plane] / whole == pytest.approx(share, abs=0.03)


def test_a_patient_never_changes_sides_as_scans_and_patients_are_added() -> None:
    sides: dict[str, str] = {}
    for size in (3, 10, 50, 200):
        grown = assign_sides(clinic(size, seed=size), sides)
        assert {patient: grown[patient] for patient in sides} == sides
        sides = grown


def test_the_order_in_which_patients_are_listed_does_not_matter() -> None:
    patients = clinic(60)
    backwards = dict(reversed(patients.items()))
    assert assign_sides(backwards, {}) == assign_sides(patients, {})


def test_three_patients_are_enough_for_all_three_sides() -> None:
    assert set(assign_sides(clinic(3), {}).values()) == set(SHARES)


def test_a_patient_on_two_sides_is_named() -> None:
    with pytest.raises(ValueError, match="P-2 is in both train and validation"):
        check_apart({"train": ["P-1", "P-2"], "validation": ["P-2", "P-3"]})
