"""Identifiers go in wherever a file has room for them; none may be found in anything kept."""

import os
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from pydicom import config
from sqlalchemy import func, select

from fetal.scans import read_scan
from fetal.store.tables import ModelVersion, PredictionRow
from fetal.store.workspace import Workspace
from fetal.workbench import Workbench, open_workbench
from fetal.workbench.catalogue import scans
from fetal.workbench.ingest.upload import UploadedFile, add_scans
from fetal.workbench.models.promotion import promote
from fetal.workbench.models.shipped import register
from tests.privacy.canary import CANARIES, FORMATS, NUMBER, WORD
from tests.privacy.in_the_app import named
from tests.privacy.traces import everything_in, forms_of, unpacked
from tests.privacy.with_tags import dataset_of, packed
from tests.support.drawn import file
from tests.support.tiny_model import tiny_model
from tests.support.waiting import until


def found_in(content: bytes) -> list[str]:
    """Which canaries stand in bytes, and how they are written there."""
    return [
        f"{canary}, {form}"
        for canary in CANARIES
        for form, written in forms_of(canary).items()
        if written in content
    ]


class Brought:
    """A workspace after all that a person does with files full of canaries.

    Attributes:
        kept: the workspace's folder.
        exports: what was taken out.
        said: what the programs wrote on their standard output and error.
        open: the workbench, once that is done.
    """

    open: Workbench

    def __init__(self, folder: Path) -> None:
        self.kept, self.exports = folder / "workspace", folder / "exports"
        self.said = b""
        self._environment = {
            **os.environ,
            "FETAL_WORKSPACE": str(self.kept),
            "FETAL_MODEL": str(tiny_model().folder),
            # A warning of any library would be written out, with what it warns of.
            "PYTHONWARNINGS": "always",
        }

    def command(self, *words: str) -> None:
        self._module("fetal.cli", *words)

    def work_in_the_app(self) -> None:
        self._module("tests.privacy.in_the_app")

    def work_of_the_worker(self, workbench: Workbench) -> None:
        """A newly promoted model looks at every scan that has no label."""
        register(workbench.store, tiny_model(2, "second"))
        with workbench.store.reading() as session:
            version = session.scalar(select(func.max(ModelVersion.id)))
        assert version is not None
        worker = subprocess.Popen(
            [sys.executable, "-m", "fetal.cli", "worker"],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env=self._environment,
        )
        promote(workbench, version, "Ann")
        waiting = sum(view.label is None for view in scans.scans(workbench))
        assert waiting
        until(lambda: _predicted(workbench, version) >= waiting)
        worker.terminate()
        self.said += worker.communicate(timeout=60)[0]

    def _module(self, *words: str) -> None:
        ran = subprocess.run(
            [sys.executable, "-m", *words], capture_output=True, env=self._environment, check=False
        )
        assert ran.returncode == 0, ran.stderr.decode()
        self.said += ran.stdout + ran.stderr


def _predicted(workbench: Workbench, version: int) -> int:
    with workbench.store.reading() as session:
        return session.scalars(
            select(func.count()).select_from(PredictionRow).where(PredictionRow.model_id == version)
        ).one()


@pytest.fixture(scope="module")
def brought(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Brought]:
    folder = tmp_path_factory.mktemp("canary")
    brought = Brought(folder)
    source = folder / "source" / f"{WORD} {NUMBER}" / "brain"
    source.mkdir(parents=True)
    for seed, (kind, make) in enumerate(FORMATS.items()):
        (source / named(seed, kind)).write_bytes(make())
    brought.command("import", str(source.parent), "--who", "Ann")
    brought.command("import", str(_archive(folder)), "--unlabelled", "--patient", NUMBER)
    brought.work_in_the_app()
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("FETAL_MODEL", str(tiny_model().folder))
        workbench = open_workbench(Workspace.at(brought.kept))
    brought.work_of_the_worker(workbench)
    brought.exports.mkdir()
    brought.command("export", str(brought.exports / "labels.csv"))
    brought.command("export", str(brought.exports / "everything.zip"))
    # Before the database is closed: its write-ahead log is searched too.
    brought.open = workbench
    yield brought
    workbench.close()


def _archive(folder: Path) -> Path:
    path = folder / "scans.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.comment = WORD.encode()
        archive.writestr(f"{WORD}/{NUMBER}/{named(20, 'png')}", file(20).data)
        archive.writestr(f"{WORD}.txt", WORD)
    return path


def _wrong_values(seed: int) -> bytes:
    """A file whose tags break the rules of their kind, of which a decoder would like to warn."""
    before = config.settings.writing_validation_mode
    config.settings.writing_validation_mode = config.IGNORE
    try:
        made = dataset_of(50 + seed)
        for keyword in ("StudyInstanceUID", "StudyDate", "TransducerType", "PatientAge"):
            setattr(made, keyword, f"{WORD} {WORD}")
        made.AccessionNumber = made.PatientID = WORD * 9
        return packed(made)
    finally:
        config.settings.writing_validation_mode = before


@pytest.mark.parametrize("kind", FORMATS)
def test_the_files_do_carry_canaries_and_are_read(kind: str) -> None:
    data = FORMATS[kind]()
    assert found_in(unpacked(data))
    scan = read_scan(data, "a")
    assert scan.pixels.any()


def test_the_standards_whole_dictionary_is_in_the_dicom_file() -> None:
    data = FORMATS["dcm"]()
    assert data.count(WORD.encode()) > 2000
    assert data.count(NUMBER.encode()) > 500


def test_all_formats_came_in(brought: Brought) -> None:
    sources = [view.source for view in scans.scans(brought.open)]
    assert len(sources) == len(FORMATS) + 5


def test_no_identifier_is_in_any_byte_of_the_workspace(brought: Brought) -> None:
    kept = everything_in(brought.kept)
    assert b"SQLite format 3" in kept
    assert kept.count(b"IHDR") == len(FORMATS) + 5
    assert found_in(kept) == []


def test_no_identifier_is_in_what_the_database_gives(brought: Brought) -> None:
    with brought.open.store.engine.connect() as connection:
        database = connection.connection.driver_connection
        assert database is not None
        dump = "\n".join(database.iterdump())
    assert "INSERT INTO" in dump
    assert found_in(dump.encode()) == []


def test_no_identifier_is_in_an_export(brought: Brought) -> None:
    taken_out = everything_in(brought.exports)
    assert b"image,plane,patient" in taken_out
    assert found_in(taken_out) == []


def test_no_identifier_is_in_what_the_programs_say(brought: Brought) -> None:
    for whoever in (b"Added", b"The work in the app is done", b"Waiting for trainings"):
        assert whoever in brought.said
    assert found_in(brought.said) == []


def test_nothing_that_breaks_the_rules_of_its_tag_is_repeated(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("FETAL_MODEL", str(tiny_model().folder))
    workbench = open_workbench(Workspace.at(tmp_path))
    with caplog.at_level("INFO"):
        for seed, (kind, make) in enumerate(FORMATS.items()):
            whole = make()
            for data in (whole, whole[: len(whole) // 2], _wrong_values(seed)):
                add_scans(workbench, [UploadedFile(named(seed, kind), data)], who="Ann")
    out, err = capfd.readouterr()
    assert found_in((caplog.text + out + err).encode()) == []
    workbench.close()
