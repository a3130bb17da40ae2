"""Where a setting comes from: the environment, else a file, else its default."""

import os
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from fetal.configuration import declared
from fetal.configuration.overview import absolute_environment, check_settings, overview
from fetal.configuration.sources import SettingError
from fetal.scans import Limits
from fetal.store.workspace import Workspace
from fetal.workbench import open_workbench


@pytest.fixture
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty workspace's folder, with nothing set but its place."""
    for name in list(os.environ):
        if name.startswith("FETAL_"):
            monkeypatch.delenv(name)
    folder = tmp_path / "workspace"
    folder.mkdir()
    monkeypatch.setenv("FETAL_WORKSPACE", str(folder))
    return folder


@pytest.fixture
def write(workspace: Path) -> Callable[[str], int]:
    """Writes the workspace's file of settings."""
    return (workspace / "fetal.toml").write_text


def sources() -> dict[str, str]:
    return {view.name: view.source for view in overview()}


def test_the_environment_comes_before_the_file_and_the_file_before_the_default(
    write: Callable[[str], int], monkeypatch: pytest.MonkeyPatch
) -> None:
    write("FETAL_FILE_MEGABYTES = 200\nFETAL_FILM_FRAMES = 9\n")
    monkeypatch.setenv("FETAL_FILM_FRAMES", "7")
    limits = Limits.from_environment()
    assert (limits.megabytes, limits.frames, limits.seconds) == (200, 7, 60)


def test_a_file_that_is_changed_is_read_again(write: Callable[[str], int]) -> None:
    write("FETAL_FILE_MEGABYTES = 200")
    assert declared.FILE_MEGABYTES.value() == 200
    write("FETAL_FILE_MEGABYTES = 30")
    assert declared.FILE_MEGABYTES.value() == 30


def test_a_file_that_is_named_takes_the_place_of_the_workspaces(
    write: Callable[[str], int], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write("FETAL_FILE_MEGABYTES = 200")
    other = tmp_path / "etc" / "department.toml"
    other.parent.mkdir()
    other.write_text('FETAL_WORKSPACE = "scans"\nFETAL_FILM_FRAMES = 9\nFETAL_MODEL = "best"\n')
    monkeypatch.setenv("FETAL_CONFIG", str(other))
    monkeypatch.delenv("FETAL_WORKSPACE")
    assert declared.FILE_MEGABYTES.value() == declared.FILE_MEGABYTES.default
    assert declared.FILM_FRAMES.value() == 9
    # What a file names by a relative path lies beside it.
    assert Workspace.from_environment().folder == other.parent / "scans"
    assert declared.MODEL.value() == other.parent / "best"
    check_settings()


def test_lists_and_addresses_of_a_file(write: Callable[[str], int], workspace: Path) -> None:
    write(
        'FETAL_HOSTS = ["a.example", "b.example"]\n'
        'FETAL_IMPORT_FOLDERS = ["/data/incoming", "own"]\n'
        'FETAL_DATABASE_URL = "sqlite:///fetal two.db"\n'
        'FETAL_BLOBS = "files"\n'
        "FETAL_CACHE_GB = 0.5\n"
    )
    assert declared.HOSTS.value() == ("a.example", "b.example")
    assert declared.IMPORT_FOLDERS.value() == (Path("/data/incoming"), workspace / "own")
    assert declared.DATABASE_URL.value() == f"sqlite:///{workspace}/fetal two.db"
    assert declared.BLOBS.value() == str(workspace / "files")
    assert declared.CACHE_GB.value() == 0.5


@pytest.mark.parametrize(
    ("written", "told"),
    [
        (
            "FETAL_FILE_MEGABYTE = 3",
            "“FETAL_FILE_MEGABYTE”, which is no setting. Did you mean FETAL",
        ),
        ("answer = 42", "“answer”, which is no setting. `fetal settings` lists all"),
        ("FETAL_FILM_FRAMES = true", "FETAL_FILM_FRAMES in .*fetal.toml is neither a number, nor"),
        ("FETAL_FILM_FRAMES = [1]", "FETAL_FILM_FRAMES: expected a whole number from 1, received"),
        ("FETAL_FILM_FRAMES = 1.5", "received “1.5” .*fetal.toml"),
        ('FETAL_UNSURE = "perhaps"', "FETAL_UNSURE: expected ask, refuse or keep, received “perh"),
        ('FETAL_HOSTS = "http://a"', "without http://"),
        ('FETAL_DATABASE_URL = "mysql://a:secret@b/c"', "an address such as sqlite:"),
        (
            'FETAL_WORKSPACE = "x"',
            "it lies in the workspace itself. Set FETAL_WORKSPACE in the env",
        ),
        ('FETAL_CONFIG = "x"', "sets FETAL_CONFIG, which only the environment can"),
        ("FETAL_FILM_FRAMES", "cannot be read: .* Expected lines such as FETAL_FILE_MEGABYTES = 2"),
    ],
)
def test_a_file_that_cannot_be_used_is_one_sentence_at_the_start(
    write: Callable[[str], int], workspace: Path, written: str, told: str
) -> None:
    write(written)
    with pytest.raises(SettingError) as refused:
        open_workbench(Workspace.at(workspace))
    assert re.search(told, str(refused.value)), refused.value
    assert "secret" not in str(refused.value)
    assert len(str(refused.value).splitlines()) == 1


def test_a_file_that_is_named_and_not_there(
    workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FETAL_CONFIG", "nowhere.toml")
    with pytest.raises(SettingError, match=r"FETAL_CONFIG names .*nowhere.toml, which is no file"):
        check_settings()


def test_a_process_in_another_folder_finds_what_was_named_from_this_one(
    workspace: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("FETAL_WORKSPACE", "workspace")
    for name, text in (
        ("FETAL_MODEL", "best"),
        ("FETAL_BLOBS", "files"),
        ("FETAL_IMPORT_FOLDERS", f"a{os.pathsep}/b"),
        ("FETAL_DATABASE_URL", "postgresql://ada:secret@db/fetal"),
    ):
        monkeypatch.setenv(name, text)
    environment = absolute_environment()
    assert environment["FETAL_WORKSPACE"] == str(tmp_path / "workspace")
    assert environment["FETAL_MODEL"] == str(tmp_path / "best")
    assert environment["FETAL_BLOBS"] == str(tmp_path / "files")
    assert environment["FETAL_IMPORT_FOLDERS"] == f"{tmp_path / 'a'}{os.pathsep}/b"
    assert environment["FETAL_DATABASE_URL"] == "postgresql://ada:secret@db/fetal"


def test_each_value_says_where_it_comes_from(
    write: Callable[[str], int], workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write("FETAL_FILM_FRAMES = 9")
    monkeypatch.setenv("FETAL_FILE_MEGABYTES", "7")
    found = sources()
    assert found["FETAL_FILE_MEGABYTES"] == "environment"
    assert found["FETAL_FILM_FRAMES"] == str(workspace / "fetal.toml")
    assert found["FETAL_CACHE_GB"] == "default"
