import csv
import io
import zipfile
from pathlib import Path

import numpy as np
import pytest
from sqlalchemy import select

from fetal.progress import Progress
from fetal.scans import decode_png
from fetal.scans.deidentification.file_names import frame_name
from fetal.store.audit import entries
from fetal.store.tables import Patient, PredictionRow, ScanRow
from fetal.workbench import Workbench
from fetal.workbench.annotations import review
from fetal.workbench.catalogue import exports, scan_table, scans
from fetal.workbench.catalogue.scans import ScanFilter
from fetal.workbench.imports import import_run
from fetal.workbench.label_tables.export_format import plain_cell, safe_cell
from fetal.workbench.label_tables.own_file_names import own_names


def lines(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


def test_labels_come_out_with_who_when_and_the_model_s_opinion(
    workbench: Workbench, five_scans: list[int]
) -> None:
    review.annotate(workbench, five_scans[0], "brain", "Ann", note="clear; thalami, midline")
    found = lines(exports.export_labels(workbench))
    scan = scans.scan(workbench, five_scans[0])
    assert [line["image"] for line in found] == [
        f"{scans.scan(workbench, number).name}.png" for number in five_scans
    ]
    assert found[0]["plane"] == "brain"
    assert found[0]["patient"] == workbench.pseudonyms.patient("4711")
    assert found[0]["annotator"] == "Ann"
    assert found[0]["time"].endswith("+00:00")
    assert found[0]["model_plane"] == scan.predicted
    assert scan.confidence is not None
    assert float(found[0]["model_probability"]) == round(scan.confidence, 4)
    assert found[0]["note"] == "clear; thalami, midline"
    assert found[1]["plane"] == found[1]["annotator"] == ""


def test_only_what_the_filter_shows_comes_out(workbench: Workbench, five_scans: list[int]) -> None:
    review.annotate(workbench, five_scans[0], "brain", "Ann")
    assert len(lines(exports.export_labels(workbench, ScanFilter(reviewed=True)))) == 1


def test_no_note_becomes_a_formula_in_a_spreadsheet(
    workbench: Workbench, five_scans: list[int]
) -> None:
    review.annotate(workbench, five_scans[0], "brain", "@Ann", note='=HYPERLINK("http://x")')
    (line,) = lines(exports.export_labels(workbench, ScanFilter(reviewed=True)))
    assert line["note"].startswith("'=")
    assert line["annotator"] == "'@Ann"


def test_an_archive_holds_labels_and_pixels_and_comes_in_again(
    workbench: Workbench, five_scans: list[int], tmp_path: Path
) -> None:
    for number, plane in zip(five_scans, ("brain", "femur", "unusable"), strict=False):
        review.annotate(workbench, number, plane, "Ann")
    reported: list[Progress] = []
    target = exports.export_archive(
        workbench,
        ScanFilter(),
        tmp_path / "out" / "scans.zip",
        on_progress=reported.append,
    ).target
    assert reported[-1] == Progress(5, 5)
    with zipfile.ZipFile(target) as archive:
        assert len(archive.namelist()) == 6
        name = f"images/{scans.scan(workbench, five_scans[0]).name}.png"
        assert np.array_equal(
            decode_png(archive.read(name)), scans.pixels(workbench, five_scans[0])
        )
        archive.extractall(tmp_path / "back")
    assert [path.name for path in target.parent.iterdir()] == ["scans.zip"]
    before = exports.export_labels(workbench)
    review.undo_last(workbench, "Ann")
    report = import_run.import_csv(
        workbench, tmp_path / "back" / "labels.csv", tmp_path / "back" / "images", "Ben"
    )
    assert report.labelled == 1
    assert [line["plane"] for line in lines(exports.export_labels(workbench))] == [
        line["plane"] for line in lines(before)
    ]
    assert scans.count(workbench) == 5


def test_what_leaves_the_workspace_is_in_the_audit_trail(
    workbench: Workbench, five_scans: list[int], tmp_path: Path
) -> None:
    exports.export_labels(workbench, who="Ann")
    exports.export_archive(workbench, None, tmp_path / "a.zip", who="Ben")
    with workbench.store.reading() as session:
        trail = [(line.who, line.action, line.detail) for line in entries(session)]
    assert trail == [
        ("Ben", "export scans", {"scans": 5}),
        ("Ann", "export labels", {"scans": 5}),
    ]


def test_the_table_has_a_line_for_each_scan(workbench: Workbench, five_scans: list[int]) -> None:
    review.annotate(workbench, five_scans[0], "cervix", "Ann")
    table = scan_table.table(workbench, ScanFilter(order="oldest"))
    assert list(table["id"]) == five_scans
    assert table["label"][0] == "Maternal cervix"
    assert table["labelled by"][0] == "Ann"
    assert scan_table.table(workbench, ScanFilter(ids=())).empty


def test_scans_are_counted_by_plane_and_by_patient(
    workbench: Workbench, five_scans: list[int]
) -> None:
    review.annotate(workbench, five_scans[0], "brain", "Ann")
    review.annotate(workbench, five_scans[1], "unusable", "Ann")
    planes = scan_table.counts_per_plane(workbench)
    assert planes["labelled"]["Fetal brain"] == planes["labelled"]["Unusable"] == 1
    assert planes["not labelled"].sum() == 3
    assert len(planes) == 7
    counted = scan_table.counts_per_patient(workbench)
    patients = counted.most
    assert counted.patients == len(patients)
    assert patients.loc[workbench.pseudonyms.patient("4711")].to_dict() == {
        "labelled": 2,
        "not labelled": 3,
    }


def test_an_empty_workspace_counts_nothing(workbench: Workbench) -> None:
    assert scan_table.counts_per_plane(workbench).empty
    assert scan_table.counts_per_patient(workbench).most.empty


def test_the_table_says_how_much_the_model_doubts_and_on_which_side_a_patient_is(
    workbench: Workbench, five_scans: list[int]
) -> None:
    with workbench.store.session() as session:
        scan = session.get_one(ScanRow, five_scans[0])
        session.get_one(Patient, scan.patient_id).split = "validation"
        said = session.scalars(select(PredictionRow).where(PredictionRow.scan_id == scan.id)).one()
        said.doubt, said.unfamiliarity, scan.machine = "unknown", 1.25, "Voluson E6"
    line = lines(exports.export_labels(workbench))[0]
    assert (line["doubt"], line["unfamiliarity"]) == ("unknown", "1.2500")
    assert (line["split"], line["source"], line["machine"]) == (
        "validation",
        "upload",
        "Voluson E6",
    )


def test_new_columns_stand_behind_those_of_version_0_1(workbench: Workbench) -> None:
    header = exports.export_labels(workbench).splitlines()[0]
    assert header.startswith(
        "image,plane,patient,annotator,time,model_plane,model_probability,model,note,doubt"
    )


def test_a_person_s_own_file_names_stand_beside_the_codes_and_are_not_kept(
    workbench: Workbench, five_scans: list[int]
) -> None:
    names = ["ward/scan 0.png", "other/scan 0.tif", "scan 3.png", "unrelated.png"]
    found = lines(exports.export_labels(workbench, files=names))
    assert [line["file"] for line in found] == [
        "ward/scan 0.png; other/scan 0.tif",
        "",
        "",
        "scan 3.png",
        "",
    ]
    assert "file" not in lines(exports.export_labels(workbench))[0]
    files = [path for path in workbench.workspace.folder.rglob("*") if path.is_file()]
    assert not any(b"ward/scan" in path.read_bytes() for path in files)


def test_a_frame_of_a_film_is_found_by_the_film_s_name(workbench: Workbench) -> None:
    key = workbench.pseudonyms.file(frame_name("clip.dcm", 11))
    assert own_names(workbench.pseudonyms, ["a/clip.dcm"], {key}.intersection) == {
        key: "a/clip.dcm, frame 12"
    }


def test_an_archive_goes_on_without_a_damaged_picture_and_names_the_scan(
    workbench: Workbench, five_scans: list[int], tmp_path: Path
) -> None:
    with workbench.store.reading() as session:
        scan = session.get_one(ScanRow, five_scans[1])
    workbench.blobs.put(scan.blob, b"damaged")
    found = exports.export_archive(workbench, None, tmp_path / "all.zip")
    (sentence,) = found.left_out
    assert scan.name in sentence
    with zipfile.ZipFile(found.target) as archive:
        pictures = [name for name in archive.namelist() if name.startswith("images/")]
        assert len(pictures) == 4
        assert len(lines(archive.read("labels.csv").decode())) == 5
        assert scan.name in archive.read("left out.txt").decode()


@pytest.mark.parametrize("text", ["=1", "'=1", "''+", "-ok", "plain", "'quoted'", "", "'"])
def test_what_is_guarded_against_spreadsheets_reads_back(text: str) -> None:
    assert plain_cell(safe_cell(text)) == text
    assert safe_cell(text)[:1] not in ("=", "+", "-", "@")
