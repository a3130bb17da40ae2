"""Which files of a folder are meant to be pictures or films."""

from pathlib import Path

_PICTURE_NAMES = {
    *(".png", ".jpg", ".jpeg", ".jpe", ".tif", ".tiff", ".bmp", ".webp", ".gif"),
    *(".dcm", ".dicom", ".dic", ".ima", ".jp2", ".j2k", ".heic", ".avif"),
    *(".mp4", ".avi", ".mov", ".mkv", ".wmv", ".mpg", ".mpeg"),
}
"""A file with such a name is meant to be a picture or a film, whatever its content."""

_HEAD = 1024
"""So many bytes tell what a file is."""


def has_picture_name(name: str) -> bool:
    """Return whether a file is meant to be a picture or a film by the end of its name.

    Example:
        >>> has_picture_name("a.DCM"), has_picture_name("labels.csv")
        (True, False)
    """
    return Path(name).suffix.lower() in _PICTURE_NAMES


def is_picture_file(path: Path) -> bool:
    """Return whether a file is a picture or a film by its name or its first bytes.

    Args:
        path: where it lies. One that cannot be opened may be one: whoever reads it says why not.
    """
    from fetal.scans.raster import DICOMDIR, is_dicom, kind_of

    if path.name.upper() == DICOMDIR:
        return False
    if has_picture_name(path.name):
        return True
    try:
        with path.open("rb") as file:
            head = file.read(_HEAD)
    except OSError:
        return True
    return kind_of(head) is not None or is_dicom(head)
