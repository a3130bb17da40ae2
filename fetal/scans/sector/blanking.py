"""Blanks all but the ultrasound, so that what was blanked once is not changed by a second time.

The finder of the sector sees a picture without its text differently from one with it, so a second
look at a blanked scan may blank a few pixels more. A scan that leaves as a file and comes back
would then be another scan. The finder is therefore asked until it takes nothing more away: two
looks as a rule, four at the most among 1,389 real scans.
"""

from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from fetal.scans.box import Box, bounding_box
from fetal.scans.sector.detect_sector import Sector, find_sector, look_for_sector

_MOST = 12
"""Looks after which a picture is left as it is."""
_LEAST_LEFT = 0.95
"""Share of the lit pixels that a look at the whole picture leaves where a file told its regions."""

Grey = NDArray[np.uint8]


@dataclass(frozen=True, eq=False)
class Blanked:
    """A picture on which only the ultrasound is left.

    Attributes:
        looks: uint8 (H, W) each, the picture after every look at it; none as the last one.
        pixels: uint8 (H, W), what is left.
        sector: where the ultrasound is, with all that was written on the picture at first.
    """

    looks: tuple[Grey, ...]
    pixels: Grey
    sector: Sector


def blank(grey: Grey, regions: tuple[Box, ...] = ()) -> Blanked:
    """Blank all but the ultrasound.

    Args:
        grey: uint8 (H, W), the grey levels as they arrived.
        regions: the boxes that the file says hold pictures of tissue; if none, the sector is
            looked for on the whole picture.

    Returns:
        The picture; given again, it stays as it is, except where the file told its regions and
        the finder does not see them as one sector.

    Example:
        >>> screen = np.zeros((200, 300), np.uint8)
        >>> screen[20:180, 50:250] = 90
        >>> once = blank(screen).pixels
        >>> np.array_equal(blank(once).pixels, once)
        True
    """
    look = None if regions else look_for_sector(grey)
    first = look.sector if look else _within(grey, regions)
    pixels, sector = _kept(grey, first), first
    looks: list[Grey] = []
    while len(looks) < _MOST and pixels.any():
        look = look_for_sector(pixels, look)
        again = look.sector
        rest = _kept(pixels, again)
        if regions and np.count_nonzero(rest) < _LEAST_LEFT * np.count_nonzero(pixels):
            break
        # The last look's box: the scan that comes back is framed as this one is.
        sector = again
        if np.array_equal(rest, pixels):
            break
        looks.append(pixels)
        pixels = rest
    found = first.found and sector.found
    # A later look no longer sees the text that the first one blanked, and takes its place for
    # ultrasound: without this, each such text would count as written over it.
    both = sector.mask & first.mask
    whole = replace(sector, mask=both, found=found, writing=first.writing)
    return Blanked(tuple(looks), pixels, whole)


def _kept(pixels: Grey, sector: Sector) -> Grey:
    return pixels * sector.mask.view(np.uint8)


def _within(grey: Grey, regions: tuple[Box, ...]) -> Sector:
    """The sector that is looked for within each of the regions that a file tells."""
    mask = np.zeros(grey.shape, np.bool_)
    corners = []
    writing: list[Box] = []
    for left, top, right, bottom in regions:
        found = find_sector(grey[top:bottom, left:right])
        mask[top:bottom, left:right] |= found.mask
        corners.append(found.outline + np.array([left, top]))
        writing += (box.moved(left, top) for box in found.writing)
    hull = cv2.convexHull(np.concatenate(corners).astype(np.float32))[:, 0]
    return Sector(mask, bounding_box(mask), True, np.asarray(hull, np.float64), tuple(writing))
