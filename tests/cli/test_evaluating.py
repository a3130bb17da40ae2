import json
from pathlib import Path

import pytest

from fetal.evaluation.corruptions import CORRUPTIONS
from fetal.planes import PLANES
from fetal.scans import read_scan
from tests.cli.conftest import Fetal
from tests.support.drawn import file as drawn
from tests.support.tiny_model import tiny_model

ROOT = Path(__file__).parents[2]

Words = tuple[str | Path, ...]


@pytest.fixture
def labelled(folder: Path, tmp_path: Path) -> Words:
    """The words that name a table of three images that are there and two lines that are not."""
    table = tmp_path / "labels.csv"
    table.write_text(
        "image,plane,patient,train,us_machine\nbrain/a.png,brain,P1,0,E6\n"
        "femur/a.png,femur,P2,0,E6\nPatient00007_1,femur,,0,\ngone.png,brain,P3,0,E6\n"
        "brain/a,spleen,P1,0,E6\ngone-too.png,brain,P4,1,E6\n"
    )
    return ("evaluate", "--data", table, "--images", folder)


def test_evaluate_reports_and_says_what_it_left_out(
    fetal: Fetal, labelled: Words, tmp_path: Path
) -> None:
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


def test_evaluate_leaves_out_what_was_trained_on(
    fetal: Fetal, labelled: Words, folder: Path
) -> None:
    data = (folder / "brain" / "a.png").read_bytes()
    seen = tiny_model(1, "seen", (read_scan(data, "a.png").digest,))
    answer = fetal(*labelled, "--model", seen.folder)
    assert "on 2 scans of 2 patients" in answer.stdout
    assert "1 image was left out, because the model was trained on it." in answer.stderr


def test_evaluate_writes_a_page_a_card_and_a_model_with_its_figures(
    fetal: Fetal, labelled: Words, tmp_path: Path
) -> None:
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


def test_evaluate_measures_what_a_model_withstands(fetal: Fetal, tmp_path: Path) -> None:
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
def test_evaluate_refuses_at_once_what_it_could_not_write(
    fetal: Fetal, labelled: Words, target: tuple[str, str]
) -> None:
    answer = fetal(*labelled, *target)
    assert answer.exit_code == 1
    assert answer.output.startswith("Error: ")
    assert "Accuracy" not in answer.output


def test_evaluate_without_a_usable_image_is_one_sentence(
    fetal: Fetal, folder: Path, tmp_path: Path
) -> None:
    (tmp_path / "labels.csv").write_text("image,plane\ngone.png,brain\n")
    answer = fetal("evaluate", "--data", "labels.csv", "--images", folder)
    assert answer.exit_code == 1
    assert "Expected at least one labelled scan" in answer.stderr
    assert "Traceback" not in answer.output


def test_evaluate_shows_it_strange_pictures_and_other_models(
    fetal: Fetal, labelled: Words, tmp_path: Path
) -> None:
    place = tmp_path / "strange"
    for name, seed in (("adult/1.png", 50), ("adult/2.png", 51), ("device/Fetal brain/3.png", 52)):
        (place / name).parent.mkdir(parents=True, exist_ok=True)
        (place / name).write_bytes(drawn(seed).data)
    (place / "adult" / "broken.png").write_bytes(b"no picture")
    other = tiny_model(2, "the one before", (read_scan(drawn(51).data, "").digest,))
    kinds = ("--strange", f"other anatomy={place / 'adult'}", "--strange")
    words = (*kinds, f"other device={place / 'device'}", "--beside", other.folder)
    answer = fetal(*labelled, *words, "--json", "figures.json", "--checklist", "checked.json")
    assert answer.exit_code == 0, answer.output
    report = json.loads((tmp_path / "figures.json").read_text())
    rows = {row["kind"]: row["scans"] for row in report["trust"]["sure_errors"]}
    # Of the adult pictures, one is broken, and one the other model has learnt.
    assert (rows["other anatomy"], rows["other device"], rows["all scans"]) == (1, 1, 3)
    assert sorted(report["strangers_left_out"].values()) == [1, 1]
    assert [row["name"] for row in report["baselines"]][1:] == ["the one before"]
    assert report["left_out"].keys() == {
        "the folder does not hold the image",
        "the line’s plane or image is not clear",
    }
    for said in ("Sure and wrong:", "other device", "the one before", "“Other” is a third of real"):
        assert said in answer.stdout
    assert len(json.loads((tmp_path / "checked.json").read_text())["checklists"]) == 3


@pytest.mark.parametrize("given", ["other anatomy", "=scans", "other=gone"])
def test_evaluate_refuses_strange_pictures_that_are_not_there(
    fetal: Fetal, labelled: Words, given: str
) -> None:
    answer = fetal(*labelled, "--strange", given)
    assert answer.exit_code == 2
    assert "expected a kind and a folder that is there" in answer.output
