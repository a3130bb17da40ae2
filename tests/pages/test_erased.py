"""What an erasure by another process leaves in a running app: nothing of the patient."""

import subprocess
import sys
import threading
from pathlib import Path

from streamlit.testing.v1 import AppTest

from fetal.progress import BackgroundWork
from fetal.workbench import open_workbench
from tests.pages.conftest import OpenApp
from tests.pages.scans.test_cines import _after_reading as after_reading
from tests.pages.scans.test_cines import _dropped as dropped
from tests.support.drawn import file
from tests.support.viewers import viewers
from tests.support.waiting import until

ROOT = Path(__file__).parents[2]


def erase(code: str) -> None:
    """Erase with the command line, in a process of its own."""
    command = [sys.executable, "-m", "fetal.cli", "forget", code, "--yes"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def pictures(app: AppTest) -> set[str]:
    return {one["address"] for one in viewers(app)}


def test_a_scan_that_was_erased_elsewhere_is_gone_at_the_next_look(open_app: OpenApp) -> None:
    from fetal.workbench.catalogue import scans
    from pages.parts.app import app_state
    from pages.parts.shared import heat_map, scan_pictures

    app = dropped(open_app("scans"), ("Patient00001_1.png", file(1).data))
    app = after_reading(app)
    [scan] = scans.scans(app_state.workbench())
    erased = pictures(app)
    [digest] = {one.rsplit("/", 1)[1] for one in erased}
    assert scan_pictures.by_digest(digest)
    app_state.works()["comparison"] = finished_work()

    erase(scan.patient)
    app.run()

    assert not app.exception
    assert not pictures(app) & erased
    assert scan.name not in " ".join(str(one.value) for one in app.caption)
    assert heat_map.look(scan.id).figure is None
    assert [scan_pictures.by_digest(one.rsplit("/", 1)[1]) for one in erased] == [None] * len(
        erased
    )
    assert "comparison" not in app_state.works()

    # A scan that comes after it gets neither its number nor its picture.
    app = after_reading(dropped_again(app, ("Patient00002_1.png", file(2).data)))
    [newer] = scans.scans(app_state.workbench())
    assert newer.id != scan.id
    assert pictures(app)
    assert not pictures(app) & erased


def test_an_app_at_which_nobody_works_lets_go_of_it_too(open_app: OpenApp) -> None:
    from fetal.workbench.catalogue import scans
    from fetal.workbench.privacy import erasure
    from pages.parts.app import app_state, erasures

    after_reading(dropped(open_app("scans"), ("Patient00001_1.png", file(1).data)))
    stopping = threading.Event()
    following = threading.Thread(target=erasures.follow, args=(stopping,), daemon=True)
    following.start()
    try:
        until(lambda: erasures._emptied_at() != [])
        app_state.works()["comparison"] = finished_work()
        # Another process has a workbench of its own.
        other = open_workbench()
        erasure.erase(other, scans.scans(other)[0].patient, "Ben")
        until(lambda: "comparison" not in app_state.works())
        other.close()
    finally:
        stopping.set()
        following.join(10)


def finished_work() -> BackgroundWork[str]:
    work = BackgroundWork(lambda on_progress: "pictures of scans")
    assert work.wait(10)
    return work


def dropped_again(app: AppTest, *files: tuple[str, bytes]) -> AppTest:
    uploader = next(one for one in app.file_uploader if str(one.key).startswith("drop-"))
    for name, data in files:
        uploader = uploader.upload(name, data)
    return uploader.run()
