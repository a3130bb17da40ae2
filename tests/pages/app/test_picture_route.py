"""Pictures that the server gives out by their digests."""

from pathlib import Path

import pytest
from starlette.requests import Request

from fetal.scans import decode_png, pixel_digest
from fetal.workbench.catalogue.scan_figures import figures
from fetal.workbench.ingest import upload
from fetal.workbench.privacy import erasure
from pages.parts.app import app_state
from pages.parts.routes import picture_route
from tests.support.drawn import file


@pytest.fixture
def digest() -> str:
    """The digest of the only stored scan."""
    (taken,) = upload.add_scans(app_state.workbench(), [file(1)], who="Ann", patient="4711")
    assert taken.scan_id is not None
    return figures(app_state.workbench(), [taken.scan_id])[taken.scan_id].digest


def asked(digest: str) -> tuple[int, bytes]:
    route = picture_route.routes()[-1]
    path = picture_route.address(digest)
    scope = {"type": "http", "path": path, "path_params": {"digest": digest}, "headers": []}
    answer = route.endpoint(Request(scope))
    return answer.status_code, bytes(answer.body)


def test_a_stored_scan_is_given_out_as_it_was_stored(digest: str) -> None:
    status, picture = asked(digest)
    assert status == 200
    assert pixel_digest(decode_png(picture)) == digest


@pytest.mark.parametrize("unknown", ["0" * 64, "", "../../fetal.db", "A" * 64])
def test_what_is_no_stored_scan_is_not_there(digest: str, unknown: str) -> None:
    assert asked(unknown) == (404, b"")


def test_after_an_erasure_it_is_not_given_out_though_it_was_a_moment_ago(digest: str) -> None:
    assert asked(digest)[0] == 200
    workbench = app_state.workbench()
    [name] = [f"S-{Path(key).stem}"[:18] for key in workbench.blobs.keys("scans")]
    erasure.erase(workbench, name, "Ann")
    assert asked(digest) == (404, b"")


def test_a_damaged_picture_is_not_given_out(digest: str) -> None:
    workbench = app_state.workbench()
    [key] = workbench.blobs.keys("scans")
    place = Path(workbench.workspace.folder) / "blobs" / key
    place.write_bytes(place.read_bytes()[:100])
    assert asked(digest) == (404, b"")
