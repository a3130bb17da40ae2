"""What was blanked once stays as it is: a scan that leaves as a file comes back as the same one."""

import numpy as np
import pytest

from fetal.phantom import simulate
from fetal.planes import Plane
from fetal.scans import Box, encode_png, read_scan
from fetal.scans.decode import pixel_digest
from fetal.scans.mask_edits import Change, Tool, changed
from fetal.scans.sector.blanking import blank
from tests.scans.conftest import Screen
from tests.support.drawn import once

UNSTABLE = [(Plane.FEMUR, 2032), (Plane.OTHER, 2033), (Plane.BRAIN, 2042), (Plane.OTHER, 2050)]
"""Simulated screens of which a second look of the finder takes more away than the first."""


@pytest.fixture(params=UNSTABLE, ids=lambda one: f"{one[0]}-{one[1]}")
def screen(request: pytest.FixtureRequest) -> Screen:
    return simulate(*request.param).pixels


def test_a_scan_that_was_written_out_reads_back_the_same(screen: Screen) -> None:
    scan = read_scan(encode_png(screen), "a.png")
    again = read_scan(encode_png(scan.pixels), "a.png")
    assert (again.digest, again.sector) == (scan.digest, scan.sector)


def test_a_scan_knows_by_which_digests_it_was_known_before(screen: Screen) -> None:
    scan = read_scan(encode_png(screen), "a.png")
    before = pixel_digest(once(screen))
    assert before != scan.digest
    assert scan.earlier[:2] == (pixel_digest(screen), before)
    assert scan.digests == {scan.digest, *scan.earlier}


def test_what_more_looks_take_away_is_little(screen: Screen) -> None:
    kept, first = np.count_nonzero(blank(screen).pixels), np.count_nonzero(once(screen))
    assert 0.97 * first < kept <= first


def test_regions_that_the_finder_does_not_see_as_one_sector_stay(screen: Screen) -> None:
    # Two pictures side by side, of which the finder alone would keep one.
    other = np.where(np.arange(screen.shape[1]) % 2 == 0, screen, np.uint8(0)) // 4
    both = np.concatenate([screen, other], axis=1)
    height, width = screen.shape
    regions = (Box(0, 0, width, height), Box(width, 0, 2 * width, height))
    within = blank(both, regions).pixels
    for region in regions:
        assert within[region.place].any()


def test_a_black_picture_stays_black() -> None:
    assert not blank(np.zeros((60, 80), np.uint8)).pixels.any()


def test_a_scan_whose_mask_a_person_changed_knows_what_it_was(screen: Screen) -> None:
    scan = read_scan(encode_png(screen), "a.png")
    height, width = screen.shape
    cut = changed(scan, screen, [Change(Tool.BLANK, Box(0, 0, width, height // 2))])
    assert cut.digest != scan.digest
    assert {scan.digest, pixel_digest(screen)} <= cut.digests
