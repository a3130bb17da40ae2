"""The bits of a sample that hold the picture, where a file stores more bits than these.

Of each sample only the bits from `HighBit` down are the picture's, as many as `BitsStored` says
(PS3.5, 8.1.1). Old files keep an overlay, such as the patient's name, in the bits above or below.
"""

from typing import Any

import numpy as np
import pydicom
from numpy.typing import NDArray

from fetal.scans.dicom.values import whole

AS_DECODED: dict[str, Any] = {"raw": True, "correct_unused_bits": False}
"""Options for pydicom's decoders: give all bits, and colours without conversion."""


def stored_bits(samples: NDArray[Any], dataset: pydicom.Dataset) -> NDArray[Any]:
    """Take away the bits that are not the picture's.

    `BitsStored` and `HighBit` are believed as far as the samples bear it out. Where the bits above
    carry on the numbers below, so that without them the picture would jump from white to black
    and back, they are part of the picture, and `BitsStored` is wrong.

    Args:
        samples: integers, (H, W) or (H, W, 3), as the decoder returned them.
        dataset: the file's.

    Returns:
        The samples, of the same shape and type.
    """
    width = 8 * samples.dtype.itemsize
    stored = whole(dataset, "BitsStored") or width
    if not 1 <= stored < width or samples.dtype.kind not in "iu" or samples.shape[1] < 2:
        return samples
    plain = samples.view(f"u{samples.dtype.itemsize}")
    if not _reaches_above(samples, plain, stored):
        return samples
    high = whole(dataset, "HighBit")
    shift = 0 if high is None or not stored <= high < width else high + 1 - stored
    if shift == 0 and _carries_on(plain, stored):
        return samples
    kept = (plain >> shift) & plain.dtype.type(2**stored - 1)
    if samples.dtype.kind == "u":
        return np.asarray(kept)
    # The highest bit of a signed sample is its sign.
    beyond = width - stored
    return np.asarray((kept << beyond).view(samples.dtype) >> beyond)


def in_byte_order(samples: NDArray[Any], dataset: pydicom.Dataset) -> NDArray[Any]:
    """Give samples this machine's byte order, also where their file names the wrong one.

    Args:
        samples: integers, as they stand in the file.
        dataset: the file's.

    Returns:
        The samples in this machine's own byte order; swapped only where as they stand they need
        more bits than `BitsStored`, and swapped they do not.
    """
    samples = samples.astype(samples.dtype.newbyteorder("="), copy=False)
    stored = whole(dataset, "BitsStored") or 16
    if samples.dtype.itemsize != 2 or samples.dtype.kind != "u" or stored >= 16:
        return samples
    turned = samples.byteswap()
    wrong = (samples >> stored).any() and not (turned >> stored).any()
    return np.asarray(turned) if wrong else samples


def _reaches_above(samples: NDArray[Any], plain: NDArray[Any], stored: int) -> bool:
    if samples.dtype.kind == "u":
        return bool(plain.max() >> stored)
    return bool(samples.max() >= 2 ** (stored - 1) or samples.min() < -(2 ** (stored - 1)))


def _carries_on(plain: NDArray[Any], stored: int) -> bool:
    """Whether neighbours that differ in the bits above are nearer to each other with them."""
    values = plain.astype(np.int64)
    below = values & (2**stored - 1)
    differ = np.diff(values >> stored, axis=1) != 0
    with_above = np.abs(np.diff(values, axis=1))[differ]
    without = np.abs(np.diff(below, axis=1))[differ]
    return bool(2 * np.count_nonzero(with_above < without) > with_above.size)
