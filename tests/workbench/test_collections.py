import csv
import io
import zipfile
from collections.abc import Mapping
from pathlib import Path

import pytest
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import UID, ExplicitVRLittleEndian
from sqlalchemy import select

from fetal.progress import Progress
from fetal.store.tables import Patient, ScanRow
from fetal.workbench import Workbench
from fetal.workbench.catalogue import scans
from fetal.workbench.imports.import_run import (
    NoFolderError,
    import_folder,
    import_scans,
    plan_import,
)
from fetal.workbench.imports.recognise import Kind
from fetal.workbench.ingest.file_sources import open_source
from fetal.workbench.ingest.upload import IngestOutcome, UploadedFile, add_scans
from fetal.workbench.label_tables.columns import Columns, ColumnsError, guess_columns, parse_columns
from tests.support.drawn import file


def packed(files: Mapping[str, bytes]) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return target.getvalue()


def labels(workbench: Workbench) -> list[str]:
    return sorted((scan.label or "") for scan in scans.scans(workbench))


def test_an_archive_of_folders_comes_in_without_touching_the_disk(
    workbench: Workbench, tmp_path: Path
) -> None:
    inner = packed({"femur/b.png": file(2).data})
    content = packed(
        {
            "export/brain/a.png": file(1).data,
            "export/brain/../../../evil.png": b"no picture",
            "export/liver/x.png": file(3).data,
            "export/notes.txt": b"not looked at",
            "__MACOSX/export/brain/._a.png": b"not looked at",
        }
    )
    (tmp_path / "all.zip").write_bytes(content)
    report = import_folder(workbench, tmp_path / "all.zip", "Ann")
    assert labels(workbench) == ["brain"]
    assert [row[:3] for row in report.rows() if row[1] == "added"] == [
        ("export/brain/a.png", "added", "brain")
    ]
    assert any("liver" in sentence for sentence in report.refused)
    assert {path.name for path in tmp_path.iterdir()} == {"all.zip", "workspace"}
    assert not list(tmp_path.parent.rglob("evil.png"))
    nested = [UploadedFile("drop.zip", packed({"inner.zip": inner}))]
    plan = plan_import(nested, unlabelled=True)
    assert [planned.piece.label for planned in plan.images] == ["drop.zip/inner.zip/femur/b.png"]


def test_what_was_exported_comes_in_again_as_one_archive(
    workbench: Workbench, tmp_path: Path
) -> None:
    table = b"image,plane,patient\na.png,femur,P-1\nb.png,unusable,P-2\n"
    files = {"labels.csv": table, "images/a.png": file(1).data, "images/b.png": file(2).data}
    files["images/c.png"] = file(3).data
    report = import_folder(workbench, [UploadedFile("scans.zip", packed(files))], "Ann")
    assert report.kind == Kind.TABLE
    assert labels(workbench) == ["femur", "unusable"]
    assert report.unlisted == ["scans.zip/images/c.png"]


def test_fetal_planes_keeps_split_machine_and_operator_and_names_what_is_missing(
    workbench: Workbench, tmp_path: Path
) -> None:
    folder = tmp_path / "FETAL_PLANES_ZENODO"
    (folder / "Images").mkdir(parents=True)
    for patient in (1, 2):
        name = f"Patient0000{patient}_Plane1_1_of_1.png"
        (folder / "Images" / name).write_bytes(file(patient).data)
    (folder / "FETAL_PLANES_DB_data.csv").write_text(
        "Image_name;Patient_num;Plane;Brain_plane;Operator;US_Machine;Train \n"
        "Patient00001_Plane1_1_of_1;1;Fetal brain;Other;Op. 1;Voluson E6;1 \n"
        "Patient00002_Plane1_1_of_1;2;Fetal femur;Not A Brain;Dr Meyer;Aloka;0 \n"
        "Patient00003_Plane1_1_of_1;3;Fetal femur;Not A Brain;Op. 3;Aloka;0 \n"
    )
    plan = plan_import(folder)
    assert plan.kind is Kind.FETAL_PLANES
    assert (plan.kept_to_test(), plan.patients(), len(plan.stored)) == (1, 2, 1)
    report = import_scans(workbench, plan, "Ann")
    assert report.missing == ["Patient00003_Plane1_1_of_1"]
    with workbench.store.reading() as session:
        kept = session.execute(
            select(ScanRow.machine, ScanRow.facts, Patient.split)
            .join(Patient, Patient.id == ScanRow.patient_id)
            .order_by(ScanRow.id)
        ).all()
    assert [split for _, _, split in kept] == [None, "test"]
    assert all(machine for machine, _, _ in kept)
    # What is no code of that data set could be somebody's name.
    assert [facts.get("operator") for _, facts, _ in kept] == ["Op. 1", None]


def test_hc18_is_fetal_heads_without_their_outlines_grouped_by_patient(
    workbench: Workbench, tmp_path: Path
) -> None:
    folder = tmp_path / "hc18" / "training_set"
    folder.mkdir(parents=True)
    for seed, name in enumerate(("000_HC", "010_HC", "010_2HC", "000_HC_Annotation")):
        (folder / f"{name}.png").write_bytes(file(seed).data)
    (folder.parent / "training_set_pixel_size_and_HC.csv").write_text(
        "filename,pixel size(mm),head circumference (mm)\n000_HC.png,0.07,44.3\n"
    )
    report = import_folder(workbench, folder.parent, "Ann")
    assert report.kind == Kind.HC18
    assert labels(workbench) == ["brain"] * 3
    assert report.masks == 1
    assert len({scan.patient for scan in scans.scans(workbench)}) == 2
    assert report.refused == []


@pytest.mark.filterwarnings("ignore:Invalid value for VR CS")
def test_a_dicomdir_names_its_files_and_none_outside_its_folder(tmp_path: Path) -> None:
    disc = tmp_path / "disc"
    (disc / "IMAGES").mkdir(parents=True)
    (disc / "IMAGES" / "A.001").write_bytes(file(1).data)
    (disc / "README.TXT").write_text("not looked at")
    (tmp_path / "SECRET").write_bytes(file(2).data)
    records = [["IMAGES", "A.001"], ["IMAGES", "GONE"], ["..", "SECRET"]]
    directory = Dataset()
    directory.DirectoryRecordSequence = []
    for place in records:
        record = Dataset()
        record.DirectoryRecordType = "IMAGE"
        record.ReferencedFileID = place
        directory.DirectoryRecordSequence.append(record)
    directory.file_meta = FileMetaDataset()
    directory.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    directory.file_meta.MediaStorageSOPClassUID = UID("1.2.840.10008.1.3.10")
    directory.file_meta.MediaStorageSOPInstanceUID = UID("1.2.3")
    directory.save_as(disc / "DICOMDIR", enforce_file_format=True)
    for opened in (disc, disc / "DICOMDIR"):
        source = open_source(opened)
        assert [piece.label for piece in source.pieces] == ["IMAGES/A.001"]
        assert source.missing == ["IMAGES/GONE", "../SECRET"]
    (disc / "DICOMDIR").write_bytes(b"\0" * 40)
    assert [name for name, _ in open_source(disc).refused] == ["DICOMDIR"]


def test_columns_are_guessed_from_names_and_from_cells() -> None:
    names = ["Nr", "FILE", "Finding", "Patient_ID"]
    lines = [["1", "a.png", "Fetal brain", "x"], ["2", "b.png", "unusable", "y"]]
    guess = guess_columns(names, lines)
    assert guess == Columns(image="FILE", plane="Finding", patient="Patient_ID")
    assert parse_columns(guess.words(), names) == guess


@pytest.mark.parametrize("text", ["image", "colour=FILE", "image=", "image=nothing"])
def test_a_mapping_that_cannot_be_used_says_what_is_expected(text: str) -> None:
    with pytest.raises(ColumnsError):
        parse_columns(text, ["FILE", "LABEL"])


def test_a_mapping_of_columns_overrules_the_guess(workbench: Workbench) -> None:
    table = b"image,code,plane\na.png,femur,brain\n"
    plan = plan_import([file(1, "a.png")], table=table, columns=parse_columns("plane=code"))
    assert [planned.label for planned in plan.images] == ["femur"]


def test_a_dry_run_tells_what_would_be_and_writes_nothing(workbench: Workbench) -> None:
    files = [file(1, "a.png"), file(1, "b.png"), file(2, "c.png"), UploadedFile("d.png", b"broken")]
    table = b"image,plane\na,brain\nb,brain\nc,femur\nd,femur\ne,other\n"
    plan = plan_import(files, table=table)
    report = import_scans(workbench, plan, "Ann", dry_run=True)
    assert [taken.outcome for taken in report.taken] == [
        IngestOutcome.ADDED,
        IngestOutcome.ALREADY_THERE,
        IngestOutcome.ADDED,
        IngestOutcome.REFUSED,
    ]
    assert report.per_plane() == {"brain": 2, "femur": 1}
    assert report.missing == ["e"]
    assert scans.scans(workbench) == []
    assert import_scans(workbench, plan, "Ann").count(IngestOutcome.ADDED) == 2


def test_a_stopped_import_goes_on_where_it_was(workbench: Workbench) -> None:
    plan = plan_import([file(seed, f"{seed}.png") for seed in range(16)], unlabelled=True)
    done = []
    stopped = import_scans(
        workbench,
        plan,
        "Ann",
        on_progress=lambda progress: done.append(progress.done),
        stop=lambda: done[-1] > 0,
    )
    assert stopped.stopped
    stored = stopped.count(IngestOutcome.ADDED)
    assert 0 < stored < 16
    again = import_scans(workbench, plan, "Ann")
    there, added = again.count(IngestOutcome.ALREADY_THERE), again.count(IngestOutcome.ADDED)
    assert (there, added) == (stored, 16 - stored)
    assert not again.stopped


def test_the_report_is_a_table_that_no_spreadsheet_takes_for_a_formula(
    workbench: Workbench,
) -> None:
    files = [
        file(1, "=1+1.png"),
        UploadedFile("b.png", b"broken"),
        UploadedFile("x.zip", b"PK\3\4cut"),
    ]
    report = import_scans(workbench, plan_import(files, unlabelled=True), "Ann")
    rows = list(csv.DictReader(io.StringIO(report.csv())))
    assert [(row["file"], row["outcome"]) for row in rows] == [
        ("'=1+1.png", "added"),
        ("b.png", "refused"),
        ("x.zip", "refused"),
    ]
    assert all(row["sentence"] for row in rows)


def test_many_scans_are_read_in_other_processes_and_come_in_order(workbench: Workbench) -> None:
    files = [file(seed, f"{seed:02d}.png") for seed in range(12)]
    report = import_scans(workbench, plan_import(files, unlabelled=True), "Ann")
    assert report.files == [f"{seed:02d}.png" for seed in range(12)]
    assert report.count(IngestOutcome.ADDED) == 12


def test_a_dropped_archive_gives_its_scans_and_names_what_it_cannot_give(
    workbench: Workbench,
) -> None:
    inner = packed({"b.png": file(2).data})
    dropped = packed({"a.png": file(1).data, "in.zip": inner, "bad.png": b"x", "x.txt": b"x"})
    files = [UploadedFile("c.png", file(3).data), UploadedFile("all.zip", dropped)]
    files.append(UploadedFile("none.zip", packed({"notes.txt": b"x"})))
    reported: list[Progress] = []
    taken = add_scans(workbench, files, who="Ann", on_progress=reported.append)
    assert [(one.file, one.outcome) for one in taken] == [
        ("c.png", IngestOutcome.ADDED),
        ("a.png", IngestOutcome.ADDED),
        ("b.png", IngestOutcome.ADDED),
        ("bad.png", IngestOutcome.REFUSED),
        ("none.zip", IngestOutcome.REFUSED),
    ]
    assert reported[-1] == Progress(5, 5)


def test_a_place_that_is_not_there_says_so(tmp_path: Path) -> None:
    with pytest.raises(NoFolderError):
        plan_import(tmp_path / "gone.zip")
