"""What a command has found is written at once: nothing that ends it takes results along."""

import csv
import io
import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from typing import IO, Protocol

import pytest

from tests.support.begun import begin
from tests.support.labelled_folder import labelled_folder
from tests.support.tiny_model import tiny_model
from tests.support.waiting import until

ROOT = Path(__file__).parents[2]


class Start(Protocol):
    """Starts a command, with a file as its standard input where one is given."""

    def __call__(
        self, *words: str | Path, stdin: IO[bytes] | None = None
    ) -> subprocess.Popen[bytes]: ...


@pytest.fixture
def start(tmp_path: Path) -> Start:
    """Starts a command as a shell does, in a folder with twelve scans."""
    labelled_folder(tmp_path)
    environment = os.environ | {
        "PYTHONPATH": str(ROOT),
        "FETAL_MODEL": str(tiny_model().folder),
        "FETAL_WORKSPACE": str(begin(tmp_path / "workspace")),
        "LC_ALL": "C.UTF-8",
    }

    def run(*words: str | Path, stdin: IO[bytes] | None = None) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", "fetal.cli", *(os.fspath(word) for word in words)]
        return subprocess.Popen(
            command,
            cwd=tmp_path,
            env=environment,
            stdin=stdin,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )

    return run


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def latin(tmp_path: Path) -> Path:
    """A folder with a scan whose name is not UTF-8, as old archives have them."""
    folder = tmp_path / "latin"
    folder.mkdir()
    scan = os.fsencode(tmp_path / "images" / "0.png")
    shutil.copy(scan, os.fsencode(folder) + b"/f\xf6tus.png")
    shutil.copy(tmp_path / "images" / "1.png", folder / "scan.png")
    return folder


@pytest.mark.parametrize("encoding", ["utf-8", "ascii", "latin-1"])
def test_a_name_that_is_not_utf8_costs_no_result(
    start: Start, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, encoding: str
) -> None:
    folder = latin(tmp_path)
    command = ["env", f"PYTHONIOENCODING={encoding}:strict", sys.executable, "-m", "fetal.cli"]
    done = subprocess.run(
        [*command, "predict", folder, "--csv", tmp_path / "out.csv", "--overlay", tmp_path / "o"],
        env=os.environ | {"PYTHONPATH": str(ROOT), "FETAL_MODEL": str(tiny_model().folder)},
        capture_output=True,
    )
    assert done.returncode == 0, done.stderr
    found = rows(tmp_path / "out.csv")
    assert [Path(row["file"]).name for row in found] == ["fötus.png", "scan.png"]
    assert all(row["plane"] for row in found)
    assert len(list((tmp_path / "o").iterdir())) == 2


@pytest.mark.parametrize("words", [("import", "latin", "--unlabelled"), ("duplicates", "latin")])
def test_such_a_name_stops_no_other_command(
    start: Start, tmp_path: Path, words: tuple[str, ...]
) -> None:
    latin(tmp_path)
    process = start(*words)
    _, told = process.communicate(timeout=120)
    assert process.returncode == 0, told


def test_ctrl_c_leaves_what_was_done(start: Start, tmp_path: Path) -> None:
    place = tmp_path / "out.csv"
    process = start("predict", *["images"] * 400, "--csv", place)
    until(lambda: place.exists() and len(place.read_text().splitlines()) > 5, 60)
    process.send_signal(signal.SIGINT)
    told, _ = process.communicate(timeout=60)
    found = rows(place)
    assert len(told.splitlines()) <= len(found) < 4800
    assert all(row["plane"] for row in found)


def test_a_reader_that_leaves_takes_no_result_along(start: Start, tmp_path: Path) -> None:
    process = start("predict", "images", "--csv", "out.csv", "--overlay", "drawn")
    assert process.stdout is not None
    assert process.stderr is not None
    assert process.stdout.readline()
    process.stdout.close()
    told = process.stderr.read()
    assert (process.wait(60), told) == (0, b"")
    assert len(rows(tmp_path / "out.csv")) == 12
    assert len(list((tmp_path / "drawn").iterdir())) == 12


@pytest.mark.parametrize(
    ("words", "written"),
    [
        (("duplicates", "images", "images", "--csv", "out"), "out"),
        (("evaluate", "--data", "labels.csv", "--images", "images", "--json", "out"), "out"),
        (("import", "images", "--table", "labels.csv", "--report", "out"), "out"),
        (("export", "out.csv"), "out.csv"),
    ],
)
def test_nobody_needs_to_read_the_words(
    start: Start, tmp_path: Path, words: tuple[str, ...], written: str
) -> None:
    process = start(*words)
    assert process.stdout is not None
    assert process.stderr is not None
    process.stdout.close()
    told = process.stderr.read()
    assert b"Traceback" not in told
    assert b"BrokenPipe" not in told
    assert process.wait(60) == 0
    assert (tmp_path / written).stat().st_size > 20


def test_a_dash_is_standard_input_and_output(start: Start, tmp_path: Path) -> None:
    with (tmp_path / "images" / "0.png").open("rb") as scan:
        process = start("predict", "-", "--csv", "-", stdin=scan)
        told, words = process.communicate(timeout=60)
    [row] = csv.DictReader(io.StringIO(told.decode()))
    assert row["file"] == "-"
    assert row["plane"]
    assert words.decode().startswith("-: ")


@pytest.mark.parametrize("kind", ["--json", "--html", "--card-text"])
def test_a_report_goes_to_standard_output_and_the_words_do_not(
    start: Start, tmp_path: Path, kind: str
) -> None:
    with (tmp_path / "labels.csv").open("rb") as table:
        process = start("evaluate", "--data", "-", "--images", "images", kind, "-", stdin=table)
        told, words = process.communicate(timeout=120)
    assert process.returncode == 0, words
    assert "Accuracy over" in words.decode()
    assert told.decode().lstrip()[0] == {"--json": "{", "--html": "<", "--card-text": "#"}[kind]


def test_labels_pairs_and_models_go_to_standard_output(start: Start, tmp_path: Path) -> None:
    assert start("import", "images", "--table", "labels.csv").wait(120) == 0
    labels, _ = start("export", "-").communicate(timeout=60)
    assert len(list(csv.DictReader(io.StringIO(labels.decode())))) == 12
    pairs, words = start("duplicates", "images", "images", "--json", "-").communicate(timeout=60)
    assert len(json.loads(pairs)) >= 12
    assert "of the same picture" in words.decode()
    model, _ = start("models", "download", "1", "-").communicate(timeout=60)
    assert model.startswith(b"PK")
    assert not (tmp_path / "-").exists()


def test_two_results_cannot_share_standard_output(start: Start) -> None:
    process = start("duplicates", "images", "--json", "-", "--csv", "-")
    _, told = process.communicate(timeout=60)
    assert process.returncode == 2
    assert b"Only one result can go to standard output" in told


def test_what_is_no_picture_in_a_folder_is_counted_and_fails_nothing(
    start: Start, tmp_path: Path
) -> None:
    shutil.copy(tmp_path / "labels.csv", tmp_path / "images" / "notes.txt")
    (tmp_path / "images" / "Thumbs.db").write_bytes(b"\xd0\xcf\x11\xe0" * 50)
    shutil.copy(tmp_path / "images" / "0.png", tmp_path / "images" / "IM0001")
    for words in (("predict", "images"), ("duplicates", "images")):
        process = start(*words)
        told, complaints = process.communicate(timeout=120)
        assert (process.returncode, complaints) == (
            0,
            b"2 files that are no pictures were left out.\n",
        )
        assert b"IM0001" in told


@pytest.mark.parametrize("named", ["images/notes.txt", "images"])
def test_a_picture_that_is_damaged_or_named_still_fails(
    start: Start, tmp_path: Path, named: str
) -> None:
    (tmp_path / "images" / "notes.txt").write_text("no picture")
    (tmp_path / "images" / "broken.png").write_text("no picture either")
    process = start("predict", named)
    _, complaints = process.communicate(timeout=120)
    assert process.returncode == 1
    expected = b"notes.txt: " if "notes" in named else b"broken.png: "
    assert expected in complaints
