"""The start of commands, app and worker: what the console says, and what it does not."""

import http.client
import os
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

import pytest
from click.testing import CliRunner

from fetal.cli import main
from fetal.store.database import Store
from fetal.store.workspace import Workspace
from tests.privacy.account import answers, free_port
from tests.support.labelled_folder import labelled_folder
from tests.support.tiny_model import tiny_model
from tests.support.waiting import until

ROOT = Path(__file__).parents[2]
ON_A_WORKSPACE = [
    ("demo",),
    ("import", "images"),
    ("export", "labels-out.csv"),
    ("duplicates",),
    ("check",),
    ("models", "list"),
    ("models", "show", "1"),
    ("models", "compare", "1", "1"),
    ("models", "scores"),
    ("models", "promote", "1"),
    ("models", "rollback"),
    ("models", "download", "1", "m.zip"),
    ("key", "rotate"),
    ("forget", "P-0", "--yes"),
    ("worker",),
    ("serve", "--port", "PORT"),
]


class Start(Protocol):
    """Starts a command, of a copy of the program and with more settings where they are given."""

    def __call__(
        self, *words: object, root: Path = ..., **environment: str
    ) -> subprocess.Popen[str]: ...


@pytest.fixture
def start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Start:
    """Starts a command in a folder with scans."""
    labelled_folder(tmp_path, 48)
    monkeypatch.setenv("FETAL_MODEL", str(tiny_model().folder))
    monkeypatch.setenv("FETAL_WORKSPACE", str(tmp_path / "workspace"))

    def run(*words: object, root: Path = ROOT, **environment: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-m", "fetal.cli", *map(str, words)],
            cwd=tmp_path,
            env=os.environ | {"PYTHONPATH": str(root)} | environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    return run


def line_of(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline()


def told_by(process: subprocess.Popen[str]) -> tuple[int, str, str]:
    out, err = process.communicate(timeout=120)
    return process.returncode, out, err


@pytest.mark.parametrize("words", ON_A_WORKSPACE, ids=" ".join)
def test_a_workspace_that_cannot_be_made_is_one_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...]
) -> None:
    (tmp_path / "file").write_text("in the way")
    (tmp_path / "images").mkdir()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("FETAL_MODEL", str(tiny_model().folder))
    monkeypatch.setenv("FETAL_WORKSPACE", str(tmp_path / "file" / "workspace"))
    done = CliRunner().invoke(main, [word.replace("PORT", str(free_port())) for word in words])
    assert isinstance(done.exception, SystemExit), repr(done.exception)
    [told] = [line for line in done.stderr.splitlines() if line]
    assert told.startswith("Error: ")


def damaged(place: Path) -> None:
    (place / "fetal.db").write_bytes(b"no database " * 1000)


def closed(place: Path) -> None:
    (place / "fetal.db").unlink()
    (place / "fetal.db").mkdir()


@pytest.mark.parametrize(
    ("harm", "told"),
    [(damaged, "database is damaged. Bring it back"), (closed, "cannot be used: is a directory")],
)
@pytest.mark.parametrize("words", [("demo",), ("models", "list"), ("worker",)], ids=" ".join)
def test_a_database_that_cannot_be_opened(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    words: tuple[str, ...],
    harm: Callable[[Path], None],
    told: str,
) -> None:
    monkeypatch.setenv("FETAL_WORKSPACE", str(tmp_path / "workspace"))
    Store.open(Workspace.at(tmp_path / "workspace")).close()
    harm(tmp_path / "workspace")
    done = CliRunner().invoke(main, words)
    assert isinstance(done.exception, SystemExit), repr(done.exception)
    assert told in done.stderr
    assert "SELECT" not in done.stderr


def test_a_locked_database_is_one_sentence_without_sql(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FETAL_MODEL", str(tiny_model().folder))
    monkeypatch.setenv("FETAL_WORKSPACE", str(tmp_path / "workspace"))
    monkeypatch.setattr("fetal.store.database.BUSY_SECONDS", 0.2)
    assert CliRunner().invoke(main, ["models", "list"]).exit_code == 0
    other = sqlite3.connect(tmp_path / "workspace" / "fetal.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    done = CliRunner().invoke(main, ["models", "promote", "1"])
    other.close()
    assert done.exit_code == 1
    assert done.stderr.startswith("Error: Another program has kept the workspace's database")
    assert len(done.stderr.splitlines()) == 1


@pytest.mark.parametrize("words", [("demo",), ("predict", "images", "--csv", "/dev/full")])
def test_a_full_disk_is_one_sentence(start: Start, tmp_path: Path, words: tuple[str, ...]) -> None:
    if words == ("demo",):
        # A file system of its own that is full at once, where this may be mounted.
        (tmp_path / "workspace").mkdir()
        mount = ["mount", "-t", "tmpfs", "-o", "size=600k", "tmpfs", str(tmp_path / "workspace")]
        if subprocess.run(mount, capture_output=True).returncode:
            pytest.skip("no file system may be mounted here")
    try:
        code, _, err = told_by(start(*words))
    finally:
        if words == ("demo",):
            subprocess.run(["umount", tmp_path / "workspace"], check=True)
    assert code == 1
    assert "Traceback" not in err
    assert err.splitlines()[-1].startswith("Error: The disk is full")


def test_a_misspelt_backend_is_one_sentence_that_names_all(start: Start) -> None:
    words = ("train", "--data", "labels.csv", "--images", "images", "--out", "new")
    code, _, err = told_by(start(*words, KERAS_BACKEND="tensorflwo"))
    expected = "KERAS_BACKEND is “tensorflwo”. Expected tensorflow, jax or torch."
    assert (code, err.strip()) == (1, f"Error: {expected}")


def test_a_training_prints_what_a_person_needs(start: Start, tmp_path: Path) -> None:
    settings = "preset: default\nstart: nothing\narchitecture: sononet16\nsize: 64\n"
    (tmp_path / "s.yaml").write_text(f"{settings}stages.epochs: 1\n")
    words = ("train", "--data", "labels.csv", "--images", "images", "--out", "new")
    code, out, err = told_by(start(*words, "--settings", "s.yaml"))
    assert (code, err) == (0, "")
    assert out.splitlines()[0].startswith("36 scans to train on; 12 kept apart")
    assert "oneDNN" not in out


def test_the_first_start_prints_one_line_and_only_once_the_app_answers(start: Start) -> None:
    port = free_port()
    process = start("serve", "--port", port)
    line = line_of(process)
    assert line == f"The app is at http://127.0.0.1:{port} (stop it with Ctrl+C).\n"
    assert answers(port)
    process.send_signal(signal.SIGINT)
    code, out, err = told_by(process)
    assert (code, err) == (0, "")
    assert out.replace("Stopping...", "").strip() == ""


def test_an_app_that_dies_at_the_start_says_why(start: Start, tmp_path: Path) -> None:
    broken = tmp_path / "program"
    for name in ("fetal", "pages", ".streamlit"):
        shutil.copytree(ROOT / name, broken / name)
    shutil.copy(ROOT / "streamlit_app.py", broken)
    (broken / "pages" / "parts" / "app" / "guard.py").write_text("import nothing_of_that_name\n")
    code, out, err = told_by(start("serve", "--port", free_port(), root=broken))
    assert code == 1
    assert err.startswith("Error: The app did not start: ModuleNotFoundError: No module named ")
    assert len(err.splitlines()) == 1
    assert "The app is at" not in out


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (("--address", "203.0.113.7"), "This computer has no address “203.0.113.7”"),
        (("--address", "nobody.invalid"), "This computer has no address “nobody.invalid”"),
    ],
)
def test_an_address_that_is_not_this_computers(
    start: Start, options: tuple[str, ...], told: str
) -> None:
    code, _, err = told_by(start("serve", "--port", free_port(), *options))
    assert code == 1
    assert told in err


def test_beyond_this_computer_it_wants_accounts_or_to_be_told_by_name(start: Start) -> None:
    port = free_port()
    code, out, err = told_by(start("serve", "--port", port, "--address", "0.0.0.0"))
    assert (code, out) == (1, "")
    assert "this workspace has no accounts" in err
    assert "--without-accounts" in err
    everywhere = ("serve", "--port", port, "--address", "0.0.0.0", "--no-worker")
    process = start(*everywhere, "--without-accounts")
    assert line_of(process).startswith("The app is at")
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    connection.request("GET", "/")
    assert connection.getresponse().status == 200
    process.send_signal(signal.SIGINT)
    told_by(process)


def test_a_taken_port_is_named(start: Start) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        code, out, err = told_by(start("serve", "--port", port))
    assert (code, out) == (1, "")
    assert f"Something already answers at port {port}" in err


def test_a_worker_alone_prints_one_line(start: Start) -> None:
    process = start("worker")
    assert line_of(process).startswith("Waiting for trainings of the workspace ")
    # It takes signals once it runs.
    until(lambda: _caught(process.pid) >> (signal.SIGTERM - 1) & 1)
    process.send_signal(signal.SIGTERM)
    code, out, err = told_by(process)
    assert (code, out, err) == (0, "", "")


def test_an_app_that_ends_by_itself_is_started_again(start: Start) -> None:
    process = start("serve", "--port", free_port(), "--no-worker")
    assert line_of(process)
    [app] = until(lambda: _children(process.pid))
    os.kill(app, signal.SIGKILL)
    assert line_of(process).startswith("The app is at")
    process.send_signal(signal.SIGTERM)
    code, _, err = told_by(process)
    assert code == 0
    assert "The app ended by itself (exit status -9). It is started again." in err


def _children(pid: int) -> list[int]:
    return [int(one) for one in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def _caught(pid: int) -> int:
    """The signals that a process takes, as bits."""
    status = Path(f"/proc/{pid}/status").read_text()
    return int(status.split("SigCgt:")[1].split()[0], 16)
