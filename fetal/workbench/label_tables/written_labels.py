"""Reads a label as a table or a folder writes it."""

from fetal.planes import UnknownPlaneError, parse_plane
from fetal.store.tables import UNUSABLE


def read_label(text: str) -> str:
    """Read a label as a table or a folder writes it.

    Args:
        text: a plane, or `unusable`.

    Returns:
        A plane's value, or `unusable`.

    Raises:
        UnknownPlaneError: it is neither.
    """
    return UNUSABLE if text.strip().lower() == UNUSABLE else parse_plane(text).value


def is_label(text: str) -> bool:
    """Return whether a text is a label.

    Args:
        text: as `read_label` takes it.
    """
    try:
        read_label(text)
    except UnknownPlaneError:
        return False
    return True
