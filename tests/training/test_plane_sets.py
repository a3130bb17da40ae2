"""A training leaves thresholds for sets of planes in the card, from its validation patients."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from fetal.planes import FETAL_PLANES, PLANES, Plane
from fetal.scans import Box
from fetal.training.data.examples import Example
from tests.training.conftest import SMALL, Training
from tests.training.tiny_network import use_tiny_network


def test_two_validation_patients_a_plane_promise_nothing(training: Training) -> None:
    thresholds = training.bundle.card.calibration.plane_sets
    assert thresholds is not None
    assert thresholds.least == {}
    assert thresholds.patients == {plane: 2 if plane in FETAL_PLANES else 0 for plane in PLANES}


@pytest.mark.parametrize(("persons", "promised"), [(20, True), (5, False)])
def test_validation_patients_and_not_their_scans_make_a_promise(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, persons: int, promised: bool
) -> None:
    from fetal.training.model_card import About
    from fetal.training.pipeline import train

    use_tiny_network(monkeypatch, normalised=True)

    def drawn(plane: Plane, seed: int) -> Callable[[], tuple[np.ndarray, Box | None]]:
        bright = 180 if plane is Plane.BRAIN else 60
        noise = np.random.default_rng(seed).integers(0, 60, (80, 80))
        return lambda: ((bright + noise).astype(np.uint8), None)

    examples = [
        Example(f"{split}-{plane}-{number}", plane, f"{plane}-{split}-{number % many}", split, read)
        for plane in (Plane.BRAIN, Plane.FEMUR)
        for split, many, scans in (("train", 8, 8), ("validation", persons, 40))
        for number in range(scans)
        for read in [drawn(plane, number)]
    ]
    stages = (SMALL.stages[0],)
    bundle = train(
        examples, SMALL.but(stages=stages), tmp_path, lambda _: None, about=About("sets")
    )
    thresholds = bundle.card.calibration.plane_sets
    assert thresholds is not None
    assert thresholds.patients[Plane.BRAIN] == persons
    assert set(thresholds.least) == ({Plane.BRAIN, Plane.FEMUR} if promised else set())
