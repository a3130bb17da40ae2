"""What a person changes of what is blanked on a scan, before it is kept."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from fetal.scans.box import Box, bounding_box
from fetal.scans.decode import Scan, pixel_digest
from fetal.scans.errors import ScanError


class Tool(StrEnum):
    """What is done with the pixels of a box."""

    BLANK = "blank"
    BRING_BACK = "bring back"
    KEEP_ONLY = "keep only"


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that a person did to the mask.

    Attributes:
        tool: blank the box, show it again as it arrived, or blank all but the box.
        box: where; what lies outside the picture is left aside.
    """

    tool: Tool
    box: Box


class NothingLeftError(ScanError):
    """A person blanked the whole picture."""

    def __init__(self) -> None:
        super().__init__(
            "Expected a part of the picture to keep, received a mask that blanks all of it: please "
            "take a step back, or leave the scan out."
        )


def changed(scan: Scan, before: NDArray[np.uint8], changes: Sequence[Change]) -> Scan:
    """Give a scan as it is with a person's changes to its mask, one after the other.

    Args:
        scan: as it was read.
        before: uint8 (H, W), the grey levels as they arrived.
        changes: what the person did, in order.

    Returns:
        The scan; its box is that of what is left, and lettering that is blank now is gone from it.

    Raises:
        NothingLeftError: all is blank.

    Example:
        >>> before = np.full((4, 6), 90, np.uint8)
        >>> scan = Scan(before, Box(0, 0, 6, 4), False, pixel_digest(before))
        >>> changed(scan, before, [Change(Tool.BLANK, Box(0, 0, 6, 1))]).sector
        Box(left=0, top=1, right=6, bottom=4)
    """
    if not changes:
        return scan
    pixels = scan.pixels.copy()
    for change in changes:
        left, top, right, bottom = within(change.box, pixels.shape)
        inside = np.s_[top:bottom, left:right]
        if change.tool is Tool.BLANK:
            pixels[inside] = 0
        elif change.tool is Tool.BRING_BACK:
            pixels[inside] = before[inside]
        else:
            kept = pixels[inside].copy()
            pixels[:] = 0
            pixels[inside] = kept
    if not pixels.any():
        raise NothingLeftError
    return replace(
        scan,
        pixels=pixels,
        sector=bounding_box(pixels > 0),
        digest=pixel_digest(pixels),
        earlier=(*scan.earlier, scan.digest),
        lettering=tuple(box for box in scan.lettering if _shows(pixels, box)),
    )


def within(box: Box, shape: tuple[int, ...]) -> Box:
    """The part of a box that lies in a picture.

    Args:
        box: any box.
        shape: the picture's (height, width).

    Example:
        >>> within(Box(-3, 2, 9, 4), (5, 6))
        Box(left=0, top=2, right=6, bottom=4)
    """
    height, width = shape[:2]
    left, right = sorted((min(max(box.left, 0), width), min(max(box.right, 0), width)))
    top, bottom = sorted((min(max(box.top, 0), height), min(max(box.bottom, 0), height)))
    return Box(left, top, right, bottom)


def _shows(pixels: NDArray[np.uint8], box: Box) -> bool:
    return bool(pixels[box.top : box.bottom, box.left : box.right].any())
