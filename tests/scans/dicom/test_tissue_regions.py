"""Where a DICOM file says that the tissue lies."""

import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset

from fetal.scans import Box, encode_png, read_scan
from tests.scans.conftest import Screen
from tests.scans.dicom_files import ultrasound, written


def _region(left: int, top: int, right: int, bottom: int, kind: int = 1) -> Dataset:
    region = Dataset()
    region.RegionSpatialFormat, region.RegionDataType = kind, kind
    region.RegionLocationMinX0, region.RegionLocationMinY0 = left, top
    region.RegionLocationMaxX1, region.RegionLocationMaxY1 = right, bottom
    return region


def test_all_outside_of_the_regions_of_tissue_is_blank(
    screen: Screen, fan: NDArray[np.bool_]
) -> None:
    dataset = ultrasound(screen, "MONOCHROME2")
    dataset.SequenceOfUltrasoundRegions = [_region(40, 45, 320, 439), _region(0, 0, 639, 20, 4)]
    scan = read_scan(written(dataset), "a")
    assert scan.regions == (Box(40, 45, 321, 440),)
    assert not scan.pixels[:, 321:].any()
    assert not scan.pixels[:45].any()
    inside = fan.copy()
    inside[:, 321:] = False
    lost = np.count_nonzero(inside & (screen > 0) & (scan.pixels == 0))
    assert lost < 0.02 * np.count_nonzero(inside)


def test_regions_of_another_picture_count_for_nothing(screen: Screen) -> None:
    dataset = ultrasound(screen, "MONOCHROME2")
    dataset.SequenceOfUltrasoundRegions = [_region(168, 62, 1190, 828)]
    scan = read_scan(written(dataset), "a")
    assert scan.regions == ()
    assert scan.digest == read_scan(encode_png(screen), "a.png").digest
