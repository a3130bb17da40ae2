"""Pictures of stored scans, as a browser takes them."""

from typing import Any

import numpy as np
import streamlit as st

from fetal.scans import encode_png
from fetal.workbench import Workbench
from fetal.workbench.catalogue import scans
from fetal.workbench.catalogue.scan_figures import scan_of
from fetal.workbench.catalogue.stored_pixels import stored_picture
from pages.parts.app.app_state import workbench
from pages.parts.shared.formatting import plain
from pages.parts.texts.library_sentences import in_readers_language

_THUMBNAIL_HEIGHT = 220


# Kept by what they show, never by a number: a number is a place in the database.
@st.cache_resource(max_entries=64, show_spinner=False)
def picture(digest: str, _scan_id: int, _workbench: Workbench | None = None) -> bytes:
    """Return the picture of a scan, a PNG file that was held against its digest.

    Args:
        digest: the scan's digest.
        _scan_id: the scan.
        _workbench: in the hands of whoever asks. If None, it is who asks for this page.

    Raises:
        UnknownScanError: there is none of this number.
        DamagedScanError: its picture is gone or damaged.
    """
    return stored_picture(_workbench or workbench(), _scan_id)


def by_digest(digest: str, given: Workbench | None = None, *, small: bool = False) -> bytes | None:
    """Return the picture of the scan with a digest; None if it is not there, or not any more.

    Args:
        digest: the scan's digest.
        given: in the hands of whoever asks. If None, it is who asks for this page.
        small: whether a thumbnail will do.
    """
    asked = given or workbench()
    number = scan_of(asked, digest)
    try:
        if number is None:
            return None
        return _small(digest, number, asked) if small else picture(digest, number, asked)
    except (scans.DamagedScanError, scans.UnknownScanError):
        return None


@st.cache_resource(max_entries=2000, show_spinner=False)
def _small(digest: str, _scan_id: int, _workbench: Workbench) -> bytes:
    return encode_png(smaller(scans.pixels(_workbench, _scan_id)))


@st.cache_data(max_entries=2000, show_spinner=False)
def _thumbnail(digest: str, _scan_id: int) -> np.ndarray[Any, np.dtype[np.uint8]]:
    return smaller(scans.pixels(workbench(), _scan_id))


def forget_all() -> None:
    """Empty what is kept of every scan, since one of them was erased."""
    picture.clear()
    _small.clear()
    _thumbnail.clear()


def alone(scan_id: int, name: str, caption: str | None = None) -> None:
    """Show the scan without a heat map; or why it is not there."""
    try:
        shown = picture(scans.digest_of(workbench(), scan_id), scan_id)
    except (scans.DamagedScanError, scans.UnknownScanError) as error:
        st.warning(plain(in_readers_language(error)), icon=":material/broken_image:")
    else:
        st.image(shown, width="stretch", output_format="PNG", alt=name, caption=caption)


def small(scan_id: int, name: str) -> None:
    """Show a small picture of the scan, for galleries; or why it is not there."""
    try:
        shown = _thumbnail(scans.digest_of(workbench(), scan_id), scan_id)
    except (scans.DamagedScanError, scans.UnknownScanError) as error:
        st.caption(f":material/broken_image: {plain(in_readers_language(error))}")
    else:
        st.image(shown, width="stretch", alt=name)


def smaller(
    pixels: np.ndarray[Any, np.dtype[np.uint8]], high: int = _THUMBNAIL_HEIGHT
) -> np.ndarray[Any, np.dtype[np.uint8]]:
    """Return a grey picture about so many pixels high, by the mean of whole blocks of pixels.

    Args:
        pixels: uint8 (H, W).
        high: as high as it is to be at least; a smaller picture stays as it is.
    """
    step = max(1, pixels.shape[0] // high)
    height, width = (side - side % step for side in pixels.shape)
    blocks = pixels[:height, :width].reshape(height // step, step, width // step, step)
    small: np.ndarray[Any, np.dtype[np.uint8]] = blocks.mean(axis=(1, 3)).astype(np.uint8)
    return small
