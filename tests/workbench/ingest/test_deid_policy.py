from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sqlalchemy import func, select

from fetal.configuration.sources import SettingError
from fetal.scans import Box, read_scan
from fetal.scans.mask_edits import Change, NothingLeftError, Tool
from fetal.store import audit
from fetal.store.tables import Patient, ScanRow
from fetal.workbench import Workbench
from fetal.workbench.catalogue import scans
from fetal.workbench.imports.import_run import import_scans, plan_import
from fetal.workbench.ingest.deid_policy import (
    DeidentificationCheck,
    DeidentificationPolicy,
)
from fetal.workbench.ingest.original_previews import OriginalPreviews, marked
from fetal.workbench.ingest.quarantine import Memory, Quarantine
from fetal.workbench.ingest.quarantine_decisions import keep, leave_out
from fetal.workbench.ingest.upload import IngestOutcome, UploadedFile, add_scans
from fetal.workbench.ingest.upload_batch import UploadBatch, UploadQueue
from tests.support.drawn import file, unsure
from tests.support.films import film
from tests.workbench.conftest import number_of

BAR = Box(0, 0, 70, 20)


def stored(workbench: Workbench) -> int:
    with workbench.store.reading() as session:
        return session.scalar(select(func.count()).select_from(ScanRow)) or 0


def trail(workbench: Workbench, action: str) -> list[tuple[str, dict[str, Any]]]:
    with workbench.store.reading() as session:
        return [(line.who, line.detail) for line in audit.entries(session, action=action)]


@pytest.fixture
def desk(workbench: Workbench) -> UploadQueue:
    return UploadQueue(workbench)


def dropped(desk: UploadQueue, *files: UploadedFile, **how: bool) -> UploadBatch:
    drop = desk.start(list(files), "Ann", "4711", **how)
    assert drop.wait(60)
    assert drop.failure is None
    return drop


def test_a_scan_without_a_sector_waits_and_nothing_of_it_is_stored(
    workbench: Workbench, desk: UploadQueue
) -> None:
    drop = dropped(desk, unsure(1), file(1))
    assert [one.outcome for one in drop.results] == [IngestOutcome.WAITS, IngestOutcome.ADDED]
    assert "could not be told from the rest" in drop.results[0].sentence
    assert stored(workbench) == len(list(workbench.blobs.keys("scans"))) == 1
    [held] = desk.quarantine.of("Ann").values()
    assert held.file == "unsure 1.png"
    assert desk.quarantine.of("Bea") == {}


def test_what_is_kept_as_shown_is_stored_under_its_patient_with_a_line_in_the_trail(
    workbench: Workbench, desk: UploadQueue
) -> None:
    drop = dropped(desk, unsure(1))
    [number] = desk.quarantine.of("Ann")
    taken = keep(workbench, desk.quarantine, number, "Ann")
    assert taken is not None
    drop.settle(number, taken)
    assert drop.results == [taken]
    scan = scans.scan(workbench, number_of(taken))
    assert scan.patient == workbench.pseudonyms.patient("4711")
    assert scan.predicted is not None
    told = [("Ann", {"scan": scan.name, "blank": 0, "bring back": 0, "keep only": 0})]
    assert trail(workbench, "keep checked scan") == told
    assert desk.quarantine.of("Ann") == {}
    assert keep(workbench, desk.quarantine, number, "Ann") is None


def test_what_a_person_blanks_is_never_stored(workbench: Workbench, desk: UploadQueue) -> None:
    dropped(desk, unsure(1))
    [number] = desk.quarantine.of("Ann")
    taken = keep(workbench, desk.quarantine, number, "Ann", [Change(Tool.BLANK, BAR)])
    assert taken is not None
    pixels = scans.pixels(workbench, number_of(taken))
    assert pixels[:20, :70].max() == 0
    assert pixels[60, 80] > 0
    assert len(list(workbench.blobs.keys("scans"))) == 1
    [(_, detail)] = trail(workbench, "keep checked scan")
    assert detail["blank"] == 1


def test_a_mask_that_blanks_all_is_refused_and_the_scan_waits_on(
    workbench: Workbench, desk: UploadQueue
) -> None:
    dropped(desk, unsure(1))
    [number] = desk.quarantine.of("Ann")
    with pytest.raises(NothingLeftError):
        keep(workbench, desk.quarantine, number, "Ann", [Change(Tool.BLANK, Box(0, 0, 999, 999))])
    assert list(desk.quarantine.of("Ann")) == [number]
    assert stored(workbench) == 0


def test_what_is_left_out_is_gone_and_the_trail_tells_how_many(
    workbench: Workbench, desk: UploadQueue
) -> None:
    drop = dropped(desk, unsure(1), unsure(2))
    out = leave_out(workbench, desk.quarantine, list(desk.quarantine.of("Ann")), "Ann")
    for number, taken in out.items():
        drop.settle(number, taken)
    assert [one.outcome for one in drop.results] == [IngestOutcome.LEFT_OUT] * 2
    assert stored(workbench) == 0
    assert trail(workbench, "leave unsure scans out") == [("Ann", {"scans": 2})]
    assert leave_out(workbench, desk.quarantine, list(out), "Ann") == {}


@pytest.mark.parametrize(
    ("setting", "outcome"),
    [
        ("", IngestOutcome.SET_ASIDE),
        ("ask", IngestOutcome.SET_ASIDE),
        ("refuse", IngestOutcome.REFUSED),
        (" Keep ", IngestOutcome.ADDED),
    ],
)
def test_the_setting_decides_where_nobody_can_be_asked(
    workbench: Workbench, monkeypatch: pytest.MonkeyPatch, setting: str, outcome: IngestOutcome
) -> None:
    monkeypatch.setenv("FETAL_UNSURE", setting)
    unclear, clear = add_scans(workbench, [unsure(1), file(1)], who="Ann")
    assert (unclear.outcome, clear.outcome) == (outcome, IngestOutcome.ADDED)
    assert stored(workbench) == 1 + (outcome is IngestOutcome.ADDED)


def test_a_dry_run_tells_what_would_be_set_aside_and_an_import_can_keep_it(
    workbench: Workbench, tmp_path: Path
) -> None:
    (tmp_path / "brain").mkdir()
    for incoming in (unsure(1), file(1)):
        (tmp_path / "brain" / incoming.name).write_bytes(incoming.data)
    planned = plan_import(tmp_path)
    for dry_run in (True, False):
        report = import_scans(workbench, planned, "Ann", dry_run=dry_run)
        assert report.set_aside == ["brain/unsure 1.png"]
        assert report.refused == []
        assert report.per_plane() == {"brain": 1}
        assert stored(workbench) == (0 if dry_run else 1)
    report = import_scans(workbench, planned, "Ann", unsure=DeidentificationPolicy.KEEP)
    assert (report.set_aside, report.labelled) == ([], 1)


def test_scans_of_an_import_wait_with_their_labels_as_far_as_they_fit(
    workbench: Workbench, tmp_path: Path
) -> None:
    (tmp_path / "femur").mkdir()
    for seed in (1, 2):
        (tmp_path / "femur" / f"{seed}.png").write_bytes(unsure(seed).data)
    quarantine = Quarantine(Memory(0.05))
    report = import_scans(workbench, plan_import(tmp_path), "Ann", quarantine=quarantine)
    assert [one.outcome for one in report.taken] == [IngestOutcome.WAITS, IngestOutcome.SET_ASIDE]
    assert report.labelled == 0
    [number] = quarantine.of("Ann")
    taken = keep(workbench, quarantine, number, "Ann")
    assert taken is not None
    assert scans.scan(workbench, number_of(taken)).label == "femur"
    assert report.labelled == 1


def test_a_setting_that_is_none_is_told_and_nothing_is_taken(
    workbench: Workbench, desk: UploadQueue, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FETAL_UNSURE", "perhaps")
    with pytest.raises(SettingError, match="perhaps"):
        DeidentificationPolicy.from_environment()
    drop = desk.start([file(1)], "Ann")
    assert drop.wait(60)
    assert drop.failure is not None
    assert "perhaps" in drop.failure
    assert stored(workbench) == 0


def test_a_scan_that_was_kept_before_is_not_asked_about_again(
    workbench: Workbench, desk: UploadQueue
) -> None:
    add_scans(
        workbench, [unsure(1)], who="Ann", gate=DeidentificationCheck(DeidentificationPolicy.KEEP)
    )
    drop = dropped(desk, unsure(1))
    assert [one.outcome for one in drop.results] == [IngestOutcome.ALREADY_THERE]


def test_all_scans_of_a_drop_can_be_made_to_wait(desk: UploadQueue, workbench: Workbench) -> None:
    drop = dropped(desk, file(1), unsure(1), every=True)
    assert [one.outcome for one in drop.results] == [IngestOutcome.WAITS] * 2
    assert stored(workbench) == 0


def test_frames_of_a_film_wait_like_files(workbench: Workbench, desk: UploadQueue) -> None:
    glow = [read_scan(unsure(seed).data, "a").pixels for seed in (1, 90)]
    drop = dropped(desk, UploadedFile("clip.dcm", film(glow)))
    assert [one.outcome for one in drop.results] == [IngestOutcome.WAITS] * 2
    assert "Frame 1 of 2" in drop.results[0].sentence
    number = next(iter(desk.quarantine.of("Ann")))
    taken = keep(workbench, desk.quarantine, number, "Ann", [Change(Tool.BLANK, BAR)])
    assert taken is not None
    assert scans.pixels(workbench, number_of(taken))[:20, :70].max() == 0


def test_a_scan_that_comes_again_waits_once(workbench: Workbench, desk: UploadQueue) -> None:
    drop = dropped(desk, unsure(1, "a.png"), unsure(1, "b.png"))
    assert [one.outcome for one in drop.results] == [IngestOutcome.WAITS] * 2
    [(number, held)] = desk.quarantine.of("Ann").items()
    assert held.file == "b.png"
    taken = keep(workbench, desk.quarantine, number, "Ann")
    assert taken is not None
    drop.settle(number, taken)
    assert [one.outcome for one in drop.results] == [IngestOutcome.ADDED] * 2


def test_no_more_wait_than_fit(workbench: Workbench) -> None:
    desk = UploadQueue(workbench, Memory(0.05))
    drop = dropped(desk, unsure(1), unsure(2))
    assert [one.outcome for one in drop.results] == [IngestOutcome.WAITS, IngestOutcome.SET_ASIDE]
    assert "as many scans wait" in drop.results[1].sentence
    leave_out(workbench, desk.quarantine, list(desk.quarantine.of("Ann")), "Ann")
    assert dropped(desk, unsure(2)).results[0].outcome is IngestOutcome.WAITS


def test_a_scan_that_cannot_be_stored_waits_on(
    workbench: Workbench, desk: UploadQueue, monkeypatch: pytest.MonkeyPatch
) -> None:
    dropped(desk, unsure(1), unsure(2))
    first, second = desk.quarantine.of("Ann")
    with monkeypatch.context() as patch:
        patch.setattr("os.fsync", _full)
        with pytest.raises(OSError, match="disk full"):
            keep(workbench, desk.quarantine, first, "Ann")
    assert list(desk.quarantine.of("Ann")) == [first, second]
    taken = keep(workbench, desk.quarantine, first, "Ann")
    assert taken is not None
    assert taken.outcome is IngestOutcome.ADDED


def _full(_: object) -> None:
    raise OSError("disk full")


def test_a_stored_scan_can_be_seen_as_it_arrived_while_the_drop_is_fresh(
    workbench: Workbench, desk: UploadQueue
) -> None:
    drop = dropped(desk, file(1))
    [taken] = drop.results
    arrived = drop.before.get(scans.digest_of(workbench, number_of(taken)))
    assert arrived is not None
    assert arrived[:2] == b"\xff\xd8"
    assert drop.before.get("another") is None


def test_pictures_as_they_arrived_take_bounded_memory() -> None:
    pictures = OriginalPreviews(megabytes=0.001)
    for number in range(5):
        pictures.add(str(number), bytes(400))
    assert [pictures.get(str(number)) is not None for number in range(5)] == [False] * 3 + [
        True
    ] * 2


def test_what_is_blanked_is_shown_in_colour() -> None:
    scan = read_scan(unsure(1).data, "a")
    before = scan.pixels.copy()
    scan.pixels[:50, :70] = 0
    picture = marked(before, scan).astype(int)
    blanked = picture[30:45, 60:68]
    assert (blanked[..., 0] > blanked[..., 2] + 20).all()
    assert (np.ptp(picture[60:70, 80:90], axis=2) == 0).all()


def test_patients_of_scans_that_wait_come_with_them(
    workbench: Workbench, desk: UploadQueue
) -> None:
    dropped(desk, unsure(1, "Patient00042_1.png"))
    assert stored(workbench) == 0
    with workbench.store.reading() as session:
        assert session.scalars(select(Patient)).all() == []
    [number] = desk.quarantine.of("Ann")
    taken = keep(workbench, desk.quarantine, number, "Bea")
    assert taken is not None
    scan = scans.scan(workbench, number_of(taken))
    assert scan.patient == workbench.pseudonyms.patient("Patient00042")
    assert scan.added_by == "Bea"
