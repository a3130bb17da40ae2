"""Labelled images from a table and a folder, for training and measuring without a workspace."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from fetal.cli import options
from fetal.evaluation.ahead import ahead
from fetal.planes import Plane, UnknownPlaneError, parse_plane
from fetal.scans import Scan, ScanError, read_grey, read_scan
from fetal.workbench.picture_index import AmbiguousImageError, PictureIndex
from fetal.workbench.tables_of_labels import LabelRow, read_label_table

UNKNOWN = "unknown"
"""The patient of all images that name none: no split may run through them."""

MISSING = "the folder does not hold the image"
UNUSABLE = "the line’s plane or image is not clear"
UNREADABLE = "the image cannot be read as a scan"


@dataclass(frozen=True)
class LabelledImage:
    """One image with its label.

    Attributes:
        path: where it is.
        plane: what it shows.
        patient: whom, as the table or the file says.
        test: whether the table keeps it out of training (`Train` = 0).
        machine: the ultrasound machine, where the table tells it.
    """

    path: Path
    plane: Plane
    patient: str
    test: bool
    machine: str | None = None

    def read(self) -> Scan:
        """Read it as a scan.

        Raises:
            ScanError: it is none.
        """
        return read_scan(self.path.read_bytes(), self.path.name)

    def grey(self) -> NDArray[np.uint8]:
        """Read its grey levels, uint8 (H, W), with all that its machine wrote around the scan.

        Raises:
            ScanError: it is no picture.
        """
        return read_grey(self.path.read_bytes())


def labelled_images(
    table: Path, folder: Path, *, only_test: bool = False, left_out: Counter[str] | None = None
) -> list[LabelledImage]:
    """Match a table's lines with a folder's images.

    Lines that cannot be used are complained about in one line each; images that are not there are
    counted.

    Args:
        table: the CSV, as `read_label_table` takes it.
        folder: the images.
        only_test: only lines that the table keeps out of training (`Train` = 0).
        left_out: is told how many lines were left out, by reason.

    Returns:
        The labelled images that are there.

    Raises:
        LabelTableError: the table cannot be read.
    """
    left_out = Counter() if left_out is None else left_out
    index = PictureIndex(folder)
    found: list[LabelledImage] = []
    for row in read_label_table(table.read_bytes()):
        if only_test and not row.test:
            continue
        try:
            picture = index.find(row.image)
            if picture is None:
                left_out[MISSING] += 1
            elif picture.path is not None:
                found.append(_labelled(picture.path, row))
        except (AmbiguousImageError, UnknownPlaneError) as error:
            left_out[UNUSABLE] += 1
            options.complain(f"Line {row.line}: {error}")
    if missing := left_out[MISSING]:
        lines = options.count_of(missing, "line names an image", "lines name images")
        options.complain(f"{lines} that the folder does not hold.")
    return found


def readable(
    images: list[LabelledImage], left_out: Counter[str] | None = None
) -> Iterator[tuple[LabelledImage, Scan]]:
    """Read images in their order, on every core; one that is no scan gets one line.

    Args:
        images: the images.
        left_out: is told how many could not be read.

    Yields:
        Each image that is a scan, with the scan.
    """
    left_out = Counter() if left_out is None else left_out
    for image, read in zip(images, ahead(_attempt, images), strict=True):
        if isinstance(read, ScanError):
            left_out[UNREADABLE] += 1
            options.complain(f"{image.path}: {read}")
        else:
            yield image, read


def _attempt(image: LabelledImage) -> Scan | ScanError:
    try:
        return image.read()
    except ScanError as error:
        return error


def _labelled(picture: Path, row: LabelRow) -> LabelledImage:
    patient = row.patient or _patient_of(picture)
    return LabelledImage(picture, parse_plane(row.plane), patient, row.test, row.machine)


def _patient_of(picture: Path) -> str:
    start = picture.stem.partition("_")[0]
    return start if start.startswith("Patient") else UNKNOWN
