"""Pieces of scans, magnified so far that they show no plane any more."""

import cv2
import numpy as np
from numpy.typing import NDArray

Grey = NDArray[np.uint8]

SMALLEST, LARGEST = 0.18, 0.34
"""What a piece may take of each side of the picture."""

FILLED = 0.6
"""The share of a piece that must show tissue; of those that show less, the fullest is taken."""

_TRIES = 6


def fragment(frame: Grey, chance: np.random.Generator) -> Grey:
    """Cut a piece out of a corner of a scan's sector and magnify it.

    What tells the planes apart lies in the middle of a standard scan. A corner of it has the same
    machine, speckle and tissue, and is no plane: a network that has learnt texture is corrected
    (Hendrycks et al. 2019, “Deep anomaly detection with outlier exposure”, with outliers that the
    scans themselves give).

    Args:
        frame: uint8, (rows, columns), black outside the sector.
        chance: Where the draws come from.

    Returns:
        uint8, of the same shape.
    """
    rows, columns = frame.shape
    left, top, width, height = cv2.boundingRect(frame) if frame.any() else (0, 0, columns, rows)
    pieces = [
        _corner(frame[top : top + height, left : left + width], chance) for _ in range(_TRIES)
    ]
    shares = [np.count_nonzero(piece) / piece.size for piece in pieces]
    full = [piece for piece, share in zip(pieces, shares, strict=True) if share >= FILLED]
    piece = full[0] if full else pieces[int(np.argmax(shares))]
    return np.asarray(cv2.resize(piece, (columns, rows), interpolation=cv2.INTER_CUBIC), np.uint8)


def _corner(sector: Grey, chance: np.random.Generator) -> Grey:
    height, width = sector.shape
    share = chance.uniform(SMALLEST, LARGEST)
    down, across = max(4, round(share * height)), max(4, round(share * width))
    # Corners of a fan are black: a piece lies within the outer quarter, at either end.
    rows, columns = (
        round(chance.uniform(0, max(0.0, 0.25 * side))) for side in (height - down, width - across)
    )
    top = rows if chance.random() < 0.5 else max(0, height - down - rows)
    left = columns if chance.random() < 0.5 else max(0, width - across - columns)
    return sector[top : top + down, left : left + across]
