import csv
import json
import zipfile
from pathlib import Path

from tests.cli.conftest import Fetal
from tests.support.drawn import unsure

ROOT = Path(__file__).parents[2]


def test_a_labelled_folder_goes_in_and_its_labels_come_out(
    fetal: Fetal, folder: Path, tmp_path: Path
) -> None:
    answer = fetal("import", folder, "--who", "Ann")
    assert answer.exit_code == 0, answer.output
    assert "Added 3 scans and 3 labels; 0 were there already." in answer.output
    assert "Added 0 scans and 0 labels; 3 were there" in fetal("import", folder).output
    assert fetal("export", "labels.csv").exit_code == 0
    with (tmp_path / "labels.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert sorted(row["plane"] for row in rows) == ["brain", "femur", "femur"]
    assert {row["annotator"] for row in rows} == {"Ann"}
    assert fetal("export", "all.zip").exit_code == 0
    assert fetal("import", "--table", "labels.csv").exit_code == 0


def test_an_archive_comes_in_with_a_dry_run_a_mapping_and_a_report(
    fetal: Fetal, folder: Path, tmp_path: Path
) -> None:
    with zipfile.ZipFile(tmp_path / "all.zip", "w") as archive:
        for path in sorted(folder.rglob("*.png")):
            archive.write(path, path.relative_to(folder).as_posix())
        archive.writestr("brain/bad.png", "no picture")
    told = fetal("import", "all.zip", "--dry-run")
    assert "Found a folder for each plane: 4 images." in told.stdout
    assert "Would add 3 scans; 0 are there already. Nothing was written." in told.stdout
    answer = fetal("import", "all.zip", "--report", "report.csv")
    assert answer.exit_code == 1
    assert "Added 3 scans and 3 labels" in answer.stdout
    with (tmp_path / "report.csv").open() as file:
        rows = [(row["file"], row["outcome"], row["plane"]) for row in csv.DictReader(file)]
    assert ("brain/bad.png", "refused", "brain") in rows
    assert ("brain/a.png", "added", "brain") in rows
    (tmp_path / "table.csv").write_text("what,where\nfemur,brain/a.png\n")
    words = ("import", "all.zip", "--table", "table.csv", "--columns")
    assert "Columns: image=where,plane=what" in fetal(*words, "image=where,plane=what").stdout
    assert "has no column “gone”" in fetal(*words, "image=gone").output


def test_scans_on_which_text_may_be_left_are_set_aside_unless_told_otherwise(
    fetal: Fetal, folder: Path
) -> None:
    (folder / "femur" / "b.png").write_bytes(unsure(1).data)
    answer = fetal("import", folder, "--report", "report.csv")
    assert answer.exit_code == 1
    assert "Added 3 scans and 3 labels" in answer.stdout
    assert answer.stderr.startswith("1 scan is set aside")
    assert answer.stderr.splitlines()[-1] == "  femur/b.png"
    with Path("report.csv").open() as file:
        rows = {row["file"]: row["outcome"] for row in csv.DictReader(file)}
    assert rows["femur/b.png"] == "set aside"
    refused = fetal("import", folder, "--unsure", "refuse", "--dry-run")
    assert refused.stderr.startswith("b.png: Refused, since")
    answer = fetal("import", folder, "--unsure", "keep")
    assert answer.exit_code == 0
    assert "Added 1 scan and 1 label; 3 were there already." in answer.stdout


def test_images_without_labels_are_predicted(fetal: Fetal, folder: Path, tmp_path: Path) -> None:
    (folder / "bad.png").write_text("no picture")
    answer = fetal("import", folder, "--unlabelled")
    assert answer.exit_code == 1
    assert "Added 3 scans; 0 were there already." in answer.stdout
    assert answer.stderr.startswith("bad.png: ")
    fetal("export", "labels.csv")
    with (tmp_path / "labels.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert {row["plane"] for row in rows} == {""}
    assert len({row["patient"] for row in rows}) == 2


def test_a_target_of_another_kind_is_refused(fetal: Fetal) -> None:
    answer = fetal("export", "labels.xlsx")
    assert answer.exit_code == 2
    assert ".csv (labels) or .zip" in answer.output


def test_samples_and_versions(fetal: Fetal) -> None:
    assert "Added 24 sample scans" in fetal("demo").output
    assert "Added 0 sample scans; 24 samples were there." in fetal("demo").output
    assert fetal("models", "list").output.startswith("*   1  tiny  (shipped, ")
    assert json.loads(fetal("models", "show", "1").output)["name"] == "tiny"
    assert "“tiny” predicts" in fetal("models", "promote", "tiny").output
    rolled = fetal("models", "rollback")
    assert (rolled.exit_code, rolled.output.count("\n")) == (1, 1)
    assert "no earlier model" in rolled.output
    assert fetal("models", "download", "1", "model.zip").exit_code == 0
    assert "See `fetal models list`" in fetal("models", "show", "nonesuch").output


def test_versions_are_judged_and_scored_on_the_locked_set(
    fetal: Fetal, folder: Path, tmp_path: Path
) -> None:
    assert fetal("models", "compare", "1", "tiny").output.startswith("No labelled scan is kept")
    assert "no scan to measure on" in fetal("models", "scores").output
    table = tmp_path / "labels.csv"
    table.write_text("Image_name;Patient_num;Plane;Train\nPatient00007_1;7;Fetal femur;0\n")
    assert fetal("import", folder, "--table", table).exit_code == 0
    told = fetal("models", "compare", "1", "tiny").output
    assert "Verdict: worse, until more scans show otherwise\n" in told
    assert "Locked test set: 1 scan of 1 patient\n" in told
    assert "(1 scan)" in fetal("models", "scores").output
