"""Reads files from outside apart from this process, in a few processes that are kept for it.

The functions are those of `fetal.scans` under the same names. A file that takes too long, takes too
much memory or breaks its decoder ends one of the processes, which starts anew; it is refused with
a sentence, and this process goes on.
"""

import atexit
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import cache

from fetal.scans import decode
from fetal.scans.dicom import dicomdir, file
from fetal.scans.errors import ScanError
from fetal.scans.limits import Limits
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


def warm_up() -> None:
    """Start a process in the background, so that the first file need not wait for it."""
    threading.Thread(target=_glanced, args=(file.is_film, b""), name="warm-up", daemon=True).start()


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
        frames: which frames; none is those that differ from one another (`Cine.distinct`).
        most: how many of these.

    Yields:
        Each frame, or why it is none.

    Raises:
        ScanError: the film cannot be read at all.
    """
    limits = Limits.from_environment()
    return readers().ask(limits, file_reader.read_film, data, name, frames, most, limits)


def is_film(data: bytes) -> bool:
    """Tell whether a file is DICOM with several frames; its pixels are not looked at.

    Args:
        data: the file.
    """
    return file.is_dicom(data) and _glanced(file.is_film, data)


def names_patient(data: bytes, name: str) -> bool:
    """Tell whether a file says itself which patient it shows, without reading its pixels.

    Args:
        data: the file.
        name: its name.

    Returns:
        True for a name such as `Patient00042_1.png`, and for a DICOM file with a PatientID.
    """
    if not file.is_dicom(data):
        return decode.names_patient(data, name)
    return _glanced(decode.names_patient, data, name)


def referenced_files(data: bytes) -> list[str]:
    """List the images that a DICOMDIR names.

    Args:
        data: the file.

    Returns:
        Their places, as `fetal.scans.dicom.dicomdir.referenced_files` gives them.

    Raises:
        ScanError: it cannot be read.
    """
    limits = Limits.from_environment()
    places: list[str]
    [places] = readers().ask(limits, dicomdir.referenced_files, data, limits)
    return places


def _glanced(look: Callable[..., bool], *arguments: object) -> bool:
    limits = Limits.from_environment()
    short = replace(limits, seconds=min(_GLANCE_SECONDS, limits.seconds))
    try:
        [seen] = readers().ask(short, look, *arguments)
        return bool(seen)
    # What cannot be looked at is told in words when it is read.
    except ScanError:
        return False
