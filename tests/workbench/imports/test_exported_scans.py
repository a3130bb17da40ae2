"""An export reads back as what it was: in another workspace, and in its own."""

import csv
import io
import shutil
import zipfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import select

from fetal.phantom import simulate
from fetal.planes import Plane
from fetal.scans import encode_png, find_sector, pixel_digest
from fetal.store.tables import Annotation, Patient, ScanRow
from fetal.store.workspace import Workspace
from fetal.workbench import Workbench, open_workbench
from fetal.workbench.annotations import review
from fetal.workbench.catalogue import exports, scans
from fetal.workbench.catalogue.scans import ScanFilter
from fetal.workbench.imports import import_run
from fetal.workbench.imports.import_report import ImportReport
from fetal.workbench.imports.import_run import import_folder
from fetal.workbench.ingest.upload import (
    IngestOutcome,
    IngestResult,
    UploadedFile,
    add_samples,
    add_scans,
)
from tests.support.begun import begin
from tests.support.drawn import file, once
from tests.support.tiny_model import tiny_model

Row = dict[str, str]

KEPT = ("image", "plane", "annotator", "time", "note", "split", "source", "machine")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace's folder and its export, made once: storing the samples takes seconds."""
    place = tmp_path_factory.mktemp("exported")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FETAL_MODEL", str(tiny_model().folder))
        workbench = open_workbench(Workspace.at(begin(place / "workspace")))
        fill(workbench)
        pack(workbench, place / "export.zip")
        workbench.close()
    return place


@pytest.fixture
def workbench(made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Workbench]:
    """The workspace that was exported, as it was then."""
    monkeypatch.setenv("FETAL_MODEL", str(tiny_model().folder))
    shutil.copytree(made / "workspace", tmp_path / "workspace")
    opened = open_workbench(Workspace.at(tmp_path / "workspace"))
    yield opened
    opened.close()


@pytest.fixture
def exported(made: Path) -> Path:
    """An export of labelled, noted, unusable and sample scans of known and unknown patients."""
    return made / "export.zip"


@pytest.fixture
def another(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Workbench]:
    """A workspace elsewhere, with a key of its own."""
    monkeypatch.setenv("FETAL_MODEL", str(tiny_model().folder))
    opened = open_workbench(Workspace.at(begin(tmp_path / "elsewhere")))
    yield opened
    opened.close()


def fill(workbench: Workbench) -> None:
    """Store labelled, noted, unusable and sample scans of known and unknown patients."""
    named = stored(add_scans(workbench, [file(1), file(2)], who="Ann", patient="7"))
    unknown = stored(add_scans(workbench, [file(3), file(4)], who="Ann"))
    add_samples(workbench, "Ann")
    review.annotate(workbench, named[0], "brain", "Ann", note="clear; “midline”,\nsecond line")
    review.annotate(workbench, named[1], "unusable", "=Bob", note="'=1+1")
    review.annotate(workbench, unknown[0], "femur", "Eva")
    review.note(workbench, unknown[1], "ask", "Eva")
    with workbench.store.session() as session:
        session.get_one(Patient, session.get_one(ScanRow, named[0]).patient_id).split = "test"
        session.get_one(ScanRow, unknown[0]).machine = "Voluson E6"


def stored(results: list[IngestResult]) -> list[int]:
    numbers = []
    for taken in results:
        assert taken.scan_id is not None
        numbers.append(taken.scan_id)
    return numbers


def pack(workbench: Workbench, target: Path) -> Path:
    return exports.export_archive(workbench, None, target).target


def lines(text: str) -> list[Row]:
    return list(csv.DictReader(io.StringIO(text)))


def table_of(archive: Path) -> list[Row]:
    return lines(zipfile.ZipFile(archive).read("labels.csv").decode())


def told(rows: list[Row]) -> list[Row]:
    return [{name: row[name] for name in KEPT} for row in rows]


def by_name(rows: list[Row]) -> list[Row]:
    return sorted(told(rows), key=lambda row: row["image"])


def history(workbench: Workbench) -> tuple[int, int]:
    with workbench.store.reading() as session:
        return len(session.scalars(select(Annotation)).all()), scans.count(workbench)


def test_labels_notes_people_times_and_marks_come_back_in_another_workspace(
    exported: Path, another: Workbench, tmp_path: Path
) -> None:
    report = import_folder(another, exported, "Carl")
    assert (report.refused, report.count(IngestOutcome.ADDED), report.labelled) == ([], 28, 3)
    again = table_of(pack(another, tmp_path / "again.zip"))
    before = table_of(exported)
    # What else than “import” a scan came by is only told of samples.
    for row in before:
        row["source"] = "import" if row["source"] == "upload" else row["source"]
    assert by_name(again) == by_name(before)
    assert [row["note"] for row in again if row["annotator"] == "'=Bob"] == ["''=1+1"]


def test_the_person_who_imported_is_kept_beside_the_one_who_labelled(
    exported: Path, another: Workbench
) -> None:
    import_folder(another, exported, "Carl")
    with another.store.reading() as session:
        rows = session.scalars(select(Annotation).where(Annotation.label == "brain")).all()
        (row,) = rows
        assert (row.who, row.given_by, row.kind) == ("Carl", "Ann", "import")
        assert row.given_at is not None
        assert row.given_at < row.at
    (scan,) = scans.scans(another, ScanFilter(ids=(row.scan_id,)))
    assert (scan.labelled_by, scan.labelled_at) == ("Ann", row.given_at)


def test_patients_stay_apart_and_unknown_ones_unknown(exported: Path, another: Workbench) -> None:
    import_folder(another, exported, "Carl")
    before = {row["image"]: row["patient"] for row in table_of(exported)}
    with another.store.reading() as session:
        rows = session.execute(select(ScanRow.name, Patient.id, Patient.named).join(Patient)).all()
    pairs = {(before[f"{row.name}.png"], row.id) for row in rows}
    assert len(pairs) == len({one for one, _ in pairs}) == len({other for _, other in pairs})
    assert all(row.named is not before[f"{row.name}.png"].startswith("U-") for row in rows)


def test_in_its_own_workspace_an_export_adds_nothing(workbench: Workbench, exported: Path) -> None:
    before, table = history(workbench), exports.export_labels(workbench)
    report = import_folder(workbench, exported, "Carl")
    assert report.count(IngestOutcome.ALREADY_THERE) == 28
    assert (report.labelled, report.kept, report.refused) == (0, 0, [])
    assert not any("another patient" in taken.sentence for taken in report.taken)
    assert history(workbench) == before
    assert exports.export_labels(workbench) == table


def test_its_table_alone_adds_nothing_and_misses_nothing(
    workbench: Workbench, exported: Path
) -> None:
    before = history(workbench)
    data = zipfile.ZipFile(exported).read("labels.csv")
    report = import_run.import_csv(workbench, data, None, "Carl")
    assert (report.labelled, report.missing, report.refused) == (0, [], [])
    assert history(workbench) == before


def test_a_label_given_after_the_export_stays(workbench: Workbench, exported: Path) -> None:
    number = number_of(workbench, "brain")
    review.annotate(workbench, number, "thorax", "Bob")
    report = import_folder(workbench, exported, "Carl")
    assert (report.labelled, report.kept) == (0, 1)
    assert scans.scan(workbench, number).label == "thorax"


def test_a_label_that_was_taken_back_after_the_export_comes_back(
    workbench: Workbench, exported: Path
) -> None:
    number = number_of(workbench, "femur")
    review.undo_last(workbench, "Eva")
    review.undo_last(workbench, "Eva")
    assert scans.scan(workbench, number).label is None
    report: ImportReport = import_folder(workbench, exported, "Carl")
    assert report.labelled == 1
    assert scans.scan(workbench, number).labelled_by == "Eva"


def test_an_older_label_of_elsewhere_does_not_replace_a_newer_one(
    workbench: Workbench, exported: Path, another: Workbench
) -> None:
    add_scans(another, [file(1)], who="Carl", patient="7")
    (scan,) = scans.scans(another)
    review.annotate(another, scan.id, "cervix", "Carl")
    report = import_folder(another, exported, "Carl")
    assert (report.labelled, report.kept) == (2, 1)
    assert scans.scan(another, scan.id).label == "cervix"


def number_of(workbench: Workbench, label: str) -> int:
    (number,) = (scan.id for scan in scans.scans(workbench) if scan.label == label)
    return number


def test_the_test_lock_of_a_patient_comes_back(exported: Path, another: Workbench) -> None:
    import_folder(another, exported, "Carl")
    with another.store.reading() as session:
        splits = session.execute(select(ScanRow.id, Patient.split).join(Patient)).all()
    locked = [row.id for row in splits if row.split == "test"]
    assert sorted(str(scans.scan(another, number).label) for number in locked) == [
        "brain",
        "unusable",
    ]


@pytest.fixture
def former(tmp_path: Path) -> Path:
    """An export of version 0.1: nine columns, shorter names, pixels that were blanked once."""
    pixels = once(simulate(Plane.FEMUR, 2032).pixels)
    name = f"S-{pixel_digest(pixels)[:10]}.png"
    sample = once(simulate(Plane.BRAIN, 2026).pixels)
    mark = f"S-{pixel_digest(sample)[:10]}.png"
    target = tmp_path / "former.zip"
    with zipfile.ZipFile(target, "w") as archive:
        archive.writestr(
            "labels.csv",
            "image,plane,patient,annotator,time,model_plane,model_probability,model,note\n"
            f"{name},femur,P-0123456789,Ann,2026-11-26T13:30:36+00:00,femur,0.9,old,'-ok\n"
            f"{mark},,P-sample-brain-2026,,,brain,0.9,old,\n",
        )
        archive.writestr(f"images/{name}", encode_png(pixels))
        archive.writestr(f"images/{mark}", encode_png(sample))
    return target


def test_an_export_of_version_0_1_keeps_names_notes_people_and_samples(
    another: Workbench, former: Path, tmp_path: Path
) -> None:
    import_folder(another, former, "Carl")
    again = table_of(pack(another, tmp_path / "again.zip"))
    for row, before in zip(again, table_of(former), strict=True):
        assert {name: row[name] for name in KEPT[:5]} == {name: before[name] for name in KEPT[:5]}
    assert [row["source"] for row in again] == ["import", "sample"]


def test_the_file_that_an_exported_scan_came_from_is_the_same_scan(
    another: Workbench, former: Path
) -> None:
    import_folder(another, former, "Carl")
    screen = simulate(Plane.FEMUR, 2032).pixels
    assert pixel_digest(once(screen)) != pixel_digest(once(once(screen)))
    (taken,) = add_scans(another, [UploadedFile("a.png", encode_png(screen))], who="Carl")
    assert taken.outcome is IngestOutcome.ALREADY_THERE


def test_a_picture_that_only_claims_to_be_exported_is_blanked_all_the_same(
    another: Workbench,
) -> None:
    screen = simulate(Plane.FEMUR, 2032).pixels
    name = f"S-{pixel_digest(screen)[:16]}.png"
    (taken,) = add_scans(another, [UploadedFile(name, encode_png(screen))], who="Carl")
    assert taken.scan_id is not None
    outside = ~find_sector(screen).mask
    assert screen[outside].any()
    assert not scans.pixels(another, taken.scan_id)[outside].any()


def test_a_moment_without_a_zone_is_utc(another: Workbench, former: Path) -> None:
    import_folder(another, former, "Carl")
    text = zipfile.ZipFile(former).read("labels.csv").decode().replace("+00:00", "")
    report = import_run.import_csv(
        another, text.replace("femur,P", "brain,P").encode(), None, "Carl"
    )
    assert (report.labelled, report.kept) == (0, 1)
    number = number_of(another, "femur")
    assert scans.scan(another, number).labelled_at == datetime(2026, 11, 26, 13, 30, 36, tzinfo=UTC)
