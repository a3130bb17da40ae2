"""Where a DICOM file says that its ultrasound is.

The Sequence of Ultrasound Regions is that of PS3.3, C.8.5.5.
"""

import pydicom

from fetal.scans.box import Box
from fetal.scans.dicom.values import items, whole

_TWO_DIMENSIONS = 1
_TISSUE, _COLOUR_FLOW = 1, 2
_CORNERS = ("MinX0", "MinY0", "MaxX1", "MaxY1")
_SLACK = 0.01
_SMALLEST_SHARE = 0.05


def tissue_regions(dataset: pydicom.Dataset) -> tuple[Box, ...]:
    """The boxes that hold two-dimensional pictures of tissue, with or without flow over them.

    Args:
        dataset: the file's, with `Rows` and `Columns`.

    Returns:
        The boxes, none where the file has none to be used.
    """
    width, height = int(dataset.Columns), int(dataset.Rows)
    boxes = [box for region in fitting_regions(dataset) if (box := _box(region)) is not None]
    within = (
        Box(box.left, box.top, min(box.right, width), min(box.bottom, height)) for box in boxes
    )
    enough = _SMALLEST_SHARE * width * height
    return tuple(
        box
        for box in within
        if box.width > 0 and box.height > 0 and box.width * box.height >= enough
    )


def fitting_regions(dataset: pydicom.Dataset) -> list[pydicom.Dataset]:
    """The regions of tissue, where they can be meant for this picture.

    Some programs make a picture smaller, or crop it, and leave the regions as they were, which
    shows in a box that reaches beyond the picture: then none of them, nor the sizes that they
    tell, counts for anything. Nor do they where the place of one cannot be read.

    Args:
        dataset: the file's, with `Rows` and `Columns`.

    Returns:
        The regions; none where one of them does not fit.
    """
    width, height = int(dataset.Columns), int(dataset.Rows)
    regions = _tissue(dataset)
    boxes = [_box(region) for region in regions]
    beyond = any(
        box is None
        or box.left < 0
        or box.top < 0
        or box.right > width * (1 + _SLACK) + 1
        or box.bottom > height * (1 + _SLACK) + 1
        for box in boxes
    )
    return [] if beyond else regions


def _box(region: pydicom.Dataset) -> Box | None:
    corners = [whole(region, f"RegionLocation{corner}") for corner in _CORNERS]
    if None in corners:
        return None
    left, top, right, bottom = (corner or 0 for corner in corners)
    return Box(left, top, right + 1, bottom + 1)


def _tissue(dataset: pydicom.Dataset) -> list[pydicom.Dataset]:
    return [
        region
        for region in items(dataset, "SequenceOfUltrasoundRegions")
        if whole(region, "RegionSpatialFormat") == _TWO_DIMENSIONS
        and whole(region, "RegionDataType") in (_TISSUE, _COLOUR_FLOW)
    ]
