"""The heat maps that the database keeps."""

import numpy as np
import pytest

from fetal.predict import KeptHeat, Model
from fetal.scans import Scan


def test_what_is_kept_is_the_heat_of_the_prediction_and_its_square(
    model: Model, scans: list[Scan]
) -> None:
    said = model.predict(scans[0])
    kept = KeptHeat.unpack(KeptHeat.of(said).pack())
    assert kept.cells.shape == said.heat.shape
    assert np.abs(kept.cells / 255 - said.heat).max() <= 0.5 / 255 + 1e-6
    framing = said.framing
    assert (kept.left, kept.top, kept.side) == (framing.left, framing.top, framing.side)


def test_it_takes_one_byte_a_cell(model: Model, scans: list[Scan]) -> None:
    said = model.predict(scans[0])
    assert len(KeptHeat.of(said).pack()) - said.heat.size == 16


@pytest.mark.parametrize("length", [3, 17])
def test_bytes_that_are_none_are_refused(model: Model, scans: list[Scan], length: int) -> None:
    with pytest.raises(ValueError, match=r"bytes|reshape"):
        KeptHeat.unpack(KeptHeat.of(model.predict(scans[0])).pack()[:length])
