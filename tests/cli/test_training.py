import json
from pathlib import Path

import pytest

from fetal.bundle import STATEMENTS, Bundle
from fetal.packs import read_pack
from tests.cli.conftest import Fetal
from tests.packs import made_up

ROOT = Path(__file__).parents[2]


def test_train_refuses_to_overwrite_a_model(fetal: Fetal, folder: Path, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    table = tmp_path / "labels.csv"
    table.write_text("image,plane\n")
    answer = fetal("train", "--data", table, "--images", folder, "--out", tmp_path / "out")
    assert answer.exit_code == 1
    assert "exists already" in answer.output


def test_train_refuses_statements_that_no_report_would_show(
    fetal: Fetal, folder: Path, tmp_path: Path
) -> None:
    (tmp_path / "labels.csv").write_text("image,plane\nbrain/a.png,brain\n")
    (tmp_path / "about.json").write_text('{"statements": {"colour": "blue"}}')
    words = ("train", "--data", "labels.csv", "--images", folder, "--out", "out")
    answer = fetal(*words, "--about", "about.json")
    assert answer.exit_code == 1
    assert "reference_standard" in answer.output
    assert "Traceback" not in answer.output


def test_what_the_shipped_model_states_is_what_a_report_shows() -> None:
    said = json.loads((ROOT / "models" / "about.json").read_text())["statements"]
    # Nobody has told who paid for it.
    assert set(said) == set(STATEMENTS) - {"funding"}


SMALL = """
preset: default
architecture: sononet16
start: nothing
size: 32
mixed_precision: no
batch: 8
stages: [{name: H, learn: head, epochs: 1, learning_rate: 1e-3}]
"""


@pytest.mark.parametrize(("no_plane", "others"), [("leave out", 0), ("other", 1)])
def test_train_learns_what_packs_keep_to_train(
    fetal: Fetal, tmp_path: Path, no_plane: str, others: int
) -> None:
    made_up.two_countries(tmp_path / "africa")
    made_up.more_scans(tmp_path / "more")
    made_up.picture(tmp_path / "more" / "images" / "4.png", 99)
    lungs = tmp_path / "more" / "more_scans.csv"
    lines = lungs.read_text().splitlines()
    lungs.write_text("\n".join([lines[0], *(line for line in lines if "lung" in line)]))
    (tmp_path / "small.yaml").write_text(SMALL)
    packs = ("--pack", "african", "--images", "africa", "--pack", "more-scans", "--images", "more")
    framed = fetal("frames", *packs, "--out", "framed")
    assert framed.exit_code == 0, framed.output
    words = ("--pack", "frames", "--images", "framed", "--no-plane", no_plane)
    answer = fetal("train", *words, "--settings", "small.yaml", "--out", "new")
    assert answer.exit_code == 0, answer.output
    new = Bundle.open(tmp_path / "new")
    # The scans as they were before they were framed, so that they are known again.
    files = read_pack("african", tmp_path / "africa")
    learnt = {file.read().digest for file in files if not file.test}
    tested = {file.read().digest for file in files if file.test}
    assert learnt <= new.training_list().digests
    assert len(new.training_list().digests - learnt) == others
    assert not tested & new.training_list().digests
