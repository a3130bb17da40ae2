"""A query to a DICOMweb server as an archive: QIDO-RS lists, WADO-RS reads.

dicomweb-client was weighed: docs/contributor.md, “What is ours and why”.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from email.message import Message
from functools import cache
from typing import Any
from urllib.parse import parse_qsl, urlsplit, urlunsplit

import requests

from fetal.cluster.archive_sources.archive_source import SourceError
from fetal.cluster.archive_sources.shown_address import without_password
from fetal.scans.limits import Limits

PAGE = 500
"""Instances that one request lists."""

SECONDS = 60
"""How long a server may take to begin its answer."""

_STUDY, _SERIES, _INSTANCE = "0020000D", "0020000E", "00080018"
_PIECE = 1 << 20


@dataclass(frozen=True)
class DicomWebQuery:
    """The instances that a QIDO-RS query finds (DICOM PS3.18, chapters 10.4 and 10.6).

    A name and a password may stand in the address, or in the file `.netrc` of whoever runs the
    workers.

    Args:
        url: a search for instances, such as
            `https://pacs/dicom-web/instances?Modality=US&StudyDate=20250101-20251231`, or for
            those of a study, `…/studies/1.2.3/instances`.
    """

    url: str

    @property
    def label(self) -> str:
        """Its address without a password."""
        return without_password(self.url)

    def listing(self) -> Iterator[str]:
        """List the places of its instances below the server's address, page by page."""
        parts = urlsplit(self.url)
        if not parts.path.rstrip("/").endswith("/instances"):
            raise SourceError(
                "Expected a DICOMweb search for instances, such as "
                f"https://pacs/dicom-web/instances?Modality=US; received “{self.label}”."
            )
        offset = 0
        while page := self._page(offset):
            for one in page:
                yield _place(one, parts.path)
            offset += len(page)

    def read(self, item: str) -> bytes:
        """Read an instance, unless it is larger than a scan or a film may be."""
        kind = 'multipart/related; type="application/dicom"; transfer-syntax=*'
        answer = self._get(f"{self._root()}/{item}", {"Accept": kind}, stream=True)
        limits = Limits.from_environment()
        content = bytearray()
        for piece in answer.iter_content(_PIECE):
            content += piece
            limits.check_file(len(content))
        return _only_part(bytes(content), answer.headers.get("Content-Type", ""))

    def _page(self, offset: int) -> list[dict[str, Any]]:
        parts = urlsplit(self.url)
        asked = dict(parse_qsl(parts.query)) | {"limit": str(PAGE), "offset": str(offset)}
        place = urlunsplit((*parts[:3], "", ""))
        try:
            answer = self._get(place, {"Accept": "application/dicom+json"}, asked)
            found = [] if answer.status_code == requests.codes.no_content else answer.json()
        except (OSError, ValueError) as error:
            raise SourceError(
                f"“{self.label}” cannot be searched: {without_password(str(error))}."
            ) from error
        if not isinstance(found, list):
            raise SourceError(f"“{self.label}” answers with no list of instances.")
        return found

    def _root(self) -> str:
        parts = urlsplit(self.url)
        path = parts.path.rstrip("/").removesuffix("/instances")
        return urlunsplit((*parts[:2], path.partition("/studies/")[0], "", ""))

    def _get(
        self,
        url: str,
        headers: dict[str, str],
        asked: dict[str, str] | None = None,
        *,
        stream: bool = False,
    ) -> requests.Response:
        answer = _session().get(url, headers=headers, params=asked, timeout=SECONDS, stream=stream)
        answer.raise_for_status()
        return answer


@cache
def _session() -> requests.Session:
    return requests.Session()


def _place(instance: dict[str, Any], path: str) -> str:
    """Where an instance lies below the server's address."""

    def uid(tag: str) -> str:
        values = instance.get(tag, {}).get("Value", [])
        return str(values[0]) if values else ""

    study = uid(_STUDY)
    if not study and "/studies/" in path:
        study = path.partition("/studies/")[2].split("/")[0]
    if not (study and uid(_SERIES) and uid(_INSTANCE)):
        raise SourceError(
            "Expected each instance with its StudyInstanceUID, SeriesInstanceUID and "
            "SOPInstanceUID; the server left one out. Add includefield=all to the query."
        )
    return f"studies/{study}/series/{uid(_SERIES)}/instances/{uid(_INSTANCE)}"


def _only_part(content: bytes, kind: str) -> bytes:
    """The first part of a multipart answer (RFC 2046); a server may also send the file alone."""
    message = Message()
    message["Content-Type"] = kind
    boundary = message.get_boundary()
    if boundary is None:
        return content
    mark = b"--" + boundary.encode()
    _, _, rest = content.partition(mark)
    _, _, body = rest.partition(b"\r\n\r\n")
    # A byte string of the mark inside the file would not follow a line's end.
    end = body.rfind(b"\r\n" + mark)
    return body if end < 0 else body[:end]
