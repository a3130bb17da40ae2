"""`fetal evaluate --pack`: other sources are measured, printed, and kept in the card."""

import json
import shutil
from pathlib import Path

import pytest

from fetal.bundle import Bundle
from fetal.scans import read_scan
from tests.cli.conftest import Fetal
from tests.packs import made_up
from tests.support.tiny_model import tiny_model


@pytest.fixture
def model(tmp_path: Path) -> Path:
    """A copy of a model that tests may change."""
    return shutil.copytree(tiny_model().folder, tmp_path / "model")


def test_what_is_measured_is_printed_and_kept_in_the_card(
    fetal: Fetal, model: Path, tmp_path: Path
) -> None:
    made_up.more_scans(tmp_path / "more")
    made_up.hc18(tmp_path / "HC18")
    more = ("--pack", "more-scans", "--images", tmp_path / "more")
    heads = ("--pack", "hc18", "--images", tmp_path / "HC18")
    words = ("evaluate", *more, *heads, "--role", "all", "--model", model)
    answer = fetal(*words, "--update-card", "--json", "figures.json")
    assert answer.exit_code == 0, answer.output
    for said in ("more_scans:", "umbilical cord", "adult lung", "HC18:", "holds these figures"):
        assert said in answer.stdout
    kept = Bundle.open(model).card.metrics["other sources"]
    assert kept == json.loads((tmp_path / "figures.json").read_text())
    rows = {(row["source"], row["kind"]): row for row in kept["more-scans"]["rows"]}
    assert rows["POCUS lung", "adult lung"]["known"] == 0
    assert rows["HC18", "Fetal brain"]["scans"] == 2
    assert rows["all of them", ""]["scans"] == 5
    assert [row["scans"] for row in kept["hc18"]["rows"]] == [3]
    answer = fetal("evaluate", *more, "--model", model, "--update-card")
    assert "more_scans, the scans kept to test:" in answer.stdout
    card = Bundle.open(model).card
    assert [row["scans"] for row in card.metrics["other sources"]["more-scans"]["rows"]] == [
        1,
        1,
        2,
    ]
    assert "hc18" in card.metrics["other sources"]


def test_what_the_model_has_learnt_and_what_is_there_twice_is_left_out(
    fetal: Fetal, tmp_path: Path
) -> None:
    place = made_up.hc18(tmp_path / "HC18")
    shutil.copy(place / "training_set" / "010_HC.png", place / "training_set" / "011_HC.png")
    data = (place / "test_set" / "010_HC.png").read_bytes()
    seen = tiny_model(1, "seen", (read_scan(data, "").digest,))
    words = ("evaluate", "--pack", "hc18", "--images", place, "--role", "all")
    answer = fetal(*words, "--model", seen.folder, "--json", "figures.json")
    found = json.loads((tmp_path / "figures.json").read_text())["hc18"]
    assert found["left_out"] == {
        "the model was trained on it": 1,
        "the same picture is among these scans already": 1,
    }
    assert [row["scans"] for row in found["rows"]] == [2]
    assert "1 left out: the model was trained on it" in answer.stdout


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--images", "HC18"), "Missing option '--data'"),
        (("--pack", "hc18", "--images", "HC18", "--images", "HC18"), "received 2 for 1"),
        (("--pack", "hc18", "--data", "a.csv", "--images", "HC18"), "knows its table"),
        (("--pack", "hc18", "--images", "HC18", "--html", "a.html"), "Pages are written with"),
        (("--pack", "hc18", "--images", "HC18", "--corruptions"), "Pages are written with"),
        (("--pack", "hc19", "--images", "HC18"), "“hc19” is no data set"),
        (("--pack", "sononet-frames", "--images", "HC18"), "No image of SonoNet"),
    ],
)
def test_what_does_not_go_together_is_one_sentence(
    fetal: Fetal, tmp_path: Path, words: tuple[str, ...], said: str
) -> None:
    made_up.hc18(tmp_path / "HC18")
    (tmp_path / "a.csv").write_text("image,plane\n")
    answer = fetal("evaluate", *words)
    assert answer.exit_code in (1, 2)
    assert said in answer.output


def test_a_pack_without_a_scan_of_the_role_says_so(fetal: Fetal, tmp_path: Path) -> None:
    made_up.sononet(tmp_path / "frames")
    words = ("evaluate", "--pack", "sononet-frames", "--images", tmp_path / "frames")
    answer = fetal(*words, "--role", "train")
    assert answer.exit_code == 1
    assert "Choose another --role or model" in answer.output
