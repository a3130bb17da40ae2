"""The kinds of image that a person can hand to a model."""

import io
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import PIL.Image

from fetal.scans import Scan, encode_png, read_scan

Image = Scan | Path | str | bytes | PIL.Image.Image | npt.NDArray[Any]
"""A scan as read, a file's path or content, a Pillow image, or an array of grey or RGB levels."""

_LOSSLESS_MODES = ("L", "RGB", "RGBA", "I;16")


def as_scan(image: Image) -> Scan:
    """Read whatever shows a scan; all but a `Scan` is cleaned as an upload would be.

    Args:
        image: a `Scan`; the path of a file; a file's bytes; a Pillow image; or uint8 levels,
            (H, W) grey or (H, W, 3) red, green, blue.

    Returns:
        The scan: grey, blank outside its sector.

    Raises:
        ScanError: what was given cannot be read as a scan; the text says why.
        TypeError: it is none of these kinds.
    """
    match image:
        case Scan():
            return image
        case str() | Path():
            path = Path(image)
            return read_scan(path.read_bytes(), path.name)
        case bytes():
            return read_scan(image, "")
        case PIL.Image.Image():
            return read_scan(_png(image), "")
        case np.ndarray() if image.dtype == np.uint8 and image.ndim == 2:
            return read_scan(encode_png(image), "")
        case np.ndarray() if image.dtype == np.uint8 and image.ndim == 3 and image.shape[2] == 3:
            return read_scan(_png(PIL.Image.fromarray(image)), "")
    received = type(image).__name__
    if isinstance(image, np.ndarray):
        received = f"an array of {image.dtype} with shape {image.shape}"
    raise TypeError(
        "Expected a scan, a path, a file's bytes, a Pillow image or an array of uint8 levels, "
        f"(H, W) or (H, W, 3); received {received}."
    )


def _png(image: PIL.Image.Image) -> bytes:
    packed = io.BytesIO()
    plain = image if image.mode in _LOSSLESS_MODES else image.convert("RGB")
    plain.save(packed, "PNG", compress_level=1)
    return packed.getvalue()
