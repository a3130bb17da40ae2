"""Where an archive's files come from; a real DICOMweb server in a slow test."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from fetal.cluster.archive_sources.archive_source import SourceError
from fetal.cluster.archive_sources.choose_source import choose_source
from fetal.cluster.archive_sources.dicomweb_query import PAGE
from tests.support.drawn import fan
from tests.support.films import film

COUNT = PAGE + 3


class Archive(ThreadingHTTPServer):
    """Serves one file, as it stands in a part of an answer."""

    file: bytes


class Server(BaseHTTPRequestHandler):
    """Answers as PS3.18 asks: a list in pages, and an instance as the only part of several."""

    def do_GET(self) -> None:
        path, _, query = self.path.partition("?")
        asked = dict(pair.split("=") for pair in query.split("&") if pair)
        if path == "/dicom-web/instances":
            first = int(asked["offset"])
            numbers = range(first, min(first + int(asked["limit"]), COUNT))
            self.answer("application/dicom+json", json.dumps([_instance(n) for n in numbers]))
        elif path.endswith("/instances/1.3.0"):
            assert isinstance(self.server, Archive)
            body = b"--x\r\nContent-Type: application/dicom\r\n\r\n" + self.server.file
            self.answer(
                'multipart/related; type="application/dicom"; boundary=x', body + b"\r\n--x--"
            )
        else:
            self.send_error(404)

    def answer(self, kind: str, body: bytes | str) -> None:
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.end_headers()
        self.wfile.write(body if isinstance(body, bytes) else body.encode())

    def log_message(self, *_: Any) -> None:
        pass


def _instance(number: int) -> dict[str, dict[str, object]]:
    uids = {"0020000D": "1.1", "0020000E": "1.2", "00080018": f"1.3.{number}"}
    return {tag: {"vr": "UI", "Value": [uid]} for tag, uid in uids.items()}


@pytest.fixture(scope="module")
def server() -> Iterator[Archive]:
    server = Archive(("127.0.0.1", 0), Server)
    server.file = film([fan(1)]) + b"\r\n--x in the pixels\r\n"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()


def test_a_dicomweb_query_is_listed_page_by_page_and_read_byte_for_byte(server: Archive) -> None:
    place = f"127.0.0.1:{server.server_port}/dicom-web"
    source = choose_source(f"http://ann:secret@{place}/instances?Modality=US")
    items = list(source.listing())
    assert len(items) == len(set(items)) == COUNT
    assert items[0] == "studies/1.1/series/1.2/instances/1.3.0"
    assert source.read(items[0]) == server.file
    with pytest.raises(OSError, match="404"):
        source.read(items[1])
    assert source.label == f"http://{place}/instances?Modality=US"


def test_another_address_is_told_what_is_expected(server: Archive) -> None:
    source = choose_source(f"http://127.0.0.1:{server.server_port}/dicom-web/studies")
    with pytest.raises(SourceError, match="Expected a DICOMweb search for instances"):
        next(source.listing())
    missing = choose_source(f"http://127.0.0.1:{server.server_port}/other/instances")
    with pytest.raises(SourceError, match="cannot be searched: 404"):
        next(missing.listing())


def test_a_prefix_gives_what_may_be_pictures(tmp_path: Path) -> None:
    for name in ("b/2.dcm", "b/1", "a.png", "labels.csv", ".hidden.png"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(name.encode())
    source = choose_source(f"file://{tmp_path}")
    items = list(source.listing())
    assert items == ["a.png", "b/1", "b/2.dcm"]
    assert [source.read(item) for item in items] == [item.encode() for item in items]
    with pytest.raises(SourceError, match="Nothing is stored under"):
        list(choose_source(f"file://{tmp_path}/nowhere").listing())


def test_a_folder_gives_pictures_by_name_or_content(tmp_path: Path) -> None:
    for name in ("b/two", "a.png", "labels.csv", ".hidden.png"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(name.encode())
    (tmp_path / "b" / "one").write_bytes(film([fan(1)]))
    source = choose_source(str(tmp_path))
    assert list(source.listing()) == ["a.png", "b/one"]
    with pytest.raises(SourceError, match="There is no folder"):
        next(choose_source(str(tmp_path / "nowhere")).listing())
