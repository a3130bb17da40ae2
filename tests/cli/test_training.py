import json
from pathlib import Path

from fetal.bundle import STATEMENTS

ROOT = Path(__file__).parents[2]


def test_train_refuses_to_overwrite_a_model(fetal, folder, tmp_path):
    (tmp_path / "out").mkdir()
    table = tmp_path / "labels.csv"
    table.write_text("image,plane\n")
    answer = fetal("train", "--data", table, "--images", folder, "--out", tmp_path / "out")
    assert answer.exit_code == 1
    assert "exists already" in answer.output


def test_train_refuses_statements_that_no_report_would_show(fetal, folder, tmp_path):
    (tmp_path / "labels.csv").write_text("image,plane\nbrain/a.png,brain\n")
    (tmp_path / "about.json").write_text('{"statements": {"colour": "blue"}}')
    words = ("train", "--data", "labels.csv", "--images", folder, "--out", "out")
    answer = fetal(*words, "--about", "about.json")
    assert answer.exit_code == 1
    assert "reference_standard" in answer.output
    assert "Traceback" not in answer.output


def test_what_the_shipped_model_states_is_what_a_report_shows():
    said = json.loads((ROOT / "models" / "about.json").read_text())["statements"]
    # Nobody has told who paid for it.
    assert set(said) == set(STATEMENTS) - {"funding"}
