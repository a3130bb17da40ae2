"""Reads a DICOMDIR: the list of the files on a disc that a machine wrote (DICOM PS3.10)."""

import io
import warnings

import pydicom

from fetal.scans.errors import TruncatedError
from fetal.scans.limits import Limits
from fetal.scans.raster import DICOMDIR


def referenced_files(data: bytes, limits: Limits | None = None) -> list[str]:
    """List the images that a DICOMDIR names.

    Args:
        data: the file.
        limits: how large it may be; if None, what the environment sets.

    Returns:
        Their places below the DICOMDIR's own folder, such as `IMAGES/IM0001`, in its order, as it
        writes them: a caller looks them up among files that it has listed itself, so that none
        leads out of the folder.

    Raises:
        TruncatedError: it cannot be read.
        TooLargeError: it is too large.
    """
    (limits or Limits.from_environment()).check_bytes(len(data))
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            records = pydicom.dcmread(io.BytesIO(data), force=True).DirectoryRecordSequence
            named = [record.get("ReferencedFileID") for record in records]
            return ["/".join(_parts(place)) for place in named if place]
    # A damaged file may fail anywhere in the parser.
    except Exception as error:
        raise TruncatedError(DICOMDIR) from error


def _parts(place: object) -> list[str]:
    several = isinstance(place, (list, tuple, pydicom.multival.MultiValue))
    return [str(part) for part in place] if several else [str(place)]  # type: ignore[attr-defined]
