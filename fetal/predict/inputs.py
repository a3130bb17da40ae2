"""The kinds of image that a person can hand to a model."""

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import PIL.Image

from fetal.scans import Scan, read_scan, scan_of_image
from fetal.scans.limits import read_within

Image = Scan | Path | str | bytes | PIL.Image.Image | npt.NDArray[Any]
"""A scan as read, a file's path or content, a Pillow image, or an array of grey or RGB levels."""


def as_scan(image: Image) -> Scan:
    """Read whatever shows a scan; all but a `Scan` is cleaned as an upload would be.

    Args:
        image: a `Scan`; the path of a file; a file's bytes; a Pillow image of any mode, which is
            turned upright as its file would be; or uint8 levels, (H, W) grey or (H, W, 3) red,
            green, blue.

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
            return read_scan(read_within(path), path.name)
        case bytes():
            return read_scan(image, "")
        case PIL.Image.Image():
            return scan_of_image(image, str(getattr(image, "filename", "")))
        case np.ndarray() if image.dtype == np.uint8 and _is_picture(image.shape):
            return scan_of_image(PIL.Image.fromarray(image))
    received = type(image).__name__
    if isinstance(image, np.ndarray):
        received = f"an array of {image.dtype} with shape {image.shape}"
    raise TypeError(
        "Expected a scan, a path, a file's bytes, a Pillow image or an array of uint8 levels, "
        f"(H, W) or (H, W, 3); received {received}."
    )


def _is_picture(shape: tuple[int, ...]) -> bool:
    return len(shape) == 2 or (len(shape) == 3 and shape[2] == 3)
