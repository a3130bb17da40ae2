"""The allow-list: all that is taken from the tags of a file. Nothing else of them is looked at.

It follows the Basic Application Level Confidentiality Profile of DICOM (PS3.15, Annex E) with the
option Retain Longitudinal Temporal Information With Modified Dates, and is stricter: the profile
lists what goes, and this lists what stays. Pictures that are no DICOM (PNG, JPEG, TIFF, WebP, BMP,
GIF) keep no tag at all.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any, TypeVar

from pydicom import Dataset

from fetal.scans.decoded_picture import Header
from fetal.scans.deidentification.machines import machine_named, maker_named
from fetal.scans.deidentification.placeholders import is_placeholder
from fetal.scans.dicom.regions import fitting_regions
from fetal.scans.dicom.values import items, number, whole
from fetal.scans.pydicom_logging import keep_pydicom_quiet

keep_pydicom_quiet()

_PROBES = (
    "SECTOR_PHASED",
    "SECTOR_MECH",
    "SECTOR_ANNULAR",
    "LINEAR",
    "CURVED LINEAR",
    "SINGLE CRYSTAL",
    "SPLIT XTAL CWD",
    "IV_PHASED",
    "IV_ROT XTAL",
    "IV_ROT MIRROR",
    "ENDOCAV_PA",
    "ENDOCAV_MECH",
    "ENDOCAV_CLA",
    "ENDOCAV_AA",
    "ENDOCAV_LINEAR",
    "VECTOR_PHASED",
)
"""The defined terms of Transducer Type (PS3.3, C.8.5.6); a text that is none of them is dropped."""

Value = TypeVar("Value")

_CENTIMETRES = 3


class Action(StrEnum):
    """What happens to a tag of the allow-list."""

    PSEUDONYM = "pseudonym"
    OFFSET = "offset"
    WORDS = "known words"
    NUMBER = "number"


@dataclass(frozen=True, slots=True)
class AllowedAttribute:
    """One line of the allow-list.

    Args:
        keyword: the tag's DICOM keyword.
        fate: what happens to it.
        kept_as: the column of the scan, or the name within its facts, under which it is kept.
        profile: the basic profile's action (PS3.15, Table E.1-1): `Z` empty or dummy, `U` another
            UID; `-` for a tag that the profile does not name, and so leaves.
    """

    keyword: str
    fate: Action
    kept_as: str
    profile: str


ALLOWED = (
    AllowedAttribute("PatientID", Action.PSEUDONYM, "patient_id", "Z"),
    AllowedAttribute("StudyInstanceUID", Action.PSEUDONYM, "study", "U"),
    AllowedAttribute("AccessionNumber", Action.PSEUDONYM, "study", "Z"),
    AllowedAttribute("StudyDate", Action.OFFSET, "day", "Z"),
    AllowedAttribute("ManufacturerModelName", Action.WORDS, "machine", "-"),
    AllowedAttribute("Manufacturer", Action.WORDS, "maker", "-"),
    AllowedAttribute("TransducerType", Action.WORDS, "probe", "-"),
    AllowedAttribute("TransducerFrequency", Action.NUMBER, "frequency_mhz", "-"),
    AllowedAttribute("PixelSpacing", Action.NUMBER, "spacing_mm", "-"),
    AllowedAttribute("SequenceOfUltrasoundRegions", Action.NUMBER, "spacing_mm", "-"),
)
"""Every tag that leaves a trace. How the pixels are to be decoded is read too, and not kept."""


def header_of(dataset: Dataset) -> Header:
    """Take from a DICOM file what the allow-list names.

    A value that cannot be read counts as absent: a picture is not refused for a damaged tag.

    Args:
        dataset: the file.

    Returns:
        What may be taken.
    """
    facts = {name: _tried(read, dataset) for name, read in _FACTS.items()}
    written = _text(dataset, "PatientID") or ""
    return Header(
        patient=_identifier(dataset, "PatientID"),
        study=_identifier(dataset, "StudyInstanceUID") or _identifier(dataset, "AccessionNumber"),
        day=_tried(_day, dataset),
        machine=machine_named(_text(dataset, "ManufacturerModelName")),
        facts={name: value for name, value in facts.items() if value is not None},
        placeholder=bool(written) and is_placeholder(written),
    )


def _maker(dataset: Dataset) -> str | None:
    return maker_named(_text(dataset, "Manufacturer"))


def _probe(dataset: Dataset) -> str | None:
    written = _text(dataset, "TransducerType")
    return written if written in _PROBES else None


def _frequency(dataset: Dataset) -> float | None:
    # The standard counts kilohertz, in each region.
    for region in items(dataset, "SequenceOfUltrasoundRegions"):
        megahertz = (number(region, "TransducerFrequency") or 0) / 1000
        if 0.5 <= megahertz <= 60:
            return round(megahertz, 2)
    return None


def _spacing(dataset: Dataset) -> list[float] | None:
    written = _tried(lambda file: [float(value) for value in file.PixelSpacing], dataset)
    if written is not None:
        return _plausible(written)
    for region in fitting_regions(dataset):
        units = (whole(region, "PhysicalUnitsXDirection"), whole(region, "PhysicalUnitsYDirection"))
        down, across = number(region, "PhysicalDeltaY"), number(region, "PhysicalDeltaX")
        if units == (_CENTIMETRES,) * 2 and down is not None and across is not None:
            return _plausible([abs(down) * 10, abs(across) * 10])
    return None


def _plausible(millimetres: list[float]) -> list[float] | None:
    usual = len(millimetres) == 2 and all(0.001 <= value <= 10 for value in millimetres)
    return [round(value, 5) for value in millimetres] if usual else None


def _day(dataset: Dataset) -> date | None:
    written = _text(dataset, "StudyDate")
    return date.fromisoformat(written.replace(".", "-")) if written else None


_FACTS: Mapping[str, Callable[[Dataset], Any]] = {
    "maker": _maker,
    "probe": _probe,
    "frequency_mhz": _frequency,
    "spacing_mm": _spacing,
}


def _tried(read: Callable[[Dataset], Value | None], dataset: Dataset) -> Value | None:
    try:
        return read(dataset)
    # Any tag may hold anything at all in a damaged file.
    except Exception:
        return None


def _identifier(dataset: Dataset, keyword: str) -> str | None:
    written = _text(dataset, keyword)
    return None if written is None or is_placeholder(written) else written


def _text(dataset: Dataset, keyword: str) -> str | None:
    written = str(_tried(lambda file: file.get(keyword), dataset) or "").strip()
    return written or None
