"""Labelled images from a table and a folder, for training and measuring without a workspace."""

from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from fetal.cli.readable_images import UNREADABLE
from fetal.cli.terminal import options
from fetal.planes import Plane
from fetal.scans import Scan, read_grey, read_scan
from fetal.scans.limits import read_within
from fetal.store import tables
from fetal.workbench.imports.image_index import PictureIndex
from fetal.workbench.imports.matching import match
from fetal.workbench.label_tables.columns import parse_columns
from fetal.workbench.label_tables.label_table import LabelRow, open_label_table, read_table_file
from fetal.workbench.label_tables.table_notes import table_notes

UNKNOWN = "unknown"
"""The patient of all images that name none: no split may run through them."""

MISSING = "the folder does not hold the image"
UNUSABLE = "the line’s plane or image is not clear"
UNLABELLED = "the line gives no plane, or calls the image unusable"
SIMULATED = "it is one of the program’s simulated samples"


@dataclass(frozen=True)
class LabelledImage:
    """One image with its label.

    Attributes:
        path: where it is.
        plane: what it shows.
        patient: whom, as the table or the file says.
        test: whether the table keeps it out of training (`Train` = 0).
        machine: the ultrasound machine, where the table tells it.
        source: the data set or hospital; a table tells none.
        look: the near-duplicate hash, where it is known without reading the image.
    """

    path: Path
    plane: Plane
    patient: str
    test: bool
    machine: str | None = None
    source: str = ""
    look: str | None = None

    def read(self) -> Scan:
        """Read it as a scan.

        Raises:
            ScanError: it is none.
        """
        return read_scan(read_within(self.path), self.path.name)

    def grey(self) -> NDArray[np.uint8]:
        """Read its grey levels, uint8 (H, W), with all that its machine wrote around the scan.

        Raises:
            ScanError: it is no picture.
        """
        return read_grey(read_within(self.path))


def labelled_images(
    table: Path,
    folder: Path,
    *,
    columns: str | None = None,
    only_test: bool = False,
    left_out: Counter[str] | None = None,
) -> list[LabelledImage]:
    """Match a table's lines with a folder's images.

    Lines that cannot be used, and those that contradict each other, are complained about in one
    line each; images that are not there, and lines without a plane, are counted.

    Args:
        table: the CSV, as `read_label_table` takes it.
        folder: the images.
        columns: which column holds what, such as `image=FILE,plane=LABEL`; what is not said is
            guessed.
        only_test: only lines that the table keeps out of training (`Train` = 0).
        left_out: is told how many lines were left out, by reason.

    Returns:
        The labelled images that are there.

    Raises:
        LabelTableError: the table cannot be read.
        ColumnsError: the columns are not written so, or are not there.
    """
    left_out = Counter() if left_out is None else left_out
    opened = open_label_table(read_table_file(table))
    mapped = opened.mapped(parse_columns(columns, opened.names) if columns else None)
    for note in table_notes(opened, mapped):
        options.complain(note)
    if only_test and mapped.train is None:
        options.complain("No column of the table says which images are kept to test.")
    matches = match(opened.rows(mapped), PictureIndex(folder))
    refused = [one for one in matches.refused if one.row.test or not only_test]
    left_out[UNUSABLE] += len(refused)
    for sentence in dict.fromkeys(one.sentence for one in refused):
        options.complain(sentence)
    found: list[LabelledImage] = []
    for one in matches.found:
        if only_test and not one.row.test:
            continue
        if one.label is None or one.label == tables.UNUSABLE:
            left_out[UNLABELLED] += 1
        elif one.row.exported is not None and one.row.exported.sample:
            left_out[SIMULATED] += 1
        elif one.piece is None:
            left_out[MISSING] += 1
        elif one.piece.path is None:
            left_out[UNREADABLE] += 1
            options.complain(f"{one.piece.label} lies in an archive: unpack it first.")
        else:
            found.append(_labelled(one.piece.path, Plane(one.label), one.row))
    _tell(left_out)
    return found


def _tell(left_out: Counter[str]) -> None:
    if missing := left_out[MISSING]:
        lines = options.count_of(missing, "line names an image", "lines name images")
        options.complain(f"{lines} that the folder does not hold.")
    if unlabelled := left_out[UNLABELLED]:
        lines = options.count_of(unlabelled, "line gives", "lines give")
        options.complain(f"{lines} no plane, or an unusable image, and were left out.")
    if simulated := left_out[SIMULATED]:
        lines = options.count_of(simulated, "line names", "lines name")
        options.complain(f"{lines} the program’s simulated samples, and were left out.")


def _labelled(picture: Path, plane: Plane, row: LabelRow) -> LabelledImage:
    patient = row.patient or _patient_of(picture)
    return LabelledImage(picture, plane, patient, row.test, row.machine)


def _patient_of(picture: Path) -> str:
    start = picture.stem.partition("_")[0]
    return start if start.startswith("Patient") else UNKNOWN
