"""Values out of DICOM tags, where a tag may hold anything at all.

A damaged tag counts as one that was not written.
"""

import math
from typing import Any

from pydicom import Dataset


def number(dataset: Dataset, keyword: str) -> float | None:
    """Read a number; of several, the first.

    Args:
        dataset: the file's, or one item of a sequence.
        keyword: the tag's DICOM keyword.

    Returns:
        A finite number. None where the tag is not there, is empty, or holds no number, such as
        `NaN`, `inf`, `127,5` or bytes of zero.

    Example:
        >>> damaged = Dataset()
        >>> damaged.Rows, damaged.RescaleSlope = 480, "nan"
        >>> number(damaged, "Rows"), number(damaged, "RescaleSlope")
        (480.0, None)
    """
    # pydicom turns the bytes of a tag into a value when it is asked for, and may raise anything.
    try:
        value = float(_first(dataset.get(keyword)))
    except Exception:
        return None
    return value if math.isfinite(value) else None


def whole(dataset: Dataset, keyword: str) -> int | None:
    """Read a whole number, as `number` does.

    Args:
        dataset: the file's, or one item of a sequence.
        keyword: the tag's DICOM keyword.

    Returns:
        The number, or None where there is none or it has a fraction.
    """
    value = number(dataset, keyword)
    return None if value is None or value != int(value) else int(value)


def word(dataset: Dataset, keyword: str) -> str:
    """Read a term such as a photometric interpretation; of several, the first.

    Args:
        dataset: the file's, or one item of a sequence.
        keyword: the tag's DICOM keyword.

    Returns:
        The term in capitals; empty where there is none that can be read.
    """
    try:
        return str(_first(dataset.get(keyword)) or "").strip(" \0").upper()
    except Exception:
        return ""


def items(dataset: Dataset, keyword: str) -> list[Dataset]:
    """Read a sequence.

    Args:
        dataset: the file's, or one item of a sequence.
        keyword: the sequence's DICOM keyword.

    Returns:
        Its items; none where there is no sequence that can be read.
    """
    try:
        return [item for item in dataset.get(keyword) or [] if isinstance(item, Dataset)]
    except Exception:
        return []


def _first(written: Any) -> Any:
    several = not isinstance(written, (str, bytes)) and hasattr(written, "__getitem__")
    return written[0] if several else written
