"""What a process does that reads files for another one (`reader_pool`)."""

import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fetal.scans.cine import count_frames, read_frames
from fetal.scans.decode import Scan, before_and_after, read_scan
from fetal.scans.errors import ScanError
from fetal.scans.limits import Limits
from fetal.scans.png import encode_png
from fetal.scans.sandbox.sandbox_process import serve


@dataclass(frozen=True, slots=True)
class ReadFile:
    """What reading a file gave.

    Attributes:
        scan: the scan; none where it was refused.
        png: the scan's pixels as the store keeps them; none where it was refused or only read.
        refusal: the sentence that says why it was refused; none where it was not.
        before: uint8 (H, W), the grey levels as they arrived, text and all: for a person to look
            at while the file is at hand, and never to be kept; none where it was refused.
        frames: how many frames the file holds; a film is refused, since its frames are read one
            by one (`read_film`).
    """

    scan: Scan | None
    png: bytes | None
    refusal: str | None
    before: NDArray[np.uint8] | None = None
    frames: int = 1

    @property
    def nbytes(self) -> int:
        """How much memory its pixels take, in bytes."""
        pixels = self.scan.pixels.nbytes if self.scan is not None else 0
        before = self.before.nbytes if self.before is not None else 0
        return pixels + before + len(self.png or b"")


@dataclass(frozen=True, slots=True)
class ReadFrame:
    """What reading a frame of a film gave.

    Attributes:
        index: its place in the film, from 0.
        count: how many frames the film has.
        scan: the frame; none where it was refused.
        refusal: the sentence that says why it was refused; none where it was not.
        before: uint8 (H, W), the grey levels as they arrived, as in `ReadFile`.
    """

    index: int
    count: int
    scan: Scan | None
    refusal: str | None
    before: NDArray[np.uint8] | None = None


def read_file(data: bytes, name: str, limits: Limits | None = None) -> ReadFile:
    """Read a file and pack its pixels.

    Args:
        data: its content.
        name: its name.
        limits: how large it may be; if None, what the environment sets.

    Returns:
        The scan, or why there is none.
    """
    try:
        before, scan = before_and_after(data, name, limits)
    except ScanError as error:
        return ReadFile(None, None, str(error), frames=max(1, count_frames(data)))
    return ReadFile(scan, encode_png(scan.pixels), None, before)


def read_unpacked(data: bytes, name: str, limits: Limits | None = None) -> ReadFile:
    """Read a file as `read_file` does, to predict its scan and not to store it.

    Args:
        data: its content.
        name: its name.
        limits: how large it may be; if None, what the environment sets.

    Returns:
        The scan alone, or why there is none.
    """
    try:
        return ReadFile(read_scan(data, name, limits), None, None)
    except ScanError as error:
        return ReadFile(None, None, str(error), frames=max(1, count_frames(data)))


def read_film(
    data: bytes,
    name: str,
    frames: Sequence[int] | None,
    most: int,
    limits: Limits | None = None,
) -> Iterator[ReadFrame]:
    """Read frames of a film, one at a time.

    Args:
        data: its content.
        name: its name, looked at only for a patient at its start.
        frames: which frames; if None, those that differ from one another (`Cine.distinct`).
        most: how many of these.
        limits: how large it may be; if None, what the environment sets.

    Yields:
        Each frame, or why it is none.

    Raises:
        ScanError: the film cannot be read at all.
        IndexError: there is no such frame.
    """
    cine = read_frames(data, name, limits)
    for index in cine.distinct(most) if frames is None else frames:
        try:
            before, scan = cine.before_and_after(index)
            yield ReadFrame(index, len(cine), scan, None, before)
        except ScanError as error:
            yield ReadFrame(index, len(cine), None, str(error))


def main() -> None:
    """Read files until there are no more."""
    import cv2

    # Before a file's time and memory are bounded: the parser would take of them.
    import fetal.scans.dicom.file  # noqa: F401

    # There is a reader for each core: more threads would only stand in one another's way.
    cv2.setNumThreads(1)
    # A warning repeats what it warns of.
    warnings.simplefilter("ignore")
    serve()
