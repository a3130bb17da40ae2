import csv
import json
import os
import signal
import socket
import subprocess
import sys
import urllib.request
import zipfile
from pathlib import Path

import click
import pytest
from click.testing import CliRunner
from PIL import Image

from fetal.cli import main
from fetal.evaluation.corruptions import CORRUPTIONS
from fetal.explain import COLOUR_MAPS, METHODS
from fetal.phantom import simulate
from fetal.planes import PLANES, Plane
from fetal.scans import encode_png, read_scan
from tests.scans.films import film
from tests.tiny_model import tiny_model, tiny_model_that_knows_nothing
from tests.waiting import alive, until
from tests.workbench.drawn import fan, unsure
from tests.workbench.drawn import file as drawn

ROOT = Path(__file__).parents[1]


@pytest.fixture
def fetal(tmp_path, monkeypatch):
    """Runs a command as a person would type it, in a workspace of its own."""
    monkeypatch.setenv("FETAL_MODEL", str(tiny_model().folder))
    monkeypatch.setenv("FETAL_WORKSPACE", str(tmp_path / "workspace"))
    monkeypatch.chdir(tmp_path)

    def run(*words):
        return CliRunner().invoke(main, [str(word) for word in words])

    return run


@pytest.fixture
def folder(tmp_path):
    """Three scans in folders named by their plane, two of them of the same name."""
    place = tmp_path / "scans"
    for plane, seed, name in (("brain", 1, "a"), ("femur", 2, "a"), ("femur", 3, "Patient00007_1")):
        (place / plane).mkdir(parents=True, exist_ok=True)
        pixels = simulate(Plane(plane), seed, size=(300, 400)).pixels
        (place / plane / f"{name}.png").write_bytes(encode_png(pixels))
    return place


def test_help_is_there_for_every_command_and_is_quick_to_load():
    names = [
        "serve",
        "worker",
        "predict",
        "demo",
        "import",
        "export",
        "train",
        "evaluate",
        "experiment",
        "models",
        "key",
        "forget",
        "duplicates",
        "check",
    ]
    assert set(main.commands) == set(names)
    for name in names:
        answer = CliRunner().invoke(main, [name, "--help"])
        assert answer.exit_code == 0
        assert len(answer.output.splitlines()) > 4
    heavy = {"tensorflow", "keras", "openvino", "streamlit", "pandas", "sqlalchemy", "cv2"}
    program = f"import sys, fetal.cli; print({heavy!r} & {{*sys.modules}})"
    loaded = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert loaded.stdout.strip() == "set()"


def test_predict_tells_overlays_and_tables_without_a_workspace(fetal, folder, tmp_path):
    answer = fetal("predict", folder, "--overlay", "out", "--csv", "results.csv")
    assert answer.exit_code == 0, answer.output
    assert len(answer.output.splitlines()) == 3
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == [
        "Patient00007_1.png",
        "a-2.png",
        "a.png",
    ]
    with Image.open(tmp_path / "out" / "a.png") as picture:
        assert (picture.size, picture.mode) == ((400, 300), "RGB")
    with (tmp_path / "results.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 3
    for row in rows:
        assert sum(float(row[plane]) for plane in PLANES) == pytest.approx(1, abs=1e-3)
        assert float(row["probability"]) == max(float(row[plane]) for plane in PLANES)
    assert not (tmp_path / "workspace").exists()


def test_predict_names_no_plane_where_the_model_knows_none(fetal, folder, tmp_path):
    model = str(tiny_model_that_knows_nothing().folder)
    answer = fetal("predict", folder, "--model", model, "--csv", "results.csv")
    assert answer.exit_code == 0, answer.output
    assert all(": Not a plane I know: " in line for line in answer.output.splitlines())
    with (tmp_path / "results.csv").open() as file:
        assert all(float(row["unfamiliarity"]) > 1 for row in csv.DictReader(file))


def test_predict_names_the_best_frames_of_a_film(fetal, tmp_path):
    clip = tmp_path / "clip.dcm"
    clip.write_bytes(film([fan(seed) for seed in range(6)]))
    answer = fetal("predict", "clip.dcm", "--frames", "2", "--csv", "results.csv")
    assert answer.exit_code == 0, answer.output
    with (tmp_path / "results.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 2
    assert all(row["file"].startswith("clip frame ") and row["plane"] for row in rows)


def test_predict_offers_every_method_and_colour_map_and_draws_by_them(fetal, folder, tmp_path):
    offered = {
        option.name: option.type.choices
        for option in main.commands["predict"].params[1:]
        if isinstance(option.type, click.Choice)
    }
    assert tuple(offered["method"]) == tuple(METHODS)
    assert tuple(offered["colours"]) == COLOUR_MAPS
    scan = folder / "brain" / "a.png"
    for out, method in (("one", "grad-cam"), ("two", "score-cam")):
        assert fetal("predict", scan, "--overlay", out, "--method", method).exit_code == 0
    one, two = ((tmp_path / out / "a.png").read_bytes() for out in ("one", "two"))
    assert one != two


def test_a_bad_file_gets_one_line_and_the_others_go_on(fetal, folder, tmp_path):
    (tmp_path / "bad.png").write_text("no picture")
    answer = fetal("predict", "bad.png", "gone.png", folder / "brain" / "a.png")
    assert answer.exit_code == 1
    assert len(answer.stderr.splitlines()) == 2
    assert "gone.png: The file cannot be read (No such file or directory)." in answer.stderr
    assert len(answer.stdout.splitlines()) == 1


def test_a_model_that_is_not_there_is_one_sentence(fetal, folder, tmp_path):
    answer = fetal("predict", folder, "--model", tmp_path / "nothing")
    assert answer.exit_code == 1
    assert answer.output.startswith("Error: ")
    assert "Traceback" not in answer.output


def test_a_labelled_folder_goes_in_and_its_labels_come_out(fetal, folder, tmp_path):
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


def test_an_archive_comes_in_with_a_dry_run_a_mapping_and_a_report(fetal, folder, tmp_path):
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


def test_scans_on_which_text_may_be_left_are_set_aside_unless_told_otherwise(fetal, folder):
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


def test_images_without_labels_are_predicted(fetal, folder, tmp_path):
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


def test_a_target_of_another_kind_is_refused(fetal):
    answer = fetal("export", "labels.xlsx")
    assert answer.exit_code == 2
    assert ".csv (labels) or .zip" in answer.output


def test_samples_and_versions(fetal):
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


def test_versions_are_judged_and_scored_on_the_locked_set(fetal, folder, tmp_path):
    assert fetal("models", "compare", "1", "tiny").output.startswith("No labelled scan is kept")
    assert "no scan to measure on" in fetal("models", "scores").output
    table = tmp_path / "labels.csv"
    table.write_text("Image_name;Patient_num;Plane;Train\nPatient00007_1;7;Fetal femur;0\n")
    assert fetal("import", folder, "--table", table).exit_code == 0
    told = fetal("models", "compare", "1", "tiny").output
    assert "Verdict: worse, until more scans show otherwise\n" in told
    assert "Locked test set: 1 scan of 1 patient\n" in told
    assert "(1 scan)" in fetal("models", "scores").output


@pytest.fixture
def labelled(folder, tmp_path):
    """The words that name a table of three images that are there and two lines that are not."""
    table = tmp_path / "labels.csv"
    table.write_text(
        "image,plane,patient,train,us_machine\nbrain/a.png,brain,P1,0,E6\n"
        "femur/a.png,femur,P2,0,E6\nPatient00007_1,femur,,0,\ngone.png,brain,P3,0,E6\n"
        "brain/a,spleen,P1,0,E6\ngone-too.png,brain,P4,1,E6\n"
    )
    return ("evaluate", "--data", table, "--images", folder)


def test_evaluate_reports_and_says_what_it_left_out(fetal, labelled, tmp_path):
    answer = fetal(*labelled, "--official-test", "--json", "figures.json")
    assert answer.exit_code == 0, answer.output
    assert "on 3 scans of 3 patients" in answer.stdout
    assert "1 line names an image that the folder does not hold." in answer.stderr
    assert "Line 6 was left out: “spleen” is no plane" in answer.stderr
    report = json.loads((tmp_path / "figures.json").read_text())
    assert (report["four"]["n"], report["six"]["n"], report["scans"]) == (3, 3, 3)
    assert {group["name"]: group["scans"] for group in report["machines"]} == {
        "E6": 2,
        "not named": 1,
    }
    assert list(report["left_out"].values()) == [1, 1]


def test_evaluate_leaves_out_what_was_trained_on(fetal, labelled, folder):
    data = (folder / "brain" / "a.png").read_bytes()
    seen = tiny_model(1, "seen", (read_scan(data, "a.png").digest,))
    answer = fetal(*labelled, "--model", seen.folder)
    assert "on 2 scans of 2 patients" in answer.stdout
    assert "1 image was left out, because the model was trained on it." in answer.stderr


def test_evaluate_writes_a_page_a_card_and_a_model_with_its_figures(fetal, labelled, tmp_path):
    targets = ("--html", "page.html", "--card-text", "card.md", "--card", "measured")
    answer = fetal(*labelled, *targets)
    assert answer.exit_code == 0, answer.output
    page = (tmp_path / "page.html").read_text()
    assert "Evaluation of “tiny”" in page
    wrong = json.loads((tmp_path / "measured" / "card.json").read_text())["metrics"]
    errors = sum(map(sum, wrong["all six planes"]["confusion"])) - sum(
        row[place] for place, row in enumerate(wrong["all six planes"]["confusion"])
    )
    assert page.count("data:image/jpeg") == 3 * errors > 0
    assert (tmp_path / "card.md").read_text().startswith("# Model card: tiny")
    assert fetal(*labelled, "--html", "bare.html", "--no-pictures").exit_code == 0
    assert "data:image" not in (tmp_path / "bare.html").read_text()


def test_evaluate_measures_what_a_model_withstands(fetal, tmp_path):
    place = tmp_path / "scans"
    place.mkdir()
    lines = ["image,plane,patient"]
    for seed in range(30):
        (place / f"{seed}.png").write_bytes(drawn(seed).data)
        lines.append(f"{seed}.png,{PLANES[seed % 4]},P{seed // 2}")
    (tmp_path / "labels.csv").write_text("\n".join(lines))
    words = ("evaluate", "--data", "labels.csv", "--images", place, "--corruptions")
    answer = fetal(*words, "--json", "figures.json")
    assert answer.exit_code == 0, answer.output
    report = json.loads((tmp_path / "figures.json").read_text())
    assert [row["name"] for row in report["withstood"]] == list(CORRUPTIONS)
    assert "rotated by 15°" in answer.stdout


@pytest.mark.parametrize("target", [("--html", "gone/page.html"), ("--card", "scans")])
def test_evaluate_refuses_at_once_what_it_could_not_write(fetal, labelled, target):
    answer = fetal(*labelled, *target)
    assert answer.exit_code == 1
    assert answer.output.startswith("Error: ")
    assert "Accuracy" not in answer.output


def test_evaluate_without_a_usable_image_is_one_sentence(fetal, folder, tmp_path):
    (tmp_path / "labels.csv").write_text("image,plane\ngone.png,brain\n")
    answer = fetal("evaluate", "--data", "labels.csv", "--images", folder)
    assert answer.exit_code == 1
    assert "Expected at least one labelled scan" in answer.stderr
    assert "Traceback" not in answer.output


def test_train_refuses_to_overwrite_a_model(fetal, folder, tmp_path):
    (tmp_path / "out").mkdir()
    table = tmp_path / "labels.csv"
    table.write_text("image,plane\n")
    answer = fetal("train", "--data", table, "--images", folder, "--out", tmp_path / "out")
    assert answer.exit_code == 1
    assert "exists already" in answer.output


@pytest.fixture
def served(tmp_path):
    """The app and its worker, started as the README says."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environment = os.environ | {"FETAL_MODEL": str(tiny_model().folder)}
    command = [sys.executable, "-m", "fetal.cli", "serve", "--port", str(port)]
    process = subprocess.Popen(
        [*command, "--workspace", str(tmp_path / "workspace")], env=environment, cwd=ROOT
    )
    process.port = port
    yield process
    process.kill()
    process.wait()


def children(pid):
    found = []
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = path.read_text().rsplit(")", 1)[1].split()
        except OSError:
            continue
        if int(fields[1]) == pid:
            found.append(int(path.parent.name))
    return found


def answers(port):
    try:
        return urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=1).status == 200
    except OSError:
        return False


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_the_app_brings_a_worker_and_neither_outlives_it(served, how):
    until(lambda: answers(served.port), 60)
    family = until(lambda: len(children(served.pid)) == 2 and children(served.pid))
    served.send_signal(how)
    until(lambda: not any(alive(pid) for pid in family), 30)


def test_a_worker_that_dies_is_replaced(served):
    until(lambda: answers(served.port), 60)
    app, worker = sorted(until(lambda: len(children(served.pid)) == 2 and children(served.pid)))
    os.kill(worker, signal.SIGKILL)
    until(lambda: len(set(children(served.pid)) - {app, worker}) == 1, 30)
