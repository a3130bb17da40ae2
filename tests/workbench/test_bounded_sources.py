"""An import measures before it reads, and the page may name only what is allowed."""

import io
import os
import tracemalloc
import zipfile
from pathlib import Path

import pytest

from fetal.predict.inputs import as_scan
from fetal.scans.errors import TooLargeError
from fetal.workbench import Workbench
from fetal.workbench.imports.allowed_folders import FolderNotAllowedError, allowed_place
from fetal.workbench.imports.import_run import import_scans, plan_import
from fetal.workbench.ingest.upload import UploadedFile
from tests.support.drawn import file


def packed(files: dict[str, bytes]) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return target.getvalue()


def test_a_huge_file_is_refused_unread_and_the_others_go_on(
    workbench: Workbench, tmp_path: Path
) -> None:
    folder = tmp_path / "brain"
    folder.mkdir()
    (folder / "a.png").write_bytes(file(1).data)
    with (folder / "sparse.png").open("wb") as huge:
        huge.truncate(3_000_000_000)
    tracemalloc.start()
    report = import_scans(workbench, plan_import(tmp_path), "Ann")
    _, highest = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert [one.outcome.value for one in report.taken] == ["added", "refused"]
    assert "3,000 MB" in report.refused[0]
    assert highest < 200_000_000


def test_a_model_is_given_no_huge_file_to_read(tmp_path: Path) -> None:
    with (tmp_path / "sparse.png").open("wb") as huge:
        huge.truncate(3_000_000_000)
    with pytest.raises(TooLargeError, match="3,000 MB"):
        as_scan(tmp_path / "sparse.png")


def test_a_table_in_an_archive_is_bounded_and_that_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FETAL_TABLE_LINES", "10")
    lines = "".join(f"{number}.png,brain\n" for number in range(20))
    files = {"brain/a.png": file(1).data, "labels.csv": f"image,plane\n{lines}".encode()}
    plan = plan_import([UploadedFile("all.zip", packed(files))])
    assert [planned.label for planned in plan.images] == ["brain"]
    assert "at most 10 lines" in dict(plan.refused)["all.zip/labels.csv"]


def test_a_table_that_is_none_of_labels_is_not_read_to_its_end(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("FETAL_TABLE_LINES", "300")
    measured = b"time,pressure\n" + b"1,2\n" * 10_000
    plan = plan_import([file(1, "brain/a.png"), UploadedFile("measured.csv", measured)])
    assert len(plan.images) == 1
    assert plan.refused == []


def test_the_table_at_the_top_comes_before_others() -> None:
    files = {
        "a/deep/x.csv": b"image,plane\na.png,femur\n",
        "z.csv": b"image,plane\na.png,brain\n",
        "a/deep/a.png": file(1).data,
    }
    plan = plan_import([UploadedFile("all.zip", packed(files))])
    assert [planned.label for planned in plan.images] == ["brain"]


def test_a_table_with_tabs_is_found_among_the_files() -> None:
    plan = plan_import([file(1, "a.png"), UploadedFile("labels.tsv", b"image\tplane\na\tbrain\n")])
    assert [planned.label for planned in plan.images] == ["brain"]


def test_only_allowed_folders_may_be_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first, second, other = (tmp_path / name for name in ("first", "second", "other"))
    for folder in (first, second, other):
        folder.mkdir()
    (first / "link").symlink_to(other)
    monkeypatch.setenv("FETAL_IMPORT_FOLDERS", f"{first}{os.pathsep}{second}")
    for alone in (False, True):
        assert allowed_place(f" {first}/in ", alone=alone) == first / "in"
        assert allowed_place(str(second), alone=alone) == second
        for named in (other, first / "link", f"{first}/../other", f"{first}x", "~nobody", "a\0b"):
            with pytest.raises(FolderNotAllowedError, match="first"):
                allowed_place(str(named), alone=alone)


def test_without_the_setting_only_the_person_at_this_computer_names_folders(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("FETAL_IMPORT_FOLDERS", raising=False)
    assert allowed_place(str(tmp_path), alone=True) == tmp_path
    for named in (tmp_path, tmp_path / "gone", "/"):
        with pytest.raises(FolderNotAllowedError, match="ZIP archive"):
            allowed_place(str(named), alone=False)
