"""Import, training and measurement take a table's lines alike, on the command line."""

import os
import sys
import unicodedata
from collections import Counter
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from fetal.cli import main
from fetal.cli.labelled import labelled_images
from fetal.cli.training import _examples, _of_table
from fetal.training.data.examples import Example
from fetal.workbench.label_tables.columns import ColumnsError
from tests.support.drawn import file
from tests.support.tiny_model import tiny_model

PLANES = ("brain", "abdomen", "femur", "thorax", "cervix", "other")


def learnt(labels: Path, images: Path) -> list[Example]:
    """What `fetal train --official-train` would learn from."""
    left_out = Counter[str]()
    return _examples(
        _of_table(labels, images, None, left_out, official=True), left_out, official=True
    )


@pytest.fixture(autouse=True)
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An empty workspace with a model that is quick to load."""
    monkeypatch.setenv("FETAL_MODEL", str(tiny_model().folder))
    monkeypatch.setenv("FETAL_WORKSPACE", str(tmp_path / "workspace"))
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def images(tmp_path: Path) -> Path:
    """Six scans, 0.png to 5.png."""
    folder = tmp_path / "images"
    folder.mkdir()
    for seed in range(6):
        (folder / f"{seed}.png").write_bytes(file(seed).data)
    return folder


def fetal(*words: object) -> Result:
    return CliRunner().invoke(main, [str(word) for word in words])


def table(tmp_path: Path, header: str, *lines: str) -> Path:
    place = tmp_path / "labels.csv"
    place.write_text("\n".join((header, *lines)) + "\n", encoding="utf-8")
    return place


@pytest.mark.parametrize(
    ("header", "test", "train"),
    [
        ("Train", "0.0", "1.0"),
        ("Train", "False", "True"),
        ("train", "no", "yes"),
        ("Train", '"0,0"', '"1,0"'),
        ("split", "test", "train"),
        ("is_test", "1", "0"),
    ],
)
def test_all_three_keep_the_same_scans_to_test(
    tmp_path: Path, images: Path, header: str, test: str, train: str
) -> None:
    lines = [f"{seed},{PLANES[seed]},P{seed},{test if seed < 2 else train}" for seed in range(6)]
    labels = table(tmp_path, f"image,plane,patient,{header}", *lines)
    brought = fetal("import", images, "--table", labels, "--dry-run", "--unsure", "keep")
    assert "of them kept out of training (test) 2" in brought.output
    measured = fetal("evaluate", "--data", labels, "--images", images, "--official-test")
    assert "on 2 scans of 2 patients" in measured.stdout
    trained = learnt(labels, images)
    assert len(trained) == 4


def test_lines_of_which_nobody_knows_the_side_neither_train_nor_test(
    tmp_path: Path, images: Path
) -> None:
    labels = table(tmp_path, "image,plane,patient,Train", "0,brain,P0,perhaps", "1,femur,P1,1")
    brought = fetal("import", images, "--table", labels, "--dry-run", "--unsure", "keep")
    assert brought.exit_code == 1
    assert "Line 2 was left out: “perhaps” does not say" in brought.stderr
    assert [one.path.name for one in labelled_images(labels, images)] == ["1.png"]
    chosen = fetal("import", images, "--table", labels, "--dry-run", "--columns", "train=")
    assert "Found a table of labels: 2 images" in chosen.output


def test_contradicting_lines_are_left_out_by_all_three(tmp_path: Path, images: Path) -> None:
    labels = table(
        tmp_path, "image,plane,patient", "0,thorax,P0", "0,femur,P0", "0,thorax,P0", "1,brain,P1"
    )
    brought = fetal("import", images, "--table", labels, "--unsure", "keep")
    measured = fetal("evaluate", "--data", labels, "--images", images)
    for answer in (brought, measured):
        assert "Lines 2, 3, 4 contradict each other and were left out" in answer.stderr
        assert "different planes (thorax, femur)" in answer.stderr
    assert "Added 1 scan and 1 label" in brought.output
    assert "on 1 scan of 1 patient" in measured.stdout
    [example] = learnt(labels, images)
    assert example.plane == "brain"


def test_one_picture_under_two_names_with_two_planes_is_left_out(
    tmp_path: Path, images: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (images / "copy.png").write_bytes((images / "0.png").read_bytes())
    labels = table(tmp_path, "image,plane,patient", "0,brain,P0", "1,femur,P1", "copy,femur,P0")
    measured = fetal("evaluate", "--data", labels, "--images", images)
    assert "are the same picture: both were left out" in measured.stderr
    assert "on 1 scan of 1 patient" in measured.stdout
    [example] = learnt(labels, images)
    assert example.plane == "femur"
    assert "0.png (brain) and" in capsys.readouterr().err


def test_names_are_matched_by_all_three_however_accents_are_written(tmp_path: Path) -> None:
    folder = tmp_path / "nfd"
    folder.mkdir()
    for seed in range(2):
        name = unicodedata.normalize("NFD", f"Fötus {seed}é.png")
        (folder / name).write_bytes(file(seed).data)
    lines = [f"Fötus {seed}é.png,brain,P{seed}" for seed in range(2)]
    labels = table(tmp_path, "image,plane,patient", *lines)
    brought = fetal("import", folder, "--table", labels, "--dry-run", "--unsure", "keep")
    assert "Would add 2 scans" in brought.output
    measured = fetal("evaluate", "--data", labels, "--images", folder)
    assert "on 2 scans of 2 patients" in measured.stdout
    assert len(labelled_images(labels, folder)) == 2


def test_the_patient_is_found_or_that_is_said(
    tmp_path: Path, images: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    labels = table(tmp_path, "image,PatientID,plane", "0,A1,brain", "1,A2,femur")
    assert {one.patient for one in labelled_images(labels, images)} == {"A1", "A2"}
    assert capsys.readouterr().err == ""
    labels = table(tmp_path, "image,Ward,plane", "0,A1,brain", "1,A2,femur")
    assert {one.patient for one in labelled_images(labels, images)} == {"unknown"}
    assert "No column with the patient was found" in capsys.readouterr().err
    said = labelled_images(labels, images, columns="patient=ward")
    assert {one.patient for one in said} == {"A1", "A2"}
    with pytest.raises(ColumnsError, match="no column “bed”"):
        labelled_images(labels, images, columns="patient=bed")


@pytest.mark.parametrize("command", ["train", "evaluate", "experiment"])
def test_columns_can_be_said_wherever_a_table_is_read(command: str) -> None:
    assert "--columns" in fetal(command, "--help").output


def test_unlabelled_and_unusable_lines_are_left_out_in_one_sentence(
    tmp_path: Path, images: Path
) -> None:
    labels = table(
        tmp_path, "image,plane,patient", "0,brain,P0", "1,,P1", "2,unusable,P2", "3,NaN,P3"
    )
    measured = fetal("evaluate", "--data", labels, "--images", images)
    assert "3 lines give no plane, or an unusable image, and were left out." in measured.stderr
    assert "is no plane" not in measured.stderr


@pytest.mark.skipif(sys.platform != "linux", reason="other systems allow no such names")
def test_a_name_that_is_not_utf8_is_a_name_like_any_other(tmp_path: Path) -> None:
    folder = tmp_path / "scans" / os.fsdecode(b"brain")
    folder.mkdir(parents=True)
    (folder / os.fsdecode(b"F\xf6tus.png")).write_bytes(file(1).data)
    (folder / os.fsdecode(b"b\xe4d.png")).write_bytes(b"no picture")
    (folder / "plain.png").write_bytes(file(2).data)
    report = tmp_path / "report.csv"
    brought = fetal("import", tmp_path / "scans", "--report", report)
    assert "Added 2 scans and 2 labels" in brought.output
    assert "bäd.png" in brought.stderr
    assert "brain/Fötus.png,added,brain" in report.read_text(encoding="utf-8")
    labels = table(tmp_path, "image,plane,patient", "Fötus.png,brain,P1", "bäd.png,brain,P2")
    measured = fetal("evaluate", "--data", labels, "--images", folder, "--json", "figures.json")
    assert "on 1 scan of 1 patient" in measured.stdout
    assert "bäd.png" in measured.stderr
    assert fetal("import", tmp_path / os.fsdecode(b"\xff")).exit_code == 1


def test_a_table_that_is_too_large_is_one_sentence(
    tmp_path: Path, images: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FETAL_TABLE_MEGABYTES", "1")
    labels = tmp_path / "labels.csv"
    with labels.open("wb") as written:
        written.write(b"image,plane\n")
        written.truncate(2_000_000_000)
    for answer in (
        fetal("import", images, "--table", labels),
        fetal("import", images, "--table", labels, "--columns", "plane=plane"),
        fetal("evaluate", "--data", labels, "--images", images),
    ):
        assert answer.exit_code == 1
        assert "at most 1 MB" in answer.output
        assert "Traceback" not in answer.output


def test_a_table_that_keeps_nothing_to_test_is_said_where_a_test_set_is_asked_for(
    tmp_path: Path, images: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    labels = table(tmp_path, "image,plane,patient,fold", "0,brain,P0,0", "1,femur,P1,1")
    measured = fetal("evaluate", "--data", labels, "--images", images, "--official-test")
    assert "No column of the table says which images are kept to test." in measured.stderr
    assert "The column “fold” is not read" in measured.stderr
    learnt(labels, images)
    assert "The table keeps no image to test" in capsys.readouterr().err
