"""Pictures as they arrived, with what is blanked on them in colour, for as long as a drop is fresh.

They show what may not be kept: they live in this process's memory, in a bounded part of it.
"""

import threading
from collections import OrderedDict
from collections.abc import Collection

import cv2
import numpy as np
from numpy.typing import NDArray

from fetal.explain import encode_jpeg
from fetal.scans import Scan
from fetal.scans.sector.detect_sector import stored_sector

MEGABYTES = 64
"""The most that the pictures of one drop may take, in units of 1,000,000 bytes."""
_LONGEST_SIDE = 900
_LOST = np.array((255, 120, 40), np.float32) / 255
_OUTLINE = (60, 220, 190)
_LETTERING = (255, 220, 0)


def marked(before: NDArray[np.uint8], scan: Scan) -> NDArray[np.uint8]:
    """Show what is blanked on a picture, and where the finder sees something.

    Args:
        before: uint8 (H, W), the grey levels as they arrived.
        scan: what is, or would be, kept of it.

    Returns:
        uint8 (H, W, 3), red, green, blue: what is blanked is orange, the outline of what is kept
        is green, and boxes around lettering over the ultrasound are yellow.
    """
    picture = np.repeat(before[:, :, None], 3, axis=2)
    lost = (scan.pixels == 0) & (before > 0)
    picture[lost] = (before[lost, None] * _LOST).astype(np.uint8)
    thickness = max(1, round(max(before.shape) / 500))
    kept = stored_sector(scan.pixels).astype(np.uint8)
    contours, _ = cv2.findContours(kept, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
    cv2.drawContours(picture, contours, -1, _OUTLINE, thickness, cv2.LINE_AA)
    for left, top, right, bottom in scan.lettering:
        cv2.rectangle(picture, (left, top), (right - 1, bottom - 1), _LETTERING, thickness)
    return picture


def reduced(picture: NDArray[np.uint8]) -> bytes:
    """Pack a picture for a screen.

    Args:
        picture: uint8 (H, W, 3), red, green, blue.

    Returns:
        A JPEG of at most 900 pixels a side.
    """
    height, width = picture.shape[:2]
    scale = min(1.0, _LONGEST_SIDE / max(height, width))
    if scale < 1:
        size = (max(1, round(width * scale)), max(1, round(height * scale)))
        picture = np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_AREA), np.uint8)
    return encode_jpeg(picture)


class OriginalPreviews:
    """The pictures of a drop's scans as they arrived; the oldest go where there are too many.

    Args:
        megabytes: how much memory they may take together, in units of 1,000,000 bytes.
    """

    def __init__(self, megabytes: float = MEGABYTES) -> None:
        self._most = round(megabytes * 1_000_000)
        self._bytes = 0
        self._pictures: OrderedDict[str, bytes] = OrderedDict()
        self._lock = threading.Lock()

    def add(self, digest: str, picture: bytes) -> None:
        """Keep a picture for now.

        Args:
            digest: of the stored scan's pixels.
            picture: as `reduced` gives it.
        """
        with self._lock:
            self._bytes += len(picture) - len(self._pictures.pop(digest, b""))
            self._pictures[digest] = picture
            while self._bytes > self._most:
                _, oldest = self._pictures.popitem(last=False)
                self._bytes -= len(oldest)

    def get(self, digest: str) -> bytes | None:
        """Return a picture, or none where it is no longer in memory.

        Args:
            digest: of the stored scan's pixels.
        """
        with self._lock:
            return self._pictures.get(digest)

    def keep_only(self, digests: Collection[str]) -> None:
        """Forget the pictures of all other scans.

        Args:
            digests: the scans whose pictures stay.
        """
        with self._lock:
            for digest in self._pictures.keys() - set(digests):
                self._bytes -= len(self._pictures.pop(digest))
