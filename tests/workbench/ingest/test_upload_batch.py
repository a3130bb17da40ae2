"""Drops that go on beside one another: what is kept of them, for whom, and for how long."""

import gc
import threading
import weakref
from collections.abc import Iterator, Sequence

import pytest
from sqlalchemy import select

from fetal.progress import Progress
from fetal.store.tables import ScanRow
from fetal.workbench import Workbench
from fetal.workbench.accounts.browser_sessions import HOURS_UNSEEN, BrowserSessions
from fetal.workbench.catalogue.stored_pixels import digests_of
from fetal.workbench.ingest import ingest
from fetal.workbench.ingest.quarantine_decisions import bring_back, keep, leave_out
from fetal.workbench.ingest.store_scan import NewScan, store_scans
from fetal.workbench.ingest.upload import IngestOutcome, IngestResult, UploadedFile, add_scans
from fetal.workbench.ingest.upload_batch import FINISHED_KEPT, UploadBatch, UploadQueue
from fetal.workbench.privacy import erasure
from tests.support.drawn import file, unsure
from tests.workbench.conftest import number_of


@pytest.fixture
def desk(workbench: Workbench) -> UploadQueue:
    return UploadQueue(workbench)


def done(
    desk: UploadQueue, *files: UploadedFile, who: str = "Ann", patient: str = "4711", **how: bool
) -> UploadBatch:
    drop = desk.start(list(files), who, patient, **how)
    assert drop.wait(60)
    assert drop.failure is None
    return drop


@pytest.fixture
def held_up(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[threading.Event, threading.Event]]:
    """Holds up what is stored until `go_on` is set; tells in `begun` when something is."""
    begun, go_on = threading.Event(), threading.Event()

    def slow(workbench: Workbench, scans: Sequence[NewScan]) -> list[IngestResult | None]:
        begun.set()
        if any(new.file == "slow.png" for new in scans):
            assert go_on.wait(60)
        return store_scans(workbench, scans)

    monkeypatch.setattr(ingest, "store_scans", slow)
    yield begun, go_on
    go_on.set()


def test_a_second_drop_does_not_hide_the_first(
    desk: UploadQueue, held_up: tuple[threading.Event, threading.Event]
) -> None:
    _, go_on = held_up
    first = desk.start([file(1, "slow.png")], "Ann", "4711")
    second = done(desk, file(2))
    assert desk.drops("Ann") == [second, first]
    assert not first.finished
    go_on.set()
    assert first.wait(60)
    assert desk.drops("Ann") == [second, first]
    assert desk.drops("Bea") == []


def test_of_drops_that_ended_a_few_are_told_of_until_the_person_clears_them(
    desk: UploadQueue,
) -> None:
    drops = [done(desk, file(seed)) for seed in range(FINISHED_KEPT + 2)]
    assert desk.drops("Ann") == drops[: -FINISHED_KEPT - 1 : -1]
    desk.let_go("Ann")
    assert desk.drops("Ann") == []


def test_pictures_as_they_arrived_go_with_the_next_drop(
    workbench: Workbench, desk: UploadQueue
) -> None:
    first = done(desk, file(1))
    digest = next(iter(digests_of(workbench, [number_of(first.results[0])]).values()))
    assert first.before.get(digest) is not None
    done(desk, file(2))
    assert first.before.get(digest) is None


def test_a_drop_that_is_stopped_says_what_was_not_read(
    desk: UploadQueue, held_up: tuple[threading.Event, threading.Event]
) -> None:
    begun, go_on = held_up
    files = [file(0, "slow.png"), *(file(seed) for seed in range(1, 16))]
    drop = desk.start(files, "Ann", "4711")
    assert begun.wait(60)
    drop.stop()
    go_on.set()
    assert drop.wait(60)
    assert drop.stopping
    assert 0 < drop.not_read < len(files)
    assert [one.outcome for one in drop.results] == [IngestOutcome.ADDED] * (
        len(files) - drop.not_read
    ) + [IngestOutcome.NOT_READ] * drop.not_read


def test_the_bytes_of_a_file_go_once_it_is_through(workbench: Workbench) -> None:
    held = [file(seed) for seed in range(3)]
    left = [weakref.ref(one) for one in held]
    seen: list[int] = []

    def each() -> Iterator[UploadedFile]:
        while held:
            yield held.pop(0)

    def through(progress: Progress) -> None:
        gc.collect()
        seen.append(sum(one() is not None for one in left))

    add_scans(workbench, each(), who="Ann", on_progress=through)
    # The one that was read last may still be at hand.
    assert seen[-1] <= 1
    assert seen == sorted(seen, reverse=True)
    assert seen[0] <= 3


def test_what_was_left_out_can_be_brought_back_and_then_kept(
    workbench: Workbench, desk: UploadQueue
) -> None:
    drop = done(desk, unsure(1), unsure(2))
    numbers = list(desk.quarantine.of("Ann"))
    for number, taken in leave_out(workbench, desk.quarantine, numbers, "Ann").items():
        drop.settle(number, taken)
    assert desk.quarantine.of("Ann") == {}
    assert [one.outcome for one in drop.results] == [IngestOutcome.LEFT_OUT] * 2
    assert bring_back(workbench, desk.quarantine, "Bea") == {}
    for number, taken in bring_back(workbench, desk.quarantine, "Ann").items():
        drop.settle(number, taken)
    assert list(desk.quarantine.of("Ann")) == numbers
    assert [one.outcome for one in drop.results] == [IngestOutcome.WAITS] * 2
    kept = keep(workbench, desk.quarantine, numbers[0], "Ann")
    assert kept is not None
    assert kept.outcome is IngestOutcome.ADDED


def test_a_browser_finds_its_own_scans_again_and_nobody_elses(workbench: Workbench) -> None:
    sessions = BrowserSessions(workbench)
    ann, other = sessions.of("a" * 43), sessions.of("b" * 43)
    done(ann.desk, unsure(1))
    assert len(sessions.of("a" * 43).desk.quarantine.of("Ann")) == 1
    # Somebody else may type the same name.
    assert other.desk.quarantine.of("Ann") == {}
    assert other.desk.drops("Ann") == []
    [number] = ann.desk.quarantine.of("Ann")
    assert keep(workbench, other.desk.quarantine, number, "Ann") is None


def test_what_a_browser_left_goes_after_a_day(workbench: Workbench) -> None:
    now = [0.0]
    sessions = BrowserSessions(workbench, lambda: now[0])
    quarantine = sessions.of("a" * 43).desk.quarantine
    done(sessions.of("a" * 43).desk, unsure(1))
    now[0] = HOURS_UNSEEN * 3600 + 1.0
    sessions.of("b" * 43)
    assert quarantine.of("Ann") == {}
    assert sessions.of("a" * 43).desk.quarantine is not quarantine


def test_an_erasure_empties_what_is_kept_of_the_patient_and_of_nobody_else(
    workbench: Workbench,
) -> None:
    sessions = BrowserSessions(workbench)
    desk = sessions.of("a" * 43).desk
    gone = done(desk, file(1), unsure(1), patient="4711")
    stays = done(desk, file(2), unsure(2), patient="4712")
    newcomer = done(desk, unsure(3), patient="4713")
    before = sessions.heed_erasures()
    erasure.erase(workbench, workbench.pseudonyms.patient("4711"), "Cem")

    assert sessions.heed_erasures() != before
    assert gone not in desk.drops("Ann")
    waiting = {held.owner.pseudonym for held in desk.quarantine.of("Ann").values()}
    assert waiting == {workbench.pseudonyms.patient(one) for one in ("4712", "4713")}
    assert [one.outcome for one in stays.results] == [IngestOutcome.ADDED, IngestOutcome.WAITS]
    assert newcomer in desk.drops("Ann")


def test_an_erased_scan_leaves_no_picture_of_how_it_arrived(workbench: Workbench) -> None:
    sessions = BrowserSessions(workbench)
    drop = done(sessions.of("a" * 43).desk, file(1), file(2))
    first, second = (number_of(one) for one in drop.results)
    digests = digests_of(workbench, [first, second])
    with workbench.store.reading() as session:
        name = session.scalar(select(ScanRow.name).where(ScanRow.id == first))
    assert name is not None
    erasure.erase(workbench, name, "Cem")
    sessions.heed_erasures()
    assert [drop.before.get(digests[one]) is None for one in (first, second)] == [True, False]
    assert [one.scan_id for one in drop.results] == [second]
