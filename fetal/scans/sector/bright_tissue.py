"""What of a picture is tissue, at one grey level or another, and the hull around it."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property, reduce

import cv2
import numpy as np
from numpy.typing import NDArray

from fetal.scans.sector.components import labelled, width_of
from fetal.scans.sector.margin_text import BAR_WIDTH, is_panel

_TEXT_SIZE = 7
_DARKEST = 1
"""Per cent of the picture that are surely screen."""
_LARGE_PART = 0.004

LIT_LETTER = 40
"""The grey level from which on a pixel may be a letter."""

Levels = NDArray[np.float32]
Mask = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class ReducedPicture:
    """A picture as the search sees it: reduced, and without noise.

    Attributes:
        small: float32 (h, w), the grey levels. Not rounded, since tissue and screen may lie less
            than one grey level apart.
    """

    small: Levels

    @cached_property
    def solid(self) -> Levels:
        """The grey levels without whatever is thinner than a letter: text, scales, the grey bar."""
        letter = np.ones((_TEXT_SIZE, _TEXT_SIZE), np.uint8)
        return np.asarray(cv2.morphologyEx(self.small, cv2.MORPH_OPEN, letter), np.float32)

    @cached_property
    def screen(self) -> float:
        """The screen's own grey level."""
        levels = self.solid[::2, ::2]
        black = levels.size - np.count_nonzero(levels)
        if black > _DARKEST / 100 * levels.size + 1:
            return 0.0
        return float(np.percentile(levels, _DARKEST))

    @cached_property
    def rounded(self) -> NDArray[np.uint8]:
        """`solid` in whole grey levels."""
        return np.asarray(cv2.convertScaleAbs(self.solid), np.uint8)


@dataclass(frozen=True, eq=False)
class Tissue:
    """What is brighter than a grey level, and large enough to be tissue.

    Attributes:
        level: the grey level.
        mask: bool (h, w), true on tissue.
        alone: whether it is the largest of all bright pieces, and no other one was considered.
    """

    level: float
    mask: Mask
    alone: bool

    @cached_property
    def hull(self) -> NDArray[np.float64]:
        """The corners of its convex hull, float64 (n, 2) as (x, y), clockwise on the screen."""
        # Only the first and the last pixel of a row can be on the hull: a hundred times fewer.
        rows = np.flatnonzero(self.mask.any(axis=1))
        mirrored = cv2.flip(self.mask.view(np.uint8), 1).view(np.bool_)
        first = self.mask.argmax(axis=1)[rows]
        last = self.mask.shape[1] - 1 - mirrored.argmax(axis=1)[rows]
        ends = np.concatenate([np.stack([first, rows], axis=1), np.stack([last, rows], axis=1)])
        hull = cv2.convexHull(ends.astype(np.int32)[:, None])
        if cv2.contourArea(hull, oriented=True) < 0:
            hull = hull[::-1]
        return np.asarray(hull[:, 0, :], np.float64)


def tissue_above(
    level: float, picture: ReducedPicture, before: Tissue | None = None
) -> Tissue | None:
    """Find the tissue of a picture.

    Args:
        level: from which grey level on a pixel may be tissue.
        picture: the picture.
        before: the tissue of the same picture before some pixels were blanked, if it is known.

    Returns:
        The tissue, which is `before` itself where nothing of it was blanked; None where nothing is
        bright and large enough.
    """
    lit = picture.solid > level
    # Of the other pieces, blanking has left still less.
    if before and before.alone and before.level == level and not (before.mask & ~lit).any():
        return before
    labels, areas = labelled(lit, 0.01 * lit.size)
    largest = int(areas.argmax())
    enough = max(0.01 * lit.size, min(0.05 * lit.size, 0.15 * float(areas[largest])))
    wide = list(_wide_pieces(labels, areas, enough))
    alone = [label for label, _ in wide] == [largest]
    pieces = [piece for _, piece in wide]
    if len(pieces) > 1:
        pieces = [piece for piece in pieces if not is_panel(picture.rounded, piece, level)]
    return Tissue(level, reduce(np.bitwise_or, pieces), alone) if pieces else None


@dataclass(frozen=True, eq=False)
class BrightParts:
    """The parts of a picture that are as bright as letters are, and too large for letters.

    Attributes:
        picture: the picture.
        mask: bool (h, w), true on those that are tissue.
        considered: bool (h, w), true on tables of measurements, too.
    """

    picture: ReducedPicture
    mask: Mask
    considered: Mask


def bright_parts(picture: ReducedPicture, before: BrightParts | None = None) -> BrightParts:
    """Find the tissue of a picture that is as bright as letters are.

    Args:
        picture: the picture.
        before: that of the same picture before some pixels were blanked, if it is known.

    Returns:
        The tissue, which is `before` itself where nothing in it has changed.
    """
    if before and before.picture.screen == picture.screen:
        changed = before.picture.solid != picture.solid
        if not (changed & before.considered).any():
            return BrightParts(picture, before.mask, before.considered)
    lit = picture.solid > LIT_LETTER
    least = max(1, _LARGE_PART * lit.size)
    labels, areas = labelled(lit, least)
    tissue, considered = np.zeros_like(lit), np.zeros_like(lit)
    for _, piece in _wide_pieces(labels, areas, least):
        considered |= piece
        if not is_panel(picture.rounded, piece, picture.screen):
            tissue |= piece
    return BrightParts(picture, tissue, considered)


def _wide_pieces(
    labels: NDArray[np.uint16], areas: NDArray[np.int64], least: float
) -> Iterator[tuple[int, Mask]]:
    """The label and the mask of each piece that has so many pixels and is no grey bar."""
    for label in np.flatnonzero(areas >= least).tolist():
        piece = labels == label
        if width_of(piece) >= BAR_WIDTH * labels.shape[1]:
            yield label, piece
