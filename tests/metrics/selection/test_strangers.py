"""How well a score tells strangers, by kind."""

import numpy as np
import pytest

from fetal.metrics.selection.strangers import strangers


def test_each_kind_has_its_own_figure() -> None:
    chooser = np.random.default_rng(1)
    known = chooser.normal(0.5, 0.1, 200)
    patients = [f"P{n // 4}" for n in range(200)]
    kinds = {
        "photographs": (np.full(30, 1.5), [f"f{n}" for n in range(30)]),
        "another device": (chooser.normal(0.5, 0.1, 300), [f"h{n}" for n in range(300)]),
    }
    easy, hard = strangers(known, patients, kinds)
    assert (easy.kind, easy.pictures, easy.told.value, easy.flagged) == ("photographs", 30, 1, 1)
    assert hard.told.low < 0.5 < hard.told.high
    assert hard.flagged == 0


def test_a_kind_without_pictures_is_refused() -> None:
    with pytest.raises(ValueError, match="unknown pictures"):
        strangers([0.1], ["a"], {"nothing": ([], [])})
