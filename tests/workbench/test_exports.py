import csv
import io
import zipfile

import numpy as np

from fetal.scans import decode_png
from fetal.store.audit import entries
from fetal.workbench import dataset, review, views
from fetal.workbench.views import ScanFilter


def lines(text):
    return list(csv.DictReader(io.StringIO(text)))


def test_labels_come_out_with_who_when_and_the_model_s_opinion(bench, five_scans):
    review.annotate(bench, five_scans[0], "brain", "Ann", note="clear; thalami, midline")
    found = lines(dataset.export_labels(bench))
    scan = views.scan(bench, five_scans[0])
    assert [line["image"] for line in found] == [
        f"{views.scan(bench, number).name}.png" for number in five_scans
    ]
    assert found[0]["plane"] == "brain"
    assert found[0]["patient"] == bench.pseudonyms.patient("4711")
    assert found[0]["annotator"] == "Ann"
    assert found[0]["time"].endswith("+00:00")
    assert found[0]["model_plane"] == scan.predicted
    assert float(found[0]["model_probability"]) == round(scan.confidence, 4)
    assert found[0]["note"] == "clear; thalami, midline"
    assert found[1]["plane"] == found[1]["annotator"] == ""


def test_only_what_the_filter_shows_comes_out(bench, five_scans):
    review.annotate(bench, five_scans[0], "brain", "Ann")
    assert len(lines(dataset.export_labels(bench, ScanFilter(reviewed=True)))) == 1


def test_no_note_becomes_a_formula_in_a_spreadsheet(bench, five_scans):
    review.annotate(bench, five_scans[0], "brain", "@Ann", note='=HYPERLINK("http://x")')
    (line,) = lines(dataset.export_labels(bench, ScanFilter(reviewed=True)))
    assert line["note"].startswith("'=")
    assert line["annotator"] == "'@Ann"


def test_an_archive_holds_labels_and_pixels_and_comes_in_again(bench, five_scans, tmp_path):
    for number, plane in zip(five_scans, ("brain", "femur", "unusable"), strict=False):
        review.annotate(bench, number, plane, "Ann")
    told = []
    target = dataset.export_archive(
        bench, ScanFilter(), tmp_path / "out" / "scans.zip", on_progress=lambda *a: told.append(a)
    )
    assert told[-1] == (5, 5)
    with zipfile.ZipFile(target) as archive:
        assert len(archive.namelist()) == 6
        name = f"images/{views.scan(bench, five_scans[0]).name}.png"
        assert np.array_equal(decode_png(archive.read(name)), views.pixels(bench, five_scans[0]))
        archive.extractall(tmp_path / "back")
    assert [path.name for path in target.parent.iterdir()] == ["scans.zip"]
    before = dataset.export_labels(bench)
    review.undo_last(bench, "Ann")
    report = dataset.import_csv(
        bench, tmp_path / "back" / "labels.csv", tmp_path / "back" / "images", "Ben"
    )
    assert report.labelled == 1
    assert [line["plane"] for line in lines(dataset.export_labels(bench))] == [
        line["plane"] for line in lines(before)
    ]
    assert views.count(bench) == 5


def test_what_leaves_the_workspace_is_in_the_audit_trail(bench, five_scans, tmp_path):
    dataset.export_labels(bench, who="Ann")
    dataset.export_archive(bench, None, tmp_path / "a.zip", who="Ben")
    with bench.store.reading() as session:
        trail = [(line.who, line.action, line.detail) for line in entries(session)]
    assert trail == [
        ("Ben", "export scans", {"scans": 5}),
        ("Ann", "export labels", {"scans": 5}),
    ]


def test_the_table_has_a_line_for_each_scan(bench, five_scans):
    review.annotate(bench, five_scans[0], "cervix", "Ann")
    table = dataset.table(bench, ScanFilter(order="oldest"))
    assert list(table["id"]) == five_scans
    assert table["label"][0] == "Maternal cervix"
    assert table["labelled by"][0] == "Ann"
    assert dataset.table(bench, ScanFilter(ids=())).empty


def test_scans_are_counted_by_plane_and_by_patient(bench, five_scans):
    review.annotate(bench, five_scans[0], "brain", "Ann")
    review.annotate(bench, five_scans[1], "unusable", "Ann")
    planes = dataset.counts_per_plane(bench)
    assert planes["labelled"]["Fetal brain"] == planes["labelled"]["Unusable"] == 1
    assert planes["not labelled"].sum() == 3
    assert len(planes) == 7
    patients = dataset.counts_per_patient(bench)
    assert patients.loc[bench.pseudonyms.patient("4711")].to_dict() == {
        "labelled": 2,
        "not labelled": 3,
    }


def test_an_empty_workspace_counts_nothing(bench):
    assert dataset.counts_per_plane(bench).empty
    assert dataset.counts_per_patient(bench).empty
