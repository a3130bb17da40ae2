"""How large a file may be before it is refused unread."""

from dataclasses import dataclass

from fetal.scans.errors import EmptyFileError, TooLargeError, TooSmallError


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds that hold before anything is decoded.

    Args:
        megabytes: largest file, in units of 1,000,000 bytes.
        pixels: largest width x height. Screens of ultrasound machines hold 1 to 4 million.
        shortest_side: fewest pixels across or down.
        frames: most frames of a film; a minute of ultrasound has up to 2,000.
        film_megabytes: largest film, and the most that a packed DICOM file may unpack to, in
            units of 1,000,000 bytes.
    """

    megabytes: int = 100
    pixels: int = 40_000_000
    shortest_side: int = 64
    frames: int = 2_000
    film_megabytes: int = 500

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
