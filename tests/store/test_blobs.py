import hashlib
import os
import time
import uuid
from collections.abc import Callable
from pathlib import Path

import pytest

from fetal.store.blobs import (
    DRAFT_SECONDS,
    BlobDamagedError,
    BlobKeyError,
    BlobMissingError,
    Blobs,
)
from fetal.store.database import Store
from fetal.store.workspace import Workspace
from tests.support.at_once import at_once, raised


@pytest.fixture(params=["folder", "remote"])
def blobs(request: pytest.FixtureRequest, tmp_path: Path) -> Blobs:
    if request.param == "folder":
        return Blobs(str(tmp_path / "blobs"))
    return Blobs(f"memory://{uuid.uuid4().hex}", cache=tmp_path / "cache")


@pytest.fixture
def model(tmp_path: Path) -> Path:
    folder = tmp_path / "model"
    (folder / "deep").mkdir(parents=True)
    (folder / "card.json").write_text("{}")
    (folder / "deep" / "graph.bin").write_bytes(b"weights")
    return folder


def test_what_was_put_is_there_until_it_is_deleted(blobs: Blobs) -> None:
    blobs.put("scans/ab/a.png", b"one")
    blobs.put("scans/ab/a.png", b"two")
    assert blobs.get("scans/ab/a.png") == b"two"
    assert blobs.exists("scans/ab/a.png")
    blobs.delete("scans/ab/a.png")
    blobs.delete("scans/ab/a.png")
    assert not blobs.exists("scans/ab/a.png")
    with pytest.raises(BlobMissingError, match=r"scans/ab/a\.png"):
        blobs.get("scans/ab/a.png")


def test_keys_are_listed_by_folder(blobs: Blobs) -> None:
    for key in ("scans/a.png", "scans/b/c.png", "models/m/card.json"):
        blobs.put(key, b"x")
    assert set(blobs.keys("scans")) == {"scans/a.png", "scans/b/c.png"}
    assert len(list(blobs.keys())) == 3


@pytest.mark.parametrize(
    "key", ["../a", "a/../b", "/etc/passwd", "a//b", "", ".hidden", "a\\b", "C:/a", "a/b\n", "a\0"]
)
def test_no_key_leads_out_of_the_store(blobs: Blobs, key: str) -> None:
    for use in (blobs.get, blobs.exists, blobs.delete, blobs.local_folder):
        with pytest.raises(BlobKeyError):
            use(key)
    with pytest.raises(BlobKeyError):
        blobs.put(key, b"x")


def test_a_folder_comes_back_as_it_went_in(blobs: Blobs, model: Path) -> None:
    blobs.put_folder("models/one", model)
    (model / "card.json").write_text("second")
    blobs.put_folder("models/two", model)
    back = blobs.local_folder("models/one")
    assert (back / "card.json").read_text() == "{}"
    assert (back / "deep" / "graph.bin").read_bytes() == b"weights"
    assert set(blobs.keys("models/one")) == {"models/one/card.json", "models/one/deep/graph.bin"}
    with pytest.raises(BlobMissingError):
        blobs.local_folder("models/three")


def test_a_folder_can_be_put_again(blobs: Blobs, model: Path) -> None:
    blobs.put_folder("models/one", model)
    (model / "card.json").write_text("second")
    blobs.put_folder("models/one", model)
    assert blobs.get("models/one/card.json") == b"second"


def test_a_write_that_fails_leaves_what_was_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    blobs = Blobs(str(tmp_path))
    blobs.put("a/b.png", b"whole")

    def full(_: int) -> None:
        raise OSError("disk full")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(OSError, match="disk full"):
        blobs.put("a/b.png", b"half")
    assert blobs.get("a/b.png") == b"whole"
    assert list(blobs.keys()) == ["a/b.png"]


def test_content_that_is_not_what_was_written_is_told(blobs: Blobs) -> None:
    blobs.put("snapshots/a.json", b"whole")
    digest = hashlib.sha256(b"whole").hexdigest()
    assert blobs.get("snapshots/a.json", digest) == b"whole"
    blobs.put("snapshots/a.json", b"who")
    with pytest.raises(BlobDamagedError, match="fetal check"):
        blobs.get("snapshots/a.json", digest)


def test_folders_put_at_once_are_one_whole_folder(tmp_path: Path, model: Path) -> None:
    blobs = Blobs(str(tmp_path / "blobs"))
    assert raised(at_once([lambda: blobs.put_folder("models/one", model)] * 8)) == []
    assert set(blobs.keys()) == {"models/one/card.json", "models/one/deep/graph.bin"}
    assert list((tmp_path / "blobs" / ".incoming").iterdir()) == []


@pytest.fixture
def remote(tmp_path: Path, model: Path) -> tuple[Blobs, Path]:
    """A remote store with a model, and the place of its local copy."""
    blobs = Blobs(f"memory://{uuid.uuid4().hex}", cache=tmp_path / "cache")
    blobs.put_folder("models/one", model)
    return blobs, blobs.local_folder("models/one")


@pytest.mark.parametrize(
    "damage",
    [
        lambda copy: (copy / "deep" / "graph.bin").write_bytes(b"wei"),
        lambda copy: (copy / "card.json").unlink(),
        lambda copy: copy.with_name("one.lengths").write_text("{"),
    ],
    ids=["cut short", "gone", "unreadable list"],
)
def test_a_damaged_copy_of_a_remote_folder_is_fetched_again(
    remote: tuple[Blobs, Path], damage: Callable[[Path], object]
) -> None:
    blobs, copy = remote
    damage(copy)
    again = blobs.local_folder("models/one")
    assert (again / "deep" / "graph.bin").read_bytes() == b"weights"
    assert (again / "card.json").read_text() == "{}"


def test_a_whole_copy_needs_no_network(remote: tuple[Blobs, Path]) -> None:
    blobs, copy = remote
    blobs.delete("models/one/card.json")
    assert blobs.local_folder("models/one") == copy
    assert (copy / "card.json").exists()
    assert blobs.drop_copy("models/one")
    assert not (blobs.local_folder("models/one") / "card.json").exists()


def test_drafts_that_killed_programs_left_are_swept_at_the_next_start(tmp_path: Path) -> None:
    workspace = Workspace.at(tmp_path / "workspace")
    drafts = workspace.folder / "blobs" / ".incoming"
    drafts.mkdir(parents=True)
    for name in ("old", "new"):
        (drafts / f"{name} file").write_bytes(b"half a scan")
        (drafts / f"{name} folder").mkdir()
    yesterday = time.time() - DRAFT_SECONDS - 60
    for draft in drafts.glob("old *"):
        os.utime(draft, (yesterday, yesterday))
    Store.open(workspace).close()
    assert sorted(path.name for path in drafts.iterdir()) == ["new file", "new folder"]
