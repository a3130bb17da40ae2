import time
from pathlib import Path

import pytest

from fetal.jobs import training_process as child_module
from fetal.jobs.training_process import Child, FolderBusyError, ProcessEnded
from fetal.training.events import DeviceChosen, LogLine, StageBegun
from tests.jobs.conftest import Site
from tests.support.waiting import alive, until


@pytest.fixture
def job(site: Site) -> Path:
    folder = site.workspace.folder / "runs" / "1"
    folder.mkdir(parents=True)
    (folder / "job.json").write_text("{}")
    return folder / "job.json"


def test_a_stubborn_training_and_all_it_started_end_within_seconds(site: Site, job: Path) -> None:
    with Child(job, site.command("stubborn")) as child:
        said = child.next_event(20)
        assert isinstance(said, LogLine)
        grandchild = int(said.text)
        started = time.monotonic()
        child.stop()
        took = time.monotonic() - started
    assert not alive(child.pid)
    until(lambda: not alive(grandchild), 5)
    assert took < 5


def test_no_second_training_starts_in_the_folder_of_one_that_works(
    site: Site, job: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(child_module, "LOCK_SECONDS", 0.3)
    with Child(job, site.command("hang")) as first:
        first.next_event(20)
        with pytest.raises(FolderBusyError, match="Try again"):
            Child(job, site.command("hang"))
    with Child(job, site.command("hang")) as second:
        assert second.next_event(20) == StageBegun("Upper layers", 1, 2)


def test_what_is_no_event_goes_to_the_last_words(site: Site, job: Path) -> None:
    with Child(job, site.command("crash")) as child:
        assert until(lambda: child.next_event(1)) == ProcessEnded()
        assert child.exit_code() == 1
        assert "RuntimeError: a bug" in child.tail()


def test_an_event_of_another_version_is_passed_over(site: Site, job: Path) -> None:
    with Child(job, site.command("newer")) as child:
        said = [until(lambda: child.next_event(1)) for _ in range(2)]
    assert said == [DeviceChosen("CPU, 2 cores"), LogLine("Reading goes well.")]
