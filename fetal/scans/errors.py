"""What can be wrong with a file, each as one sentence that a sonographer can act on."""

from collections.abc import Callable


class ScanError(ValueError):
    """A file that cannot become a scan; `str(error)` is the one sentence to show.

    The sentence never repeats the file's name or anything read from it that could tell a patient,
    so it is safe in a log.
    """

    def __reduce__(self) -> "tuple[Callable[..., ScanError], tuple[type[ScanError], str]]":
        # Pickled as usual, it would be made anew from its sentence, which most kinds do not take:
        # in a process pool that ends the thread which takes the answers, and the caller waits on.
        return _again, (type(self), str(self))


class EmptyFileError(ScanError):
    """The file holds no bytes."""

    def __init__(self) -> None:
        super().__init__(
            "Expected a picture, received an empty file (0 bytes): please export the scan again."
        )


class NotAnImageError(ScanError):
    """The content is no picture, whatever the name says."""

    def __init__(self) -> None:
        super().__init__(
            "Expected a PNG, JPEG, TIFF, BMP, WebP or DICOM picture, received a file whose content "
            "is no picture: please export the scan again in one of these formats."
        )


class UnsupportedFormatError(ScanError):
    """A picture, film or document of a kind that is not read.

    Args:
        kind: what the file is, such as `a PDF document`.
        remedy: what to do about it, as the end of a sentence.
    """

    def __init__(
        self, kind: str, remedy: str = "please export the scan as PNG or uncompressed DICOM"
    ) -> None:
        super().__init__(
            f"Expected a PNG, JPEG, TIFF, BMP, WebP or DICOM picture, received {kind}: {remedy}."
        )


class TruncatedError(ScanError):
    """The file starts as a picture but cannot be read to its end.

    Args:
        kind: the format it claims to be, such as `JPEG`.
    """

    def __init__(self, kind: str) -> None:
        super().__init__(
            f"Expected a complete {kind} file, received one that is cut short or damaged: please "
            "copy or export the scan again."
        )


class TooLargeError(ScanError):
    """More bytes or pixels than the limits allow.

    Args:
        received: what came, such as `30,000 x 30,000 pixels`.
        limit: what is allowed, in the same unit.
    """

    def __init__(self, received: str, limit: str) -> None:
        super().__init__(
            f"Expected at most {limit}, received {received}: please export the single frame at its "
            "screen size."
        )


class TooSmallError(ScanError):
    """Too few pixels to show any anatomy.

    Args:
        width: pixels received across.
        height: pixels received down.
        shortest: pixels that the shorter side needs.
    """

    def __init__(self, width: int, height: int, shortest: int) -> None:
        super().__init__(
            f"Expected at least {shortest} pixels on each side, received {width} x {height}: "
            "please upload the full scan instead of a thumbnail."
        )


class AnimatedError(ScanError):
    """More than one frame or page in the file.

    Args:
        kind: what came, such as `an animated GIF`.
        frames: how many frames it holds, when that is known.
    """

    def __init__(self, kind: str, frames: int | None = None) -> None:
        count = f" of {frames:,} frames" if frames else ""
        super().__init__(
            f"Expected one still frame, received {kind}{count}: please export the frame that shows "
            "the plane."
        )


class ColourDopplerError(ScanError):
    """A colour Doppler frame, which the model has never learnt to read."""

    def __init__(self) -> None:
        super().__init__(
            "Expected a greyscale B-mode scan, received one with colour Doppler: please upload a "
            "frame of the same plane with the colour switched off."
        )


class BlankScanError(ScanError):
    """A picture that is one flat grey throughout."""

    def __init__(self) -> None:
        super().__init__(
            "Expected an ultrasound scan, received a picture of one flat grey with nothing on it: "
            "please check the export and upload the scan again."
        )


class TooSlowError(ScanError):
    """Reading the file was ended, since it took too long.

    Args:
        seconds: how long it may take.
    """

    def __init__(self, seconds: int) -> None:
        super().__init__(
            f"Expected a picture that can be read within {seconds:,} seconds, received one that "
            "takes longer, so reading it was stopped: please export the scan again, as a single "
            "frame."
        )


class TooMuchMemoryError(ScanError):
    """Reading the file was ended, since it took too much memory.

    Args:
        megabytes: how much it may take.
    """

    def __init__(self, megabytes: int) -> None:
        super().__init__(
            f"Expected a picture that can be read in {megabytes:,} MB of memory, received one that "
            "needs more, so reading it was stopped: please export the single frame at its screen "
            "size."
        )


class UnreadableError(ScanError):
    """The file broke the program that decodes it."""

    def __init__(self) -> None:
        super().__init__(
            "Expected a complete picture, received one that no decoder can read: please copy or "
            "export the scan again."
        )


def _again(kind: type[ScanError], sentence: str) -> ScanError:
    error = kind.__new__(kind)
    error.args = (sentence,)
    return error
