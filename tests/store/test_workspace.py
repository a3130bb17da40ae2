"""Where a workspace is, whatever its folder is called, and who may read it."""

import os
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import text

from fetal.scans import Pseudonyms
from fetal.store.database import Store
from fetal.store.rights import keep_to_owner
from fetal.store.workspace import AddressError, Workspace
from fetal.workbench import open_workbench
from fetal.workbench.ingest.upload import add_samples
from tests.support.tiny_model import tiny_model

NAMES = ["a?b", "a?c", "a%20b", "a b", "a#b", "ü", "x::y", "a%41", "a&b=c", "[x]", "~a", "a;b@c"]


def test_names_of_folders_that_addresses_know_otherwise(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FETAL_MODEL", str(tiny_model().folder))
    for name in NAMES:
        workspace = Workspace.at(tmp_path / name)
        store = Store.open(workspace)
        with store.session() as session:
            session.execute(text("CREATE TABLE mine (name TEXT)"))
            session.execute(text("INSERT INTO mine VALUES (:name)"), {"name": name})
        store.blobs.put("notes/mine.txt", name.encode())
        store.close()
        assert (tmp_path / name / "fetal.db").stat().st_size > 0
    for name in NAMES:
        workspace = Workspace.at(tmp_path / name)
        store = Store.open(workspace)
        with store.reading() as session:
            assert session.execute(text("SELECT name FROM mine")).scalars().all() == [name]
        assert store.blobs.get("notes/mine.txt") == name.encode()
        store.close()
    # Nothing lies anywhere else.
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(NAMES)


def test_a_workspace_of_0_1_keeps_its_database(tmp_path: Path) -> None:
    """Until 0.1 the database of the folder `w?1` lay at `w`, beside it."""
    folder = tmp_path / "w?1"
    folder.mkdir()
    Pseudonyms.open(folder / "pseudonyms.key")
    old = Workspace(folder, f"sqlite:///{folder / 'fetal.db'}", str(folder / "blobs"))
    Store.open(old).close()
    assert (tmp_path / "w").is_file()
    (folder / "fetal.db").unlink(missing_ok=True)
    assert Workspace.at(folder).database_url == old.database_url


@pytest.mark.parametrize(
    ("address", "told"),
    [
        ("nonsense", "FETAL_DATABASE_URL is no address of a database"),
        ("mysql://a@b/c", "a database of the kind “mysql”"),
    ],
)
def test_an_address_of_no_known_kind(tmp_path: Path, address: str, told: str) -> None:
    with pytest.raises(AddressError, match=told):
        Workspace.at(tmp_path, database_url=address)


def test_a_store_for_files_of_no_known_kind(tmp_path: Path) -> None:
    with pytest.raises(AddressError, match="a store of the kind “nonsense”"):
        Store.open(Workspace.at(tmp_path, blobs_url="nonsense://bucket"))


def open_to_others(folder: Path) -> list[str]:
    return [
        str(path.relative_to(folder))
        for path in (folder, *folder.rglob("*"))
        if stat.S_IMODE(path.stat().st_mode) & 0o077
    ]


FILL = """
import sys
from pathlib import Path
from fetal.store.rights import keep_to_owner
from fetal.store.workspace import Workspace
from fetal.workbench import open_workbench
from fetal.workbench.catalogue.exports import export_archive
from fetal.workbench.ingest.upload import add_samples
keep_to_owner()
place = Path(sys.argv[1])
workbench = open_workbench(Workspace.at(place))
add_samples(workbench, "Anna")
export_archive(workbench, None, place / "export.zip", "Anna")
shown = {path.name: oct(path.stat().st_mode & 0o777) for path in place.iterdir()}
assert {"fetal.db-wal", "fetal.db-shm"} <= shown.keys(), shown
print([name for name, mode in shown.items() if mode not in ("0o600", "0o700")])
"""


def test_all_that_is_made_is_for_its_owner_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FETAL_MODEL", str(tiny_model().folder))
    place = tmp_path / "workspace"
    done = subprocess.run(
        [sys.executable, "-c", f"import os; os.umask(0o022)\n{FILL}", place],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == "[]"
    assert open_to_others(place) == []


def test_a_workspace_that_was_open_to_all_is_closed_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FETAL_MODEL", str(tiny_model().folder))
    place = tmp_path / "workspace"
    workbench = open_workbench(Workspace.at(place))
    add_samples(workbench, "Anna")
    workbench.close()
    elsewhere = tmp_path / "elsewhere.txt"
    elsewhere.touch(mode=0o644)
    (place / "link").symlink_to(elsewhere)
    for path in (place, *place.rglob("*")):
        path.chmod(0o755 if path.is_dir() else 0o644)
    Store.open(Workspace.at(place)).close()
    (place / "link").unlink()
    assert open_to_others(place) == []
    assert stat.S_IMODE(elsewhere.stat().st_mode) == 0o644


def test_the_rights_of_a_library_user_stay_as_they_are(tmp_path: Path) -> None:
    Store.open(Workspace.at(tmp_path / "workspace")).close()
    (tmp_path / "mine.txt").touch()
    before = stat.S_IMODE((tmp_path / "mine.txt").stat().st_mode)
    keep_to_owner()
    (tmp_path / "ours.txt").touch()
    after = stat.S_IMODE((tmp_path / "ours.txt").stat().st_mode)
    assert (before & 0o044, after) == (0o044, 0o600)


@pytest.fixture(autouse=True)
def usual_mask(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Gives the process its mask back."""
    before = os.umask(0o022)
    yield
    os.umask(before)


def test_a_relative_folder_is_made_absolute(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert Workspace.at(Path("w")).folder == tmp_path / "w"
