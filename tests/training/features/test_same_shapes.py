"""Repeated inputs change no output: they only save compiling."""

from typing import Any

import keras
import numpy as np
import pytest
from numpy.typing import NDArray

from fetal.training.features import same_shapes
from fetal.training.features.float32_inference import exact_copy, outputs_of
from fetal.training.features.frozen_backbone import _with_keras
from tests.training.tiny_network import TINY, tiny_network, tiny_splits, use_tiny_network


def test_outputs_are_the_same_with_inputs_repeated(monkeypatch: pytest.MonkeyPatch) -> None:
    use_tiny_network(monkeypatch)
    model, scans = tiny_network(), tiny_splits().train
    settings = TINY.but(batch=5)
    batch = scans.pixels[:3, ..., None]
    exact = exact_copy(model, settings)
    run = _with_keras(keras.Model(model.input, model.outputs[1]))
    plain = run(batch)
    before: tuple[NDArray[Any], ...] = outputs_of(exact, settings, scans)
    monkeypatch.setattr(same_shapes, "compiles_each_shape", lambda: True)
    assert len(same_shapes.filled_up(batch, 16)) == 16
    assert np.allclose(run(batch), plain, atol=1e-4)
    after: tuple[NDArray[Any], ...] = outputs_of(exact, settings, scans)
    for one, other in zip(before, after, strict=True):
        assert one.shape == other.shape
        assert np.allclose(one, other, atol=1e-4)
