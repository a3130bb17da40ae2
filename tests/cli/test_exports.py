"""Exports by the command line, and what a measurement leaves out although its pixels are new."""

import csv
import io
import os
import zipfile
from pathlib import Path
from typing import Protocol

import pytest
from click.testing import CliRunner, Result
from PIL import Image

from fetal.bundle import write_bundle
from fetal.cli import main
from fetal.phantom import simulate
from fetal.planes import Plane
from fetal.scans import encode_png, read_scan
from fetal.scans.similarity.perceptual_hash import near_duplicate_hash, to_text
from tests.support.drawn import file
from tests.support.tiny_model import tiny_model


class Fetal(Protocol):
    """Runs a command."""

    def __call__(self, *words: str | Path) -> Result: ...


@pytest.fixture
def fetal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Fetal:
    """Runs a command in a folder and a workspace of its own."""
    monkeypatch.setenv("FETAL_MODEL", str(tiny_model().folder))
    monkeypatch.setenv("FETAL_WORKSPACE", str(tmp_path / "workspace"))
    monkeypatch.chdir(tmp_path)
    return lambda *words: CliRunner().invoke(main, [os.fspath(word) for word in words])


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for seed, plane in enumerate(("brain", "femur", "femur")):
        place = tmp_path / "scans" / plane / f"scan {seed}.png"
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(file(seed).data)
    return tmp_path / "scans"


def test_an_export_names_the_files_that_the_person_still_has(
    fetal: Fetal, folder: Path, tmp_path: Path
) -> None:
    assert fetal("import", folder).exit_code == 0
    (folder / "femur" / "scan 2.png").unlink()
    answer = fetal("export", "labels.csv", "--match", folder)
    assert answer.exit_code == 0, answer.output
    rows = csv.DictReader((tmp_path / "labels.csv").open())
    assert sorted(row["file"] for row in rows) == ["", "brain/scan 0.png", "femur/scan 1.png"]


def test_an_export_says_which_picture_is_damaged(
    fetal: Fetal, folder: Path, tmp_path: Path
) -> None:
    assert fetal("import", folder).exit_code == 0
    damaged, *_ = sorted((tmp_path / "workspace" / "blobs" / "scans").rglob("*.png"))
    damaged.write_bytes(b"damaged")
    answer = fetal("export", "all.zip")
    assert answer.exit_code == 1
    assert f"S-{damaged.stem[:16]}" in answer.stderr
    assert (tmp_path / "all.zip").is_file()


def test_evaluate_leaves_out_a_jpeg_of_what_the_model_was_trained_on(
    fetal: Fetal, folder: Path, tmp_path: Path
) -> None:
    screen = simulate(Plane.BRAIN, 2042).pixels
    learnt = read_scan(encode_png(screen), "a.png")
    bundle = tiny_model()

    def copy_graph(place: Path) -> None:
        for name in ("graph.xml", "graph.bin"):
            (place / name).write_bytes((bundle.folder / name).read_bytes())

    seen = write_bundle(
        tmp_path / "seen",
        bundle.card,
        copy_graph,
        [learnt.digest],
        hashes=[to_text(near_duplicate_hash(learnt.pixels, learnt.sector))],
    )
    packed = io.BytesIO()
    Image.fromarray(screen).save(packed, "JPEG", quality=75)
    (folder / "brain" / "scan 0.png").write_bytes(packed.getvalue())
    (tmp_path / "labels.csv").write_text(
        "image,plane,patient\nscan 0.png,brain,P1\nscan 1.png,femur,P2\nscan 2.png,femur,P3\n"
    )
    answer = fetal("evaluate", "--data", "labels.csv", "--images", folder, "--model", seen.folder)
    assert answer.exit_code == 0, answer.output
    assert "on 2 scans of 2 patients" in answer.stdout
    assert "1 image looks like scans that the model was trained on; left out." in answer.stderr


def test_evaluate_says_in_one_sentence_what_an_export_has_no_plane_for(
    fetal: Fetal, folder: Path
) -> None:
    fetal("import", folder)
    fetal("demo")
    assert fetal("export", "all.zip").exit_code == 0
    with zipfile.ZipFile("all.zip") as archive:
        archive.extractall("out")
    answer = fetal("evaluate", "--data", "out/labels.csv", "--images", "out/images")
    assert "on 3 scans of" in answer.stdout
    assert "24 lines give no plane, or an unusable image, and were left out." in answer.stderr
    assert "Line " not in answer.stderr
