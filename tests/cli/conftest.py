from pathlib import Path
from typing import Protocol

import pytest
from click.testing import CliRunner, Result

from fetal.cli import main
from fetal.phantom import simulate
from fetal.planes import Plane
from fetal.scans import encode_png
from tests.support.tiny_model import tiny_model

ROOT = Path(__file__).parents[2]


class Fetal(Protocol):
    """Runs a command as a person would type it."""

    def __call__(self, *words: object) -> Result: ...


@pytest.fixture
def fetal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Fetal:
    """Runs a command as a person would type it, in a workspace of its own."""
    monkeypatch.setenv("FETAL_MODEL", str(tiny_model().folder))
    monkeypatch.setenv("FETAL_WORKSPACE", str(tmp_path / "workspace"))
    monkeypatch.chdir(tmp_path)

    def run(*words: object) -> Result:
        return CliRunner().invoke(main, [str(word) for word in words])

    return run


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Three scans in folders named by their plane, two of them of the same name."""
    place = tmp_path / "scans"
    for plane, seed, name in (("brain", 4, "a"), ("femur", 2, "a"), ("femur", 3, "Patient00007_1")):
        (place / plane).mkdir(parents=True, exist_ok=True)
        pixels = simulate(Plane(plane), seed, size=(300, 400)).pixels
        (place / plane / f"{name}.png").write_bytes(encode_png(pixels))
    return place
