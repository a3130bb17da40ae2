"""A workspace that cannot be used is one sentence on the page, and no traceback."""

from pathlib import Path

import pytest

from tests.pages.conftest import OpenApp


def test_a_folder_that_cannot_be_made(
    open_app: OpenApp, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setenv("FETAL_WORKSPACE", str(tmp_path / "file" / "workspace"))
    app = open_app("scans")
    assert not app.exception
    [told] = app.error
    assert told.value == f"“{tmp_path / 'file' / 'workspace'}” cannot be used: not a directory."


def test_a_damaged_database(open_app: OpenApp, tmp_path: Path) -> None:
    (tmp_path / "workspace").mkdir(exist_ok=True)
    (tmp_path / "workspace" / "fetal.db").write_bytes(b"no database " * 1000)
    app = open_app("review")
    assert not app.exception
    assert "damaged. Bring it back from the backup" in app.error[0].value
