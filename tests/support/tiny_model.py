"""A model of a few hundred weights, whole in every other respect, for tests of what uses models.

Its graph and weights are kept as files, so that a test that does not train imports no Keras.
"""

import shutil
from dataclasses import replace
from functools import cache
from pathlib import Path
from tempfile import mkdtemp

import numpy as np

from fetal.bundle import Bundle, Card, Head, InputSpec, copy_with_card, write_bundle
from fetal.metrics import SetThresholds
from fetal.planes import PLANES, Plane

SIZE = 32
SEEDS = range(1, 8)
KEPT = Path(__file__).with_name("data") / "tiny_models"


@cache
def tiny_model(seed: int = 1, name: str = "tiny", trained_on: tuple[str, ...] = ()) -> Bundle:
    """Write a tiny model to a temporary folder; the same one for the same arguments."""
    card = Card(
        name=name,
        created="2026-11-23T10:00:00+00:00",
        architecture="resnet50",
        input=InputSpec(SIZE, (0.0, 0.0, 0.0), (1.0, 1.0, 1.0)),
        head=Head("conv1"),
        limits=[f"Knows nothing (seed {seed})."],
    )
    folder = Path(mkdtemp(prefix="tiny-model-")) / "model"
    return write_bundle(folder, card, lambda place: copy_graph(seed, place), trained_on)


def copy_graph(seed: int, place: Path) -> None:
    """Copy the graph of a tiny model and the weights of a seed into a folder."""
    shutil.copyfile(KEPT / "graph.xml", place / "graph.xml")
    shutil.copyfile(KEPT / f"seed_{seed}.bin", place / "graph.bin")


@cache
def tiny_model_that_knows_nothing() -> Bundle:
    """Write a tiny model to which every scan is unfamiliar."""
    from fetal.training.features.fit_statistics import fit_features

    bundle = tiny_model(3, "newborn")
    channels, *_ = bundle.head()[0].shape
    random = np.random.default_rng(0).random((40, channels), np.float32)
    known = fit_features(random, np.arange(40) % len(PLANES))
    calibration = replace(bundle.card.calibration, unknown_above=1e-9)
    card = replace(bundle.card, calibration=calibration)
    return copy_with_card(bundle, card, Path(mkdtemp(prefix="tiny-model-")) / "model", known)


@cache
def tiny_model_that_promises_sets() -> Bundle:
    """Write a tiny model that doubts every scan and promises that it may be a brain."""
    bundle = tiny_model(4, "careful")
    thresholds = SetThresholds(0.95, {Plane.BRAIN: 0.0, Plane.FEMUR: 1.0}, {Plane.BRAIN: 40})
    calibration = replace(bundle.card.calibration, check_below=1.0, plane_sets=thresholds)
    card = replace(bundle.card, calibration=calibration)
    return copy_with_card(bundle, card, Path(mkdtemp(prefix="tiny-model-")) / "model")
