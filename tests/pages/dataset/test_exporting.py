"""What the Dataset page takes out, with the names of a person's own files beside it."""

import csv
import io
import tempfile
import zipfile

import pytest

from fetal.workbench import open_workbench
from fetal.workbench.catalogue.scans import ScanFilter
from fetal.workbench.ingest.upload import add_scans
from pages.parts.dataset import exporting
from tests.support.drawn import file
from tests.support.waiting import until


@pytest.fixture
def stored():
    """Two stored scans, whose files are called `scan 0.png` and `scan 1.png`."""
    workbench = open_workbench()
    add_scans(workbench, [file(0), file(1)], who="Ann", patient="7")
    yield workbench
    workbench.close()


def test_the_names_of_one_s_own_files_come_out_beside_the_codes(
    open_app, stored, monkeypatch, tmp_path
):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    app = open_app("dataset")
    app.session_state["dataset-tab"] = "Export"
    app.run()
    app.text_area(key="export-own-files").input("ward/scan 1.png\n\nanother.png\n").run()
    app.button(key="export-pack").click().run()
    assert not app.exception
    until(lambda: list(tmp_path.glob("fetal-export-*/scans-*.zip")))
    (packed,) = tmp_path.glob("fetal-export-*/scans-*.zip")
    with zipfile.ZipFile(packed) as archive:
        rows = csv.DictReader(io.StringIO(archive.read("labels.csv").decode()))
        assert [row["file"] for row in rows] == ["", "ward/scan 1.png"]


def test_the_table_of_labels_is_a_file_with_the_chosen_scans(open_app, stored):
    open_app("dataset")
    with exporting.labels_file(ScanFilter(), ["scan 1.png"], "Ann") as table:
        rows = list(csv.DictReader(io.StringIO(table.read().decode())))
    assert [row["file"] for row in rows] == ["", "scan 1.png"]
    with exporting.labels_file(ScanFilter(reviewed=True), None, "Ann") as table:
        assert len(table.read().splitlines()) == 1
