import csv
import json
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from fetal.cli import main
from fetal.scans import encode_png
from fetal.store.workspace import Workspace
from fetal.workbench import open_workbench
from fetal.workbench.ingest.upload import add_scans
from fetal.workbench.near_duplicates import decisions
from tests.cli.conftest import Fetal
from tests.support.drawn import fan, file
from tests.support.tiny_model import tiny_model
from tests.workbench.near_duplicates.test_detect_pairs import brighter


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Fetal:
    """Runs the command in a workspace of its own."""
    monkeypatch.setenv("FETAL_MODEL", str(tiny_model().folder))
    monkeypatch.setenv("FETAL_WORKSPACE", str(tmp_path / "workspace"))
    return lambda *words: CliRunner().invoke(main, ["duplicates", *(str(one) for one in words)])


def test_copies_in_a_folder_are_named_and_what_cannot_be_read_too(
    run: Fetal, tmp_path: Path
) -> None:
    place = tmp_path / "scans"
    place.mkdir()
    for name, pixels in (
        ("Patient00001_a", fan(1)),
        ("Patient00001_b", fan(1)),
        ("Patient00002_a", np.minimum(fan(1) * 1.08, 255).astype(np.uint8)),
        ("Patient00003_a", fan(2)),
    ):
        (place / f"{name}.png").write_bytes(encode_png(pixels))
    (place / "bad.png").write_text("no picture")
    done = run(place, "--csv", tmp_path / "pairs.csv", "--json", tmp_path / "pairs.json")
    assert done.exit_code == 1
    assert "bad.png: " in done.output
    assert "3 pairs of the same picture, 2 across patients." in done.output
    rows = json.loads((tmp_path / "pairs.json").read_text())
    assert [(row["kind"], row["patients"]) for row in rows] == [
        ("exact", "one"),
        ("near", "different"),
        ("near", "different"),
    ]
    with (tmp_path / "pairs.csv").open() as table:
        assert [row["one"] for row in csv.DictReader(table)] == [row["one"] for row in rows]


def test_a_model_can_be_asked_too(run: Fetal, tmp_path: Path) -> None:
    for seed in range(3):
        (tmp_path / f"{seed}.png").write_bytes(file(seed).data)
    done = run(*tmp_path.glob("*.png"), "--thorough")
    assert done.exit_code == 0, done.output
    assert "0 pairs of the same picture" in done.output


def test_pairs_of_a_workspace_come_with_what_was_decided(run: Fetal, tmp_path: Path) -> None:
    workbench = open_workbench(Workspace.at(tmp_path / "workspace"))
    add_scans(workbench, [file(1)], who="Ann", patient="4711")
    add_scans(workbench, [brighter(1)], who="Ann", patient="4712")
    decisions.decide(workbench, (1, 2), decisions.DIFFERENT, "Dora")
    workbench.close()
    done = run("--thorough", "--again")
    assert done.exit_code == 0, done.output
    assert "near, patients: different; splits: none and none; decided: different" in done.output
    assert "1 pair of the same picture, 1 across patients." in done.output


def test_only_a_workspace_is_compared_again(run: Fetal, tmp_path: Path) -> None:
    (tmp_path / "1.png").write_bytes(file(1).data)
    done = run(tmp_path / "1.png", "--again")
    assert done.exit_code == 2
    assert "not files" in done.output
