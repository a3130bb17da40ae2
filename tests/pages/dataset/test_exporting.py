"""What the Dataset page takes out, with the names of a person's own files beside it."""

import csv
import io
import tempfile
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.applications import Starlette
from streamlit.testing.v1 import AppTest

from fetal.workbench import Workbench, open_workbench
from fetal.workbench.core.actor import Actor
from fetal.workbench.core.permissions import Permission
from fetal.workbench.ingest.upload import add_scans
from pages.parts.app import app_state
from pages.parts.gate import identity
from pages.parts.routes import download_route
from tests.pages.conftest import OpenApp
from tests.support.asked import ask
from tests.support.drawn import file
from tests.support.waiting import until


@pytest.fixture
def stored() -> Iterator[Workbench]:
    """Two stored scans, whose files are called `scan 0.png` and `scan 1.png`."""
    workbench = open_workbench()
    add_scans(workbench, [file(0), file(1)], who="Ann", patient="7")
    yield workbench
    workbench.close()


def test_the_names_of_one_s_own_files_come_out_beside_the_codes(
    open_app: OpenApp, stored: Workbench, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    app = open_app("dataset")
    app.session_state["dataset-tab"] = "Export"
    app.run()
    app.text_area(key="export-own-files").input("ward/scan 1.png\n\nanother.png\n").run()
    app.button(key="export-pack").click().run()
    assert not app.exception
    until(lambda: list(tmp_path.glob("fetal-export-*/scans-*.zip")))
    (packed,) = tmp_path.glob("fetal-export-*/scans-*.zip")
    with zipfile.ZipFile(packed) as archive:
        rows = csv.DictReader(io.StringIO(archive.read("labels.csv").decode()))
        assert [row["file"] for row in rows] == ["", "ward/scan 1.png"]


def offered(app: AppTest, key: str) -> str:
    """The address to which a button leads."""
    [link] = [one.proto for one in app.get("link_button") if one.proto.id.endswith(f"-{key}")]
    return str(link.url)


def fetched(address: str, method: str = "GET") -> tuple[int, bytes]:
    """What the server answers at an address, and its status."""
    answer = ask(Starlette(routes=download_route.routes()), address, method=method)
    return answer.status, answer.body


def test_the_table_of_labels_holds_the_chosen_scans_and_is_given_out_once(
    open_app: OpenApp, stored: Workbench
) -> None:
    app = open_app("dataset")
    app.session_state["dataset-tab"] = "Export"
    app.run()
    app.text_area(key="export-own-files").input("scan 1.png").run()
    address = offered(app, "export-labels")
    assert offered(app.run(), "export-labels") == address
    assert fetched(address, "HEAD") == (405, b"")
    status, table = fetched(address)
    assert status == 200
    rows = list(csv.DictReader(io.StringIO(table.decode())))
    assert [row["file"] for row in rows] == ["", "scan 1.png"]
    assert fetched(address)[0] == 404
    assert offered(app.run(), "export-labels") != address


def test_a_packed_archive_is_sent_from_its_file(open_app: OpenApp, stored: Workbench) -> None:
    app = open_app("dataset")
    app.session_state["dataset-tab"] = "Export"
    app.run()
    app.button(key="export-pack").click().run()
    [work] = [work for name, work in app_state.works().items() if name.startswith("export of")]
    assert work.wait(60)
    status, packed = fetched(offered(app.run(), "export-archive"))
    assert status == 200
    with zipfile.ZipFile(io.BytesIO(packed)) as archive:
        assert len([name for name in archive.namelist() if name.endswith(".png")]) == 2
    address = offered(app.run(), "export-archive")
    app_state.works().let_go()
    assert fetched(address)[0] == 404


def test_whoever_may_not_export_gets_nothing(
    open_app: OpenApp, stored: Workbench, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = open_app("dataset")
    app.session_state["dataset-tab"] = "Export"
    address = offered(app.run(), "export-labels")
    may_not = Actor("", permissions=frozenset({Permission.SEE}))
    monkeypatch.setattr(identity, "THE_ONE_PERSON_HERE", may_not)
    assert fetched(address)[0] == 403


def test_an_address_is_one_person_s_and_is_good_for_an_hour() -> None:
    now = [0.0]
    offers = download_route.Offers(lambda: now[0])
    token = offers.add("labels", download_route.Offer(7, lambda workbench: None))
    assert offers.take(token, 8) is None
    assert offers.take(token, None) is None
    assert offers.take(token, 7) is not None
    token = offers.add("labels", download_route.Offer(7, lambda workbench: None))
    offers.was_clicked("labels")
    assert offers.add("labels", download_route.Offer(7, lambda workbench: None)) != token
    now[0] = 3601
    assert offers.take(token, 7) is None
