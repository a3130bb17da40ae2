"""What data protection officers read is what the code does."""

import re
from pathlib import Path
from typing import Any

import pytest
from pydicom.datadict import tag_for_keyword
from pydicom.dataset import Dataset

from fetal.scans.dicom.allowlist import ALLOWED, AllowedAttribute, header_of
from fetal.store.tables import ScanRow
from tests.privacy.canary import FORMATS
from tests.privacy.with_tags import dataset_of

TEXT = (Path(__file__).parents[2] / "docs" / "privacy.md").read_text()


def rows_under(heading: str) -> list[list[str]]:
    """The cells of the first table under a heading."""
    section = TEXT.partition(f"\n## {heading}\n")[2].partition("\n## ")[0]
    lines = [line for line in section.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[2:]]


def test_the_table_is_the_allow_list() -> None:
    written = [tuple(row) for row in rows_under("DICOM: the allow-list")]
    assert written == [
        (one.keyword, one.profile, one.fate.value, f"`{one.kept_as}`") for one in ALLOWED
    ]


@pytest.mark.parametrize("one", ALLOWED, ids=lambda one: one.keyword)
def test_every_line_names_a_tag_and_a_place_that_exist(one: AllowedAttribute) -> None:
    assert tag_for_keyword(one.keyword) is not None
    facts = {"maker", "probe", "frequency_mhz", "spacing_mm"}
    assert one.kept_as in facts | set(ScanRow.__table__.columns.keys())


def test_nothing_but_the_allow_list_is_asked_of_a_file(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: set[object] = set()
    made = dataset_of(1)
    original = type(made).get

    def listening(self: Dataset, key: Any, default: Any = None) -> Any:
        asked.add(key)
        return original(self, key, default)

    monkeypatch.setattr(type(made), "get", listening)
    header_of(made)
    within_regions = {"RegionSpatialFormat", "PhysicalUnitsXDirection", "PhysicalUnitsYDirection"}
    assert asked
    assert asked - within_regions <= {one.keyword for one in ALLOWED}


def test_every_format_that_is_read_has_a_line() -> None:
    lines = {name.casefold() for row in rows_under("Other formats") for name in row[0].split(", ")}
    endings = {"jpg": "jpeg", "tif": "tiff"}
    assert {endings.get(kind, kind) for kind in FORMATS} - {"dcm"} <= lines


def test_the_commands_are_there() -> None:
    assert {"key rotate", "forget"} <= set(
        re.findall(r"^    fetal (key rotate|forget)", TEXT, re.M)
    )
