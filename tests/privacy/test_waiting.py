"""Scans that wait for a person are in memory alone, with their names and all that is on them."""

import tempfile
from pathlib import Path

import numpy as np
import pytest

from fetal.scans import Box, decode_png
from fetal.scans.mask_edits import Change, Tool
from fetal.workbench import Workbench
from fetal.workbench.ingest.quarantine_decisions import keep, leave_out
from fetal.workbench.ingest.upload_batch import UploadQueue
from tests.privacy.canary import DATE, NUMBER, WORD
from tests.privacy.traces import everything_in, forms_of
from tests.support.drawn import file, unsure

WRITTEN = Box(40, 20, 120, 60)


def named(seed: int) -> str:
    return f"{WORD}^Jane {NUMBER} {DATE} {seed}.png"


def traces(content: bytes) -> list[str]:
    return [
        f"{canary}, {form}"
        for canary in (WORD, NUMBER, DATE)
        for form, written in forms_of(canary).items()
        if written in content
    ]


def test_what_waits_is_on_no_disk_and_in_no_log_before_and_after_it_is_decided_on(
    workbench: Workbench,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
) -> None:
    elsewhere = tmp_path / "temporary"
    elsewhere.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(elsewhere))
    kept = workbench.workspace.folder
    before = {path for path in kept.rglob("*") if path.is_file()}
    desk = UploadQueue(workbench)
    with caplog.at_level("DEBUG"):
        files = [unsure(1, named(1)), unsure(2, named(2)), file(3, named(3))]
        drop = desk.start(files, "Ann", f"{WORD}^Jane", every=True)
        assert drop.wait(60)
        assert len(desk.quarantine.of("Ann")) == 3
        assert {path for path in kept.rglob("*") if path.is_file()} == before
        first, second, third = desk.quarantine.of("Ann")
        changes = [Change(Tool.BLANK, WRITTEN)]
        kept_first = keep(workbench, desk.quarantine, first, "Ann", changes, watch=drop)
        assert kept_first is not None
        assert kept_first.scan_id is not None
        leave_out(workbench, desk.quarantine, [second], "Ann")
        kept_third = keep(workbench, desk.quarantine, third, "Ann", watch=drop)
        assert kept_third is not None
        assert kept_third.scan_id is not None
    pictures = [decode_png(path.read_bytes()) for path in (kept / "blobs" / "scans").rglob("*.png")]
    assert len(pictures) == 2
    blank = [not picture[20:60, 40:120].any() for picture in pictures]
    assert sorted(blank) == [False, True]
    assert np.any(pictures[blank.index(True)])
    assert list(elsewhere.rglob("*")) == []
    out, err = capfd.readouterr()
    assert traces(everything_in(kept) + (caplog.text + out + err).encode()) == []
