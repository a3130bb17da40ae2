"""What a file is, told without looking at its pixels."""

from dataclasses import dataclass
from enum import Enum

from fetal.scans.archives.zip_archive import is_archive
from fetal.scans.cine import count_frames
from fetal.scans.decode import names_patient


class FileKind(Enum):
    """What a file holds."""

    STILL = "still"
    """One frame, as far as can be told before it is read."""
    FILM = "film"
    ARCHIVE = "archive"


@dataclass(frozen=True, slots=True)
class Inspection:
    """What is known of a file before it is read.

    Attributes:
        kind: what it holds.
        frames: how many frames a film has; 1 for a still, 0 for an archive.
        names_patient: whether the file says itself which patient it shows.
    """

    kind: FileKind
    frames: int
    names_patient: bool


def inspect_file(data: bytes, name: str) -> Inspection:
    """Look at a file's header.

    Args:
        data: its content.
        name: its name, looked at only for a patient at its start.

    Returns:
        What it is. A damaged file counts as a still: reading it tells what is wrong with it.

    Example:
        >>> inspect_file(b"", "Patient00042_1.png").names_patient
        True
    """
    if is_archive(data):
        return Inspection(FileKind.ARCHIVE, 0, names_patient=False)
    frames = count_frames(data)
    kind = FileKind.FILM if frames > 1 else FileKind.STILL
    return Inspection(kind, max(1, frames), names_patient(data, name))
