"""Likeness: whether two scans show the same picture, however it was stored, cut or mirrored.

Two steps. A fingerprint of 32 bytes is compared with those of ten thousand scans in a moment, and
names the few that may be alike. Then the pixels of these are laid over one another.

Libraries were weighed: docs/contributor.md, “What is ours and why”.
"""

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from fetal.scans.box import Box

SIDE = 96
"""The side of the small square that is compared, in pixels."""
REACH = 72
"""Fingerprints that differ in more bits, of 255, are not looked at further.

Of 1,389 real scans, no two of different patients differ in fewer than 59 unless they are copies;
copies that were stored again, scaled, mirrored or cut by 2 % differ in 56 at the most, as a rule.
"""
ALIKE = 0.82
"""From this correlation on, two pictures are copies of one another; others stayed below 0.75."""
SAME = 0.97
"""From this correlation on, two scans of one patient are one picture and not two of one plane."""
SAME_REACH = 24
"""In so many bits may the fingerprints of one picture differ."""
LEARNT_REACH = 40
"""In so many bits may a scan differ from one that a model was trained on, to count as the same.

Of 450 copies of real scans (JPEG down to quality 30, halved, enlarged, mirrored) 445 do not differ
in more. Of 418 real scans of other patients none differs in fewer than 67 from one of the 971 that
the shipped model was trained on.
"""
TURNS = (0.0, -15.0, -7.5, 7.5, 15.0)
"""From which angles a thorough comparison starts, in degrees."""

_FREQUENCIES = 16
_WORDS = 4
_LEVEL_SIGMA, _GRAIN_SIGMA = 6.0, 1.0

Grey = NDArray[np.uint8]
Fingerprints = NDArray[np.uint64]
"""(n, 4): 256 bits each, of which the first is always 0."""


def small_square(pixels: Grey, sector: Box) -> Grey:
    """Cut a scan's sector out and make it a small square, whatever its proportions.

    Args:
        pixels: uint8 (height, width), 0 outside the sector.
        sector: the box around the sector.

    Returns:
        uint8 (96, 96).
    """
    left, top, right, bottom = sector
    return np.asarray(
        cv2.resize(pixels[top:bottom, left:right], (SIDE, SIDE), interpolation=cv2.INTER_AREA),
        np.uint8,
    )


def fingerprint(square: Grey) -> Fingerprints:
    """Return which way the square's slowest 255 waves point: up or down.

    The perceptual hash of Zauner (2010, “Implementation and Benchmarking of Perceptual Image Hash
    Functions”), with the sign in place of the median, so that a mirrored picture's fingerprint
    follows from the picture's own.

    Args:
        square: uint8 (96, 96), as `small_square` gives it.

    Returns:
        uint64 (4,).

    Example:
        >>> fan = np.random.default_rng(1).integers(0, 255, (96, 96)).astype(np.uint8)
        >>> brighter = np.minimum(fan * 1.1, 255).astype(np.uint8)
        >>> int(distances(fingerprint(fan), fingerprint(brighter)[None])[0]) < 32
        True
    """
    waves = cv2.dct(square.astype(np.float32))[:_FREQUENCIES, :_FREQUENCIES]
    up = waves.ravel() > 0
    # The mean grey level is above 0 in every picture.
    up[0] = False
    return np.packbits(up).view(np.uint64)


def near_duplicate_hash(pixels: Grey, sector: Box) -> Fingerprints:
    """Return the fingerprint of a scan.

    Args:
        pixels: uint8 (height, width), 0 outside the sector.
        sector: the box around the sector.

    Returns:
        uint64 (4,).
    """
    return fingerprint(small_square(pixels, sector))


def _mirroring() -> Fingerprints:
    # Every second wave across the picture turns over when the picture does.
    return np.packbits(np.tile(np.arange(_FREQUENCIES) % 2 == 1, _FREQUENCIES)).view(np.uint64)


_MIRROR = _mirroring()


def to_text(one: Fingerprints) -> str:
    """A fingerprint as 64 hexadecimal digits."""
    return one.tobytes().hex()


def from_texts(texts: Sequence[str]) -> Fingerprints:
    """Fingerprints from their hexadecimal digits.

    Args:
        texts: each as `to_text` gives it.

    Returns:
        uint64 (n, 4).
    """
    return np.frombuffer(bytes.fromhex("".join(texts)), np.uint64).reshape(-1, 4)


def distances(one: Fingerprints, many: Fingerprints) -> NDArray[np.int64]:
    """Count the bits in which a fingerprint differs from others, or from them mirrored.

    Args:
        one: uint64 (4,), or (m, 1, 4).
        many: uint64 (n, 4).

    Returns:
        int64 (n,) or (m, n): the smaller of the two counts, 0 to 255.
    """
    shape = np.broadcast_shapes(one.shape, many.shape)[:-1]
    straight, mirrored = np.zeros(shape, np.uint16), np.zeros(shape, np.uint16)
    # Word by word: summing over an axis of four is several times slower.
    for word in range(_WORDS):
        apart = one[..., word] ^ many[..., word]
        straight += np.bitwise_count(apart)
        mirrored += np.bitwise_count(apart ^ _MIRROR[word])
    return np.minimum(straight, mirrored).astype(np.int64)


def similarity(one: Grey, other: Grey, turns: Sequence[float] = (0.0,)) -> float:
    """Lay one square over another, as it is and mirrored, and correlate them.

    What differs slowly, such as gain and the shape of the sector, does not count: both are
    compared with their own surroundings first. They are brought to cover each other by shifting,
    scaling and turning (enhanced correlation coefficient, Evangelidis and Psarakis 2008).

    Args:
        one: uint8 (96, 96), as `small_square` gives it.
        other: the same of the other scan.
        turns: from which angles to start, in degrees; it finds its way over a few degrees.

    Returns:
        The correlation at the best fit, -1 to 1: 1 for the same picture, 0 where one is blank.
    """
    mine = _grain(one)
    if not mine.any() or not other.any():
        return 0.0
    sides = (_grain(other), _grain(np.ascontiguousarray(other[:, ::-1])))
    plain = [float(np.corrcoef(mine.ravel(), side.ravel())[0, 1]) for side in sides]
    best = max(plain)
    if best >= SAME:
        return best
    return max(best, *(_fitted(mine, side, turn) for side in sides for turn in turns))


def is_copy(*, same_patient: bool, distance: int, alike: float) -> bool:
    """Judge whether two scans are to be shown to a person.

    Args:
        same_patient: whether both are known to be of one patient, whose scans are alike anyway.
        distance: bits in which their fingerprints differ.
        alike: what `similarity` says.

    Returns:
        Across patients, whether they show the same picture however it was stored or cut; within a
        patient, whether they are one picture.
    """
    if same_patient:
        return distance <= SAME_REACH and alike >= SAME
    return alike >= ALIKE


def _grain(square: Grey) -> NDArray[np.float32]:
    """The square's structure: how much brighter each place is than its surroundings."""
    levels = np.sqrt(square.astype(np.float32))
    inside = (square > 0).astype(np.float32)
    around = cv2.GaussianBlur(levels, (0, 0), _LEVEL_SIGMA)
    covered = cv2.GaussianBlur(inside, (0, 0), _LEVEL_SIGMA)
    apart = (levels - around / np.maximum(covered, 0.05)) * inside
    return np.asarray(cv2.GaussianBlur(apart, (0, 0), _GRAIN_SIGMA), np.float32)


def _fitted(one: NDArray[np.float32], other: NDArray[np.float32], turn: float) -> float:
    start = cv2.getRotationMatrix2D((SIDE / 2, SIDE / 2), turn, 1).astype(np.float32)
    stop = (cv2.TERM_CRITERIA_EPS | cv2.TERM_CRITERIA_COUNT, 40, 1e-4)
    try:
        correlation, _ = cv2.findTransformECC(
            one, other, start, cv2.MOTION_AFFINE, stop, np.empty(0, np.uint8), 5
        )
    except cv2.error:
        # They have nothing in common that could be followed to a better fit.
        return -1.0
    return float(correlation)
