"""From what a person names to a source."""

from pathlib import Path

from fetal.cluster.archive_sources.archive_source import ArchiveSource
from fetal.cluster.archive_sources.local_folder import LocalFolder
from fetal.cluster.archive_sources.object_prefix import ObjectPrefix


def choose_source(named: str) -> ArchiveSource:
    """Return the source that a person named.

    Args:
        named: the path of a folder; an address that fsspec opens, such as `s3://bucket/archive`;
            or a DICOMweb search for instances, which begins with `https://` or `http://`.

    Example:
        >>> choose_source("s3://bucket/archive").label
        's3://bucket/archive'
    """
    if named.startswith(("https://", "http://")):
        # Its library is imported where it is needed.
        from fetal.cluster.archive_sources.dicomweb_query import DicomWebQuery

        return DicomWebQuery(named)
    if "://" in named:
        return ObjectPrefix(named)
    return LocalFolder(str(Path(named).expanduser().absolute()))
