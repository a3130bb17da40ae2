"""Images of which somebody says what they show, read on every core."""

from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Protocol, TypeVar

from fetal.cli.terminal import options
from fetal.planes import Plane
from fetal.prefetch import ahead
from fetal.scans import Scan, ScanError
from fetal.scans.deidentification.file_names import readable_name

UNREADABLE = "the image cannot be read as a scan"
CONTRADICTED = "the same picture has different planes"
NO_PLANE = "no plane"


class Readable(Protocol):
    """An image of which somebody says what it shows."""

    @property
    def path(self) -> Path:
        """Where it is."""

    @property
    def plane(self) -> Plane | None:
        """What it shows; None for no fetal plane at all."""

    def read(self) -> Scan:
        """Read it as a scan; raises a `ScanError` where it is none."""


class Learnable(Readable, Protocol):
    """An image that a model may be trained on."""

    @property
    def patient(self) -> str:
        """Whom it shows."""

    @property
    def test(self) -> bool:
        """Whether it is kept out of training."""

    @property
    def source(self) -> str:
        """The data set or hospital; empty where nobody tells."""

    @property
    def machine(self) -> str | None:
        """The ultrasound machine, or None where nobody tells."""

    @property
    def look(self) -> str | None:
        """Its near-duplicate hash, where it is known without reading it."""


AnyImage = TypeVar("AnyImage", bound=Readable)


class SamePictures:
    """Finds images with the same pixels whose planes contradict each other.

    Attributes:
        contradicted: the digests of these scans; nobody knows which plane is right.
    """

    def __init__(self) -> None:
        self.contradicted: set[str] = set()
        self._first: dict[str, Readable] = {}

    def add(self, image: Readable, scan: Scan) -> None:
        """Remember an image, and complain where another one contradicts it.

        Args:
            image: the image with its plane.
            scan: what was read of it.
        """
        first = self._first.setdefault(scan.digest, image)
        if first.plane is not image.plane:
            self.contradicted.add(scan.digest)
            options.complain(
                f"{readable_name(first.path)} ({first.plane or NO_PLANE}) and "
                f"{readable_name(image.path)} ({image.plane or NO_PLANE}) are the same picture: "
                "both were left out."
            )


def readable(
    images: Sequence[AnyImage],
    left_out: Counter[str] | None = None,
    same: SamePictures | None = None,
) -> Iterator[tuple[AnyImage, Scan]]:
    """Read images in their order, on every core; one that is no scan gets one line.

    Args:
        images: the images.
        left_out: is told how many could not be read.
        same: is told of each image that is a scan.

    Yields:
        Each image that is a scan, with the scan.
    """
    left_out = Counter() if left_out is None else left_out
    for image, read in zip(images, ahead(_attempt, images), strict=True):
        if isinstance(read, Scan):
            if same is not None:
                same.add(image, read)
            yield image, read
        else:
            left_out[UNREADABLE] += 1
            options.complain(f"{readable_name(image.path)}: {read}")


def _attempt(image: Readable) -> Scan | ScanError | OSError:
    try:
        return image.read()
    except (ScanError, OSError) as error:
        return error
