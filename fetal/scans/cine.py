"""Films of an ultrasound: their frames one at a time, and those that differ."""

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING

import cv2
import numpy as np
from numpy.typing import NDArray

from fetal.scans.decode import Scan, both_of, scan_of
from fetal.scans.errors import ScanError
from fetal.scans.limits import Limits
from fetal.scans.raster import is_dicom
from fetal.scans.to_grey import to_grey

if TYPE_CHECKING:
    from fetal.scans.dicom.file import DicomFile

_SMALL_SIDE = 32
_LOOKED_AT = 400
"""Frames of a film that are compared: of a longer one every second, every third and so on."""
_SAME = 2.0
"""Grey levels, on average over a small version: what noise alone makes two frames differ."""


class Cine:
    """The frames of a DICOM file, each decoded when it is asked for.

    The file's bytes stay in memory, and one decoded frame at a time.

    Args:
        file: the opened file.
        name: its name, looked at only for a patient at its start.
    """

    def __init__(self, file: "DicomFile", name: str) -> None:
        self._file = file
        self._name = name

    def __len__(self) -> int:
        return len(self._file.frames)

    def __getitem__(self, index: int) -> Scan:
        """Read a frame as `read_scan` reads a file.

        Args:
            index: 0 to the number of frames - 1.

        Returns:
            The frame.

        Raises:
            IndexError: there is no such frame.
            ScanError: this frame cannot become a scan; others may.
        """
        return scan_of(self._file.picture(index), self._name)

    def before_and_after(self, index: int) -> tuple[NDArray[np.uint8], Scan]:
        """Read a frame as `reading.before_and_after` reads a file.

        Args:
            index: 0 to the number of frames - 1.

        Returns:
            uint8 (H, W), the grey levels as the machine wrote them; and the frame.

        Raises:
            IndexError: there is no such frame.
            ScanError: this frame cannot become a scan; others may.
        """
        return both_of(self._file.picture(index), self._name)

    def __iter__(self) -> Iterator[Scan]:
        """All frames in their order; the first that cannot become a scan ends it with its error."""
        return (self[index] for index in range(len(self)))

    def distinct(self, most: int) -> list[int]:
        """Find frames that differ from one another, spread over the film.

        A frame counts as new where its small grey version differs from that of the last new one
        by more than noise does. Of more than `most`, evenly many are left out.

        Args:
            most: how many to give at the most.

        Returns:
            Their indices, rising. Frames that cannot be decoded are not among them.
        """
        different: list[int] = []
        last: NDArray[np.float32] | None = None
        for index in range(0, len(self), max(1, math.ceil(len(self) / _LOOKED_AT))):
            try:
                small = _small(self._file.frames[index])
            except ScanError:
                continue
            if last is None or float(np.abs(small - last).mean()) > _SAME:
                different.append(index)
                last = small
        if len(different) <= most:
            return different
        places = np.linspace(0, len(different) - 1, most).round().astype(int)
        return [different[place] for place in places]


def read_frames(data: bytes, name: str, limits: Limits | None = None) -> Cine:
    """Open a DICOM file, with one frame or many.

    Args:
        data: the file's bytes.
        name: the file's name.
        limits: how large the file, a frame and their number may be; checked before any is decoded.
            None is what the environment sets.

    Returns:
        Its frames.

    Raises:
        ScanError: it cannot be read at all; the text is the one sentence to show.

    Example:
        >>> for index in read_frames(data, "clip.dcm").distinct(most=40):  # doctest: +SKIP
        ...     scan = cine[index]
    """
    from fetal.scans.dicom.file import DicomFile

    limits = limits or Limits.from_environment()
    limits.check_unpacked(len(data))
    return Cine(DicomFile(data, limits), name)


def is_film(data: bytes) -> bool:
    """Return whether a file is DICOM with several frames; its pixels are not looked at.

    Args:
        data: the file.

    Returns:
        Whether it is.
    """
    return count_frames(data) > 1


def count_frames(data: bytes) -> int:
    """Count the frames of a DICOM file; its pixels are not looked at.

    Args:
        data: the file.

    Returns:
        How many there are; 0 for what is no DICOM file, or too damaged to tell.
    """
    if not is_dicom(data):
        return 0
    from fetal.scans.dicom import file

    return file.count_frames(data)


def _small(pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
    grey = to_grey(pixels)
    size = (_SMALL_SIDE, _SMALL_SIDE)
    return np.asarray(cv2.resize(grey, size, interpolation=cv2.INTER_AREA), np.float32)
