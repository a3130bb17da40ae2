"""Programs at two apps behind nginx: what one app does reaches the other, and outlives it."""

import shutil
import threading
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from fetal.client import Client
from fetal.phantom import simulate
from fetal.planes import PLANES
from fetal.scans import encode_png
from fetal.store.tables import ModelVersion
from fetal.workbench import Workbench
from fetal.workbench.catalogue import scans
from fetal.workbench.models.promotion import promote
from tests.deployment.department import Department, department, opened_outside
from tests.support.tiny_model import tiny_model
from tests.support.waiting import until

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not shutil.which("nginx"), reason="nginx is not installed: run .ci/nginx"),
]

FILES = 40


@pytest.fixture
def here(tmp_path: Path) -> Iterator[Department]:
    folder = tmp_path / "department"
    folder.mkdir()
    with department(folder, FETAL_MODEL=str(tiny_model().folder)) as running:
        yield running


@pytest.fixture
def outside(here: Department, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Workbench:
    """The workspace as a third process sees it."""
    return opened_outside(here, tmp_path / "outside", monkeypatch)


@pytest.fixture
def files(tmp_path: Path) -> list[Path]:
    paths = []
    for number in range(FILES):
        paths.append(tmp_path / f"{number:02}.png")
        paths[-1].write_bytes(encode_png(simulate(PLANES[number % 6], number).pixels))
    return paths


def test_an_upload_that_one_app_began_is_ended_by_the_other(
    here: Department, outside: Workbench, files: list[Path]
) -> None:
    taken = []
    with Client(here.address, name="Ann") as client:
        sending = threading.Thread(
            target=lambda: taken.extend(client.add_scans(files, patient="4711"))
        )
        sending.start()
        until(lambda: 0 < len(scans.scans(outside)) < FILES, 120)
        [app] = [name for name, port in here.ports.items() if is_asked(here, name, port)]
        here.kill(app)
        assert len(scans.scans(outside)) < FILES
        sending.join(300)
        assert not sending.is_alive()
    outcomes = [one.outcome for one in taken]
    assert len(outcomes) == FILES
    # What the killed app had stored is found again; no file is lost or stored twice.
    assert set(outcomes) == {"added", "already there"}
    assert len(scans.scans(outside)) == FILES


def is_asked(here: Department, name: str, port: int) -> bool:
    """Whether somebody is connected to an app."""
    app = psutil.Process(here.processes[name].pid)
    return any(
        one.status == psutil.CONN_ESTABLISHED and one.laddr.port == port
        for process in (app, *app.children(recursive=True))
        for one in process.net_connections("tcp")
    )


def test_a_promotion_reaches_both_apps_at_the_next_request(
    here: Department, outside: Workbench, files: list[Path]
) -> None:
    clients = [Client(f"http://127.0.0.1:{port}", name="Ann") for port in here.ports.values()]
    clients[0].add_scans(files[:1], patient="4711")
    [scan] = scans.scans(outside)
    assert [client.prediction(scan.id).model for client in clients] == ["tiny"] * 2
    second = tiny_model(2, "second")
    outside.store.blobs.put_folder("models/second", second.folder)
    with outside.store.session() as session:
        version = ModelVersion(
            name="second",
            digest=second.digest,
            location="models/second",
            card=second.card.to_json(),
        )
        session.add(version)
        session.flush()
        number = version.id
    promote(outside, number, "Ben")
    # Not a second later, but at the very next request.
    assert [client.prediction(scan.id).model for client in clients] == ["second"] * 2
    for client in clients:
        client.close()
