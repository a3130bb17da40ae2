"""What all tests share: the real scans, where they are at hand."""

import csv
import os
from pathlib import Path

import pytest

pytest_plugins = ["tests.support.postgresql"]

RealScan = tuple[Path, dict[str, str]]


def _shared() -> Path:
    return Path(os.environ.get("FETAL_SHARED", Path(__file__).parents[2] / "shared"))


@pytest.fixture(scope="session")
def real_collection() -> Path:
    """The folder with `images/` and the official table of FETAL_PLANES_DB."""
    folder = _shared() / "data" / "fetal_planes"
    if not folder.is_dir():
        pytest.skip(f"no real scans at {folder}: set FETAL_SHARED to the folder that has them")
    return folder


@pytest.fixture(scope="session")
def real_scans(real_collection: Path) -> list[RealScan]:
    """Every real scan at hand, with its row of the official table."""
    table = real_collection / "FETAL_PLANES_DB_data.csv"
    with table.open(newline="") as file:
        rows = {
            row["Image_name"]: {key.strip(): value.strip() for key, value in row.items()}
            for row in csv.DictReader(file, delimiter=";")
        }
    return [(path, rows[path.stem]) for path in sorted((real_collection / "images").iterdir())]


@pytest.fixture(scope="session")
def start_weights() -> Path:
    """The folder of weights files that a training can start from."""
    folder = _shared() / "weights"
    if not folder.is_dir():
        pytest.skip(f"no weights files at {folder}: set FETAL_SHARED to the folder that has them")
    return folder
