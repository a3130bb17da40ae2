from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_train_refuses_to_overwrite_a_model(fetal, folder, tmp_path):
    (tmp_path / "out").mkdir()
    table = tmp_path / "labels.csv"
    table.write_text("image,plane\n")
    answer = fetal("train", "--data", table, "--images", folder, "--out", tmp_path / "out")
    assert answer.exit_code == 1
    assert "exists already" in answer.output
