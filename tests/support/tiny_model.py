"""A model of a few hundred weights, whole in every other respect, for tests of what uses models."""

from dataclasses import replace
from functools import cache
from pathlib import Path
from tempfile import mkdtemp

import numpy as np

from fetal.bundle import Bundle, Card, Head, InputSpec, copy_with_card, write_bundle
from fetal.planes import PLANES

SIZE = 32


@cache
def tiny_model(seed: int = 1, name: str = "tiny", trained_on: tuple[str, ...] = ()) -> Bundle:
    """Write a tiny model to a temporary folder; the same one for the same arguments."""
    import keras

    from fetal.training.export import export_graph

    keras.utils.set_random_seed(seed)
    scan = keras.Input((SIZE, SIZE, 1), name="scan")
    maps = keras.layers.Conv2D(8, 4, strides=4, activation="relu", name="conv1")(scan)
    pooled = keras.layers.GlobalAveragePooling2D(name="pool")(maps)
    logits = keras.layers.Dense(len(PLANES), name="head")(pooled)
    model = keras.Model(scan, [maps, logits], name="tiny")
    card = Card(
        name=name,
        created="2026-11-23T10:00:00+00:00",
        architecture="resnet50",
        input=InputSpec(SIZE, (0.0, 0.0, 0.0), (1.0, 1.0, 1.0)),
        head=Head("conv1"),
        limits=[f"Knows nothing (seed {seed})."],
    )
    folder = Path(mkdtemp(prefix="tiny-model-")) / "model"
    return write_bundle(folder, card, lambda place: export_graph(model, place), trained_on)


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
