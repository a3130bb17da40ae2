"""A picture as it was decoded, of whatever format, and what its file may tell beside it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fetal.scans.box import Box


@dataclass(frozen=True, slots=True)
class Header:
    """What the allow-list takes from a file; three identifiers are raw and must not be kept.

    Args:
        patient: the PatientID as written, for a pseudonym to be made of, or None; a placeholder
            such as ANONYMOUS is none.
        study: the StudyInstanceUID, else the accession number, for a pseudonym, or None.
        day: the day of the examination, for an offset to be made of, or None.
        machine: the machine in known words, or None.
        facts: maker, probe, frequency_mhz and spacing_mm (down, across), where the file has them.
        placeholder: true where a placeholder stands for the patient.
    """

    patient: str | None = None
    study: str | None = None
    day: date | None = None
    machine: str | None = None
    facts: Mapping[str, Any] = field(default_factory=dict)
    placeholder: bool = False


@dataclass(frozen=True, slots=True)
class DecodedPicture:
    """A frame and what may be kept of its tags.

    Args:
        pixels: uint8 (H, W) or (H, W, 3).
        header: what the allow-list takes from the tags; a picture that is no DICOM has none.
        regions: the boxes that the file says hold pictures of tissue; none where it does not say.
    """

    pixels: NDArray[np.uint8]
    header: Header
    regions: tuple[Box, ...] = ()
