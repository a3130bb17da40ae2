"""How large a file may be before it is refused unread, and what reading it may take."""

import os
from dataclasses import dataclass
from pathlib import Path

from fetal.configuration import declared
from fetal.scans.errors import EmptyFileError, TooLargeError, TooSmallError

_MILLION = 1_000_000


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds on a file: those on its size hold before anything is decoded.

    Args:
        megabytes: largest file, in units of 1,000,000 bytes.
        pixels: largest width x height. Screens of ultrasound machines hold 1 to 4 million.
        shortest_side: fewest pixels across or down.
        frames: most frames of a film; a minute of ultrasound has up to 2,000.
        film_megabytes: largest film, and the most that a packed DICOM file may unpack to, in
            units of 1,000,000 bytes.
        seconds: how long reading it may take, where a process of its own reads it.
        memory_megabytes: how much memory that process may ask for, in units of 1,000,000 bytes.
    """

    megabytes: int = declared.FILE_MEGABYTES.default
    pixels: int = declared.FILE_MEGAPIXELS.default * _MILLION
    shortest_side: int = 64
    frames: int = declared.FILM_FRAMES.default
    film_megabytes: int = declared.FILM_MEGABYTES.default
    seconds: int = declared.READING_SECONDS.default
    memory_megabytes: int = declared.READING_MEGABYTES.default

    @classmethod
    def from_environment(cls) -> "Limits":
        """Return the bounds that the administrator set.

        Raises:
            SettingError: one of the settings is no such number.
        """
        return cls(
            megabytes=declared.FILE_MEGABYTES.value(),
            pixels=declared.FILE_MEGAPIXELS.value() * _MILLION,
            frames=declared.FILM_FRAMES.value(),
            film_megabytes=declared.FILM_MEGABYTES.value(),
            seconds=declared.READING_SECONDS.value(),
            memory_megabytes=declared.READING_MEGABYTES.value(),
        )

    def check_file(self, count: int) -> None:
        """Refuse a file by its length before a byte of it is read: it may hold a scan or a film.

        Args:
            count: its bytes.

        Raises:
            EmptyFileError: there are none.
            TooLargeError: there are too many even for a film.
        """
        if count == 0:
            raise EmptyFileError
        most = max(self.megabytes, self.film_megabytes)
        if count > most * _MILLION:
            raise TooLargeError(f"{count / _MILLION:,.0f} MB", f"{most:,} MB")

    def check_bytes(self, count: int) -> None:
        """Refuse a file by its length.

        Args:
            count: its bytes.

        Raises:
            EmptyFileError: there are none.
            TooLargeError: there are too many.
        """
        if count == 0:
            raise EmptyFileError
        if count > self.megabytes * 1_000_000:
            raise TooLargeError(f"{count / 1_000_000:,.0f} MB", f"{self.megabytes:,} MB")

    def check_frames(self, count: int) -> None:
        """Refuse a film by the number of frames that its header declares.

        Args:
            count: its frames.

        Raises:
            TooLargeError: there are too many.
        """
        if count > self.frames:
            raise TooLargeError(f"{count:,} frames", f"{self.frames:,} frames")

    def check_unpacked(self, count: int) -> None:
        """Refuse a film, or what a file unpacks to, by its length.

        Args:
            count: its bytes.

        Raises:
            TooLargeError: there are too many.
        """
        if count > self.film_megabytes * 1_000_000:
            raise TooLargeError(f"{count / 1_000_000:,.0f} MB", f"{self.film_megabytes:,} MB")

    def check_size(self, width: int, height: int) -> None:
        """Refuse a picture by the size that its header declares.

        Args:
            width: pixels across.
            height: pixels down.

        Raises:
            TooLargeError: decoding would take too much memory.
            TooSmallError: there is too little to see.
        """
        if width * height > self.pixels:
            raise self.too_many_pixels(f"{width:,} x {height:,} pixels")
        if min(width, height) < self.shortest_side:
            raise TooSmallError(width, height, self.shortest_side)

    def too_many_pixels(self, received: str = "hundreds of millions") -> TooLargeError:
        """The refusal of a picture with too many pixels.

        Args:
            received: how many there are.
        """
        return TooLargeError(received, f"{self.pixels / 1_000_000:,.0f} million pixels")


def read_within(path: Path, limits: Limits | None = None) -> bytes:
    """Read a file of a disk, unless it is larger than a scan or a film may be.

    Args:
        path: where it lies.
        limits: how large it may be; if None, what the environment sets.

    Returns:
        Its content.

    Raises:
        EmptyFileError: it holds nothing.
        TooLargeError: it is too large; nothing of it was read.
        OSError: it cannot be read.
    """
    with path.open("rb") as file:
        length = os.fstat(file.fileno()).st_size
        (limits or Limits.from_environment()).check_file(length)
        # A file that grows meanwhile is read as far as it was checked.
        return file.read(length)
