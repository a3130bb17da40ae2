"""Reads files from outside apart from this process, in a few processes that are kept for it.

The functions are those of `fetal.scans` under the same names. A file that takes too long, takes too
much memory or breaks its decoder ends one of the processes, which starts anew; it is refused with
a sentence, and this process goes on.
"""

import atexit
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import cache

from fetal.scans import inspection
from fetal.scans.errors import ScanError
from fetal.scans.inspection import FileKind, Inspection
from fetal.scans.limits import Limits
from fetal.scans.raster import is_dicom
from fetal.scans.sandboxed_reading import file_reader
from fetal.scans.sandboxed_reading.file_reader import ReadFile, ReadFrame
from fetal.scans.sandboxed_reading.reader_pool import ReaderPool

_GLANCE_SECONDS = 5
"""How long a look at a header may take, which is an instant for all that is no mischief."""


@cache
def readers() -> ReaderPool:
    """The processes that this one keeps; each starts when it is needed."""
    kept = ReaderPool()
    atexit.register(kept.close)
    return kept


def warm_up(count: int = 1) -> None:
    """Start processes in the background, so that the first files need not wait for them.

    Args:
        count: how many, at most one for each core.
    """
    readers().warm_up(count)


def read_file(data: bytes, name: str) -> ReadFile:
    """Read a file and pack its pixels.

    Args:
        data: its content.
        name: its name, looked at only for a patient at its start.

    Returns:
        The scan, or why there is none.
    """
    return readers().read_one(data, name)


def read_film(
    data: bytes, name: str, *, frames: Sequence[int] | None = None, most: int
) -> Iterator[ReadFrame]:
    """Read frames of a film, one at a time.

    Args:
        data: its content.
        name: its name, looked at only for a patient at its start.
        frames: which frames; if None, those that differ from one another (`Cine.distinct`).
        most: how many of these.

    Yields:
        Each frame, or why it is none.

    Raises:
        ScanError: the film cannot be read at all.
    """
    limits = Limits.from_environment()
    return readers().ask(limits, file_reader.read_film, data, name, frames, most, limits)


def inspect_file(data: bytes, name: str) -> Inspection:
    """Look at a file's header; only that of a DICOM file has to be looked at by another process.

    Args:
        data: its content.
        name: its name, looked at only for a patient at its start.

    Returns:
        What it is. What cannot be looked at counts as a still that names nobody: that is told in
        words when it is read.
    """
    if not is_dicom(data):
        return inspection.inspect_file(data, name)
    limits = Limits.from_environment()
    short = replace(limits, seconds=min(_GLANCE_SECONDS, limits.seconds))
    try:
        found: Inspection
        [found] = readers().ask(short, inspection.inspect_file, data, name)
        return found
    except ScanError:
        return Inspection(FileKind.STILL, 1, names_patient=False)


def referenced_files(data: bytes) -> list[str]:
    """List the images that a DICOMDIR names.

    Args:
        data: the file.

    Returns:
        Their places, as `fetal.scans.dicom.dicomdir.referenced_files` gives them.

    Raises:
        ScanError: it cannot be read.
    """
    from fetal.scans.dicom import dicomdir

    limits = Limits.from_environment()
    places: list[str]
    [places] = readers().ask(limits, dicomdir.referenced_files, data, limits)
    return places
