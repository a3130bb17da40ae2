"""Nothing of the held-out test set may reach the training process or its folder."""

import json
from pathlib import Path

import pytest

from fetal.jobs.attempt import strip_old_jobs
from tests.jobs.conftest import InBackground, Site, Supervise
from tests.support.waiting import until


def told_apart(site: Site) -> list[set[str]]:
    """What names the scans of either side: digest, blob and pseudonym of each."""
    names = ("digest", "blob", "patient")
    return [
        {entry[name] for entry in entries for name in names}
        for entries in (site.examples, site.test)
    ]


def everything_in(folder: Path) -> str:
    """The names and contents of all files of a folder."""
    paths = sorted(path for path in folder.rglob("*") if path.is_file())
    assert paths
    return "\n".join(f"{path}\n{path.read_bytes().decode(errors='replace')}" for path in paths)


def named(text: str, words: set[str]) -> set[str]:
    return {word for word in words if word in text}


@pytest.fixture
def run_folder(site: Site) -> Path:
    return site.workspace.folder / "runs" / str(site.run_id)


def test_a_working_training_knows_nothing_of_the_test_set(
    site: Site, in_background: InBackground, run_folder: Path
) -> None:
    in_background("hang")
    until(lambda: site.run().progress.get("step") == 3)
    (pid,) = site.starts()
    given = [Path(f"/proc/{pid}/{name}").read_text() for name in ("cmdline", "environ")]
    found = "\n".join([everything_in(run_folder), *given])
    learnt, tested = told_apart(site)
    assert named(found, learnt) == learnt
    assert named(found, tested) == set()


def test_a_failed_training_leaves_nothing_of_the_test_set(
    site: Site, supervise: Supervise, run_folder: Path
) -> None:
    supervise("fail")
    learnt, tested = told_apart(site)
    assert named(everything_in(run_folder), learnt) == learnt
    assert named(everything_in(run_folder), tested) == set()


def test_comparing_on_the_test_set_writes_nothing_beside_the_store(
    site: Site, supervise: Supervise
) -> None:
    supervise("finish")
    assert site.run().status == "done"
    _, tested = told_apart(site)
    kept = [site.workspace.folder / "blobs", *site.workspace.folder.glob("fetal.db*")]
    for path in site.workspace.folder.rglob("*"):
        if path.is_file() and not any(path.is_relative_to(place) for place in kept):
            assert named(f"{path}\n{path.read_bytes().decode(errors='replace')}", tested) == set()


def test_the_test_set_is_taken_out_of_an_older_versions_job_files(
    site: Site, run_folder: Path
) -> None:
    run_folder.mkdir(parents=True)
    old = {"examples": site.examples, "test": site.test, "settings": {}}
    (run_folder / "job.json").write_text(json.dumps(old))
    strip_old_jobs(site.store)
    assert json.loads((run_folder / "job.json").read_text()) == {
        "examples": site.examples,
        "settings": {},
    }
    assert named(everything_in(run_folder), told_apart(site)[1]) == set()
