"""A line finds its picture, and lines that contradict each other are left out."""

import unicodedata
from pathlib import Path

import pytest

from fetal.store.tables import Annotation
from fetal.workbench import Workbench
from fetal.workbench.annotations.review import annotate
from fetal.workbench.catalogue import scans
from fetal.workbench.imports.image_index import AmbiguousImageError, PictureIndex
from fetal.workbench.imports.import_run import import_csv, plan_import
from fetal.workbench.ingest.upload import UploadedFile
from tests.support.drawn import file

NFC = "Fötus é.png"
NFD = unicodedata.normalize("NFD", NFC)


@pytest.mark.parametrize(
    ("lines", "told"),
    [
        (
            "a,P1,thorax\na,P1,femur\na,P1,thorax",
            "Lines 2, 3, 4 contradict each other and were left out",
        ),
        ("a,P1,brain\nA.png,P1,femur", "different planes (brain, femur)"),
        ("a,P1,brain\na,P2,brain", "different patients"),
        ("a,P1,brain\na,P1,unusable", "different planes (brain, unusable)"),
    ],
)
def test_lines_that_contradict_each_other_are_named_and_left_out(
    workbench: Workbench, lines: str, told: str
) -> None:
    table = f"image,patient,plane\n{lines}\nb,P3,femur\n".encode()
    report = import_csv(workbench, table, [file(1, "a.png"), file(2, "b.png")], "Ann")
    assert [scan.label for scan in scans.scans(workbench)] == ["femur"]
    assert told in report.refused[0]
    assert "P2" not in "".join(report.refused)
    assert report.kept == 0


def test_a_picture_in_training_and_in_testing_is_left_out(workbench: Workbench) -> None:
    table = b"image,plane,Train\na,brain,0\na,brain,1\n"
    report = import_csv(workbench, table, [file(1, "a.png")], "Ann")
    assert scans.scans(workbench) == []
    assert "different splits (test, training)" in report.refused[0]


def test_lines_that_agree_are_taken_together(workbench: Workbench) -> None:
    table = b"image,patient,plane\na,,brain\na.png,P1,Fetal brain\n./a,P1,\n"
    report = import_csv(workbench, table, [file(1, "a.png")], "Ann")
    [scan] = scans.scans(workbench)
    assert (scan.label, scan.named_patient) == ("brain", True)
    assert report.refused == []
    assert len(report.taken) == 1


def test_lines_without_their_pictures_contradict_each_other_too(workbench: Workbench) -> None:
    import_csv(workbench, b"image,plane\na,brain\n", [file(1, "a.png")], "Ann")
    report = import_csv(workbench, b"image,plane\na,femur\nA.PNG,thorax\n", None, "Ann")
    assert report.labelled == 0
    assert "Lines 2, 3 contradict each other and were left out" in report.refused[0]


def test_two_files_with_one_picture_and_two_planes_are_told(workbench: Workbench) -> None:
    files = [file(1, "a.png"), file(1, "b.png")]
    report = import_csv(workbench, b"image,plane\na,brain\nb,femur\n", files, "Ann")
    assert [scan.label for scan in scans.scans(workbench)] == ["brain"]
    assert "b.png: It is the same picture as a.png" in report.refused[0]
    with workbench.store.reading() as session:
        assert session.query(Annotation).count() == 1


def test_a_persons_label_still_stands_when_an_import_comes_again(workbench: Workbench) -> None:
    table = b"image,plane\na,brain\n"
    import_csv(workbench, table, [file(1, "a.png")], "Ann")
    annotate(workbench, scans.scans(workbench)[0].id, "femur", "Ben")
    assert import_csv(workbench, table, [file(1, "a.png")], "Ann").kept == 1


@pytest.mark.parametrize(("on_disk", "in_table"), [(NFD, NFC), (NFC, NFD), (NFD, NFC.upper())])
def test_a_name_is_the_same_however_its_accents_are_written(
    tmp_path: Path, on_disk: str, in_table: str
) -> None:
    (tmp_path / on_disk).write_bytes(file(1).data)
    plan = plan_import(tmp_path, table=f"image,plane\n{in_table},brain\n".encode())
    assert len(plan.images) == 1
    assert not plan.missing


def test_a_stored_scan_is_found_by_its_name_however_that_is_written(workbench: Workbench) -> None:
    import_csv(workbench, f"image,plane\n{NFD},brain\n".encode(), [file(1, NFD)], "Ann")
    report = import_csv(workbench, f"image,plane\n{NFC},femur\n".encode(), None, "Ann")
    assert report.labelled == 1


def index(*labels: str) -> PictureIndex:
    return PictureIndex([UploadedFile(label, b"") for label in labels])


def found(pictures: PictureIndex, name: str) -> str | None:
    piece = pictures.find(name)
    return piece.label if piece else None


def test_two_pictures_of_one_name_are_told_apart_by_ending_and_folder() -> None:
    pictures = index("a.png", "a.jpg", "B.png", "b.png")
    with pytest.raises(AmbiguousImageError, match="fits 2 files"):
        pictures.find("a")
    assert found(pictures, "a.jpg") == "a.jpg"
    assert found(pictures, "B.png") == "B.png"
    with pytest.raises(AmbiguousImageError):
        pictures.find("b")


def test_the_last_folders_are_enough_to_tell_two_pictures_apart() -> None:
    pictures = index("data/imgs/P1/a.png", "data/imgs/P2/a.png")
    with pytest.raises(AmbiguousImageError):
        pictures.find("a.png")
    assert found(pictures, "P2/a.png") == "data/imgs/P2/a.png"
    assert found(pictures, "imgs\\p1\\A") == "data/imgs/P1/a.png"
    assert found(pictures, "P3/b.png") is None


@pytest.mark.parametrize("encoding", ["cp1252", "cp850", "shift_jis", "gbk"])
def test_a_name_that_an_archive_holds_in_another_code_page_is_found(encoding: str) -> None:
    name = "胎児 写真.png" if encoding in ("shift_jis", "gbk") else "Fötus ß.png"
    packed = name.encode(encoding).decode("cp437")
    assert found(index(packed), name) == packed


def test_lines_for_one_stored_scan_in_two_folders_contradict_each_other(
    workbench: Workbench,
) -> None:
    import_csv(workbench, b"image,plane\na,brain\n", [file(1, "a.png")], "Ann")
    report = import_csv(workbench, b"image,plane\nx/a,femur\ny/a,thorax\n", None, "Ann")
    assert report.labelled == 0
    assert "Lines 2, 3 contradict each other and were left out" in report.refused[0]
