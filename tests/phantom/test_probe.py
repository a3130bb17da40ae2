import math
from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray

from fetal.phantom import probe

SIZE = (331, 480)
Kind = Callable[[np.random.Generator, tuple[int, int]], probe.Fan]
KINDS = (probe.curved, probe.cardiac, probe.endovaginal, probe.linear)


@pytest.mark.parametrize("kind", KINDS)
def test_a_point_comes_back_where_the_beams_met_it(kind: Kind) -> None:
    fan = kind(np.random.default_rng(4), SIZE)
    left, right = fan.angles
    for share in (0.2, 0.5, 0.8):
        point = fan.polar(
            left + share * (right - left), fan.top + share * (fan.bottom - fan.top)
        ).reshape(1, 2)
        beam, depth = fan.to_grid(point)[0]
        assert beam == pytest.approx(share * (probe.BEAMS - 1), abs=0.6)
        assert depth == pytest.approx(share * (probe.DEPTHS - 1), abs=0.6)
        x, y = fan.to_pixels(point)[0]
        beams = np.zeros((probe.DEPTHS, probe.BEAMS), np.uint8)
        beams[round(float(depth)) - 3 : round(float(depth)) + 4, round(float(beam)) - 2 :][
            :, :5
        ] = 255
        rows, columns = np.nonzero(fan.picture(beams))
        if 5 < x < SIZE[1] - 6 and 5 < y < SIZE[0] - 6:
            assert math.dist((columns.mean(), rows.mean()), (x, y)) < 2.5


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("kind", KINDS)
def test_the_sector_is_exactly_what_angle_and_depth_enclose(kind: Kind, seed: int) -> None:
    fan = kind(np.random.default_rng(seed), SIZE)
    rows, columns = np.indices(SIZE)
    u = (columns + 0.5 - SIZE[1] / 2) / SIZE[0] - fan.apex[0]
    v = (rows + 0.5) / SIZE[0] - fan.apex[1]
    distance, angle = np.hypot(u, v), np.abs(np.arctan2(u, v))

    def enclosed(spare: float) -> NDArray[np.bool_]:
        return (
            (distance >= fan.near - spare)
            & (distance <= fan.far + spare)
            & (angle <= fan.half + spare / distance)
        )

    pixel = 1.5 / SIZE[0]
    assert not (enclosed(-pixel) & ~fan.sector).any()
    assert not (fan.sector & ~enclosed(pixel)).any()


def test_a_fan_beside_the_scan_is_refused() -> None:
    with pytest.raises(ValueError, match="outside the scan"):
        _ = probe.Fan((9.0, 0.0), 0.1, 1.0, 0.4, SIZE).sector
