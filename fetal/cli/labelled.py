"""Labelled images from a table and a folder, for training and measuring without a workspace."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from fetal.cli import options
from fetal.planes import Plane, UnknownPlaneError, parse_plane
from fetal.scans import Scan, ScanError, read_scan
from fetal.workbench.picture_index import AmbiguousImageError, PictureIndex
from fetal.workbench.tables_of_labels import LabelRow, read_label_table

UNKNOWN = "unknown"
"""The patient of all images that name none: no split may run through them."""


@dataclass(frozen=True)
class LabelledImage:
    """One image with its label.

    Attributes:
        path: where it is.
        plane: what it shows.
        patient: whom, as the table or the file says.
        test: whether the table keeps it out of training (`Train` = 0).
    """

    path: Path
    plane: Plane
    patient: str
    test: bool

    def read(self) -> Scan:
        """Read it as a scan.

        Raises:
            ScanError: it is none.
        """
        return read_scan(self.path.read_bytes(), self.path.name)


def labelled_images(table: Path, folder: Path) -> list[LabelledImage]:
    """Match a table's lines with a folder's images.

    Lines that cannot be used are complained about in one line each; images that are not there are
    counted.

    Args:
        table: the CSV, as `read_label_table` takes it.
        folder: the images.

    Returns:
        The labelled images that are there.

    Raises:
        LabelTableError: the table cannot be read.
    """
    index = PictureIndex(folder)
    found: list[LabelledImage] = []
    missing = 0
    for row in read_label_table(table.read_bytes()):
        try:
            picture = index.find(row.image)
            if picture is None:
                missing += 1
            elif isinstance(picture, Path):
                patient = row.patient or _patient_of(picture)
                found.append(LabelledImage(picture, _plane_of(row), patient, row.test))
        except (AmbiguousImageError, UnknownPlaneError) as error:
            options.complain(f"Line {row.line}: {error}")
    if missing:
        lines = options.count_of(missing, "line names an image", "lines name images")
        options.complain(f"{lines} that the folder does not hold.")
    return found


def readable(images: list[LabelledImage]) -> Iterator[tuple[LabelledImage, Scan]]:
    """Read images one by one; one that is no scan gets one line, and the others go on."""
    for image in images:
        try:
            yield image, image.read()
        except ScanError as error:
            options.complain(f"{image.path}: {error}")


def _plane_of(row: LabelRow) -> Plane:
    return parse_plane(row.plane)


def _patient_of(picture: Path) -> str:
    start = picture.stem.partition("_")[0]
    return start if start.startswith("Patient") else UNKNOWN
