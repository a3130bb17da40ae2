import csv
from pathlib import Path

import click
import pytest
from PIL import Image

from fetal.cli import main
from fetal.explain import COLOUR_MAPS, METHODS
from fetal.planes import PLANES
from tests.cli.conftest import Fetal
from tests.support.drawn import fan
from tests.support.films import film
from tests.support.tiny_model import tiny_model_that_knows_nothing, tiny_model_that_promises_sets
from tests.support.tiny_second_reader import ALWAYS, NEVER, tiny_model_with_second_reader

ROOT = Path(__file__).parents[2]


def test_predict_tells_overlays_and_tables_without_a_workspace(
    fetal: Fetal, folder: Path, tmp_path: Path
) -> None:
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


def test_predict_names_no_plane_where_the_model_knows_none(
    fetal: Fetal, folder: Path, tmp_path: Path
) -> None:
    model = str(tiny_model_that_knows_nothing().folder)
    answer = fetal("predict", folder, "--model", model, "--csv", "results.csv")
    assert answer.exit_code == 0, answer.output
    assert all(": Not a plane I know: " in line for line in answer.output.splitlines())
    with (tmp_path / "results.csv").open() as file:
        assert all(float(row["unfamiliarity"]) > 1 for row in csv.DictReader(file))


def test_predict_writes_the_set_of_planes_that_a_model_promises(
    fetal: Fetal, folder: Path, tmp_path: Path
) -> None:
    promising = str(tiny_model_that_promises_sets().folder)
    assert fetal("predict", folder, "--model", promising, "--csv", "results.csv").exit_code == 0
    too_few = "abdomen, thorax, cervix, other: too few scans of each plane for a promise"
    with (tmp_path / "results.csv").open() as file:
        assert {row["plane_set"] for row in csv.DictReader(file)} == {f"brain, 95 %; {too_few}"}
    # A model from before promises nothing.
    assert fetal("predict", folder, "--csv", "results.csv").exit_code == 0
    with (tmp_path / "results.csv").open() as file:
        assert {row["plane_set"] for row in csv.DictReader(file)} == {""}


def test_predict_names_the_best_frames_of_a_film(fetal: Fetal, tmp_path: Path) -> None:
    clip = tmp_path / "clip.dcm"
    clip.write_bytes(film([fan(seed) for seed in range(6)]))
    answer = fetal("predict", "clip.dcm", "--frames", "2", "--csv", "results.csv")
    assert answer.exit_code == 0, answer.output
    with (tmp_path / "results.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 2
    assert all(row["file"].startswith("clip frame ") and row["plane"] for row in rows)


def test_predict_offers_every_method_and_colour_map_and_draws_by_them(
    fetal: Fetal, folder: Path, tmp_path: Path
) -> None:
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


def test_a_bad_file_gets_one_line_and_the_others_go_on(
    fetal: Fetal, folder: Path, tmp_path: Path
) -> None:
    (tmp_path / "bad.png").write_text("no picture")
    answer = fetal("predict", "bad.png", "gone.png", folder / "brain" / "a.png")
    assert answer.exit_code == 1
    assert len(answer.stderr.splitlines()) == 2
    assert "gone.png: The file cannot be read (No such file or directory)." in answer.stderr
    assert len(answer.stdout.splitlines()) == 1


def test_a_model_that_is_not_there_is_one_sentence(
    fetal: Fetal, folder: Path, tmp_path: Path
) -> None:
    answer = fetal("predict", folder, "--model", tmp_path / "nothing")
    assert answer.exit_code == 1
    assert answer.output.startswith("Error: ")
    assert "Traceback" not in answer.output


@pytest.mark.parametrize(("agree_at", "agree"), [(ALWAYS, "yes"), (NEVER, "no")])
def test_predict_tells_what_the_second_reader_says(
    fetal: Fetal, folder: Path, tmp_path: Path, agree_at: float, agree: str
) -> None:
    model = str(tiny_model_with_second_reader(agree_at).folder)
    answer = fetal("predict", folder, "--model", model, "--csv", "results.csv")
    assert answer.exit_code == 0, answer.output
    assert all(("reader" in line) == (agree == "no") for line in answer.output.splitlines())
    with (tmp_path / "results.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert {row["readers_agree"] for row in rows} == {agree}
    assert all(row["second_reader"].endswith(" %") for row in rows)
    # A model with one reader leaves both empty.
    assert fetal("predict", folder, "--csv", "results.csv").exit_code == 0
    with (tmp_path / "results.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert {row["readers_agree"] + row["second_reader"] for row in rows} == {""}
