import io
from collections.abc import Callable

import numpy as np
import pytest
from PIL import Image
from sqlalchemy import delete, select

from fetal.progress import Progress
from fetal.scans import read_scan
from fetal.store.tables import Fingerprint, Lookalike, PendingComparison
from fetal.workbench import Workbench
from fetal.workbench.catalogue import scans
from fetal.workbench.ingest.upload import IngestOutcome, IngestResult, UploadedFile, add_scans
from fetal.workbench.near_duplicates import compare_stored, detect_pairs
from fetal.workbench.privacy import erasure
from tests.support.drawn import fan, file
from tests.workbench.conftest import number_of


def brighter(seed: int) -> UploadedFile:
    """Nearly the scan of this seed: its pixels differ, its picture does not."""
    packed = io.BytesIO()
    Image.fromarray(np.minimum(fan(seed) * 1.08, 255).astype(np.uint8)).save(packed, "PNG")
    return UploadedFile(f"brighter {seed}.png", packed.getvalue())


def add(workbench: Workbench, incoming: UploadedFile, patient: str) -> IngestResult:
    [taken] = add_scans(workbench, [incoming], who="Ann", patient=patient)
    return taken


def pairs(workbench: Workbench) -> list[tuple[int, int]]:
    with workbench.store.reading() as session:
        return [(row.scan_id, row.other_id) for row in session.scalars(select(Lookalike))]


def test_a_scan_that_looks_like_one_of_another_patient_is_taken_and_said(
    workbench: Workbench,
) -> None:
    one = add(workbench, file(1), "4711")
    add(workbench, file(2), "4711")
    other = add(workbench, brighter(1), "4712")
    name = scans.scan(workbench, number_of(one)).name
    assert other.outcome is IngestOutcome.ADDED
    assert f"It looks like {name} of another patient" in other.sentence
    assert pairs(workbench) == [(other.scan_id, one.scan_id)]


def test_scans_of_one_drop_are_compared_with_each_other_too(workbench: Workbench) -> None:
    first, second = add_scans(workbench, [file(1), brighter(1)], who="Ann", patient="4711")
    assert "nearly the same picture as" in second.sentence
    assert pairs(workbench) == [(second.scan_id, first.scan_id)]


def test_scans_that_differ_are_not_called_alike(workbench: Workbench) -> None:
    taken = [add(workbench, file(seed), f"patient {seed}") for seed in range(4)]
    assert not any("look" in one.sentence for one in taken)
    assert pairs(workbench) == []


def test_the_same_picture_of_one_patient_is_said_too(workbench: Workbench) -> None:
    add(workbench, file(1), "4711")
    assert "nearly the same picture as" in add(workbench, brighter(1), "4711").sentence


def test_samples_are_compared_with_nothing(workbench: Workbench) -> None:
    for incoming in (file(1), brighter(1)):
        add_scans(workbench, [incoming], who="Ann", source="sample")
    assert compare_stored.waiting(workbench) == 0
    assert pairs(workbench) == []


def test_scans_of_an_older_program_are_compared_later_and_it_can_be_stopped(
    workbench: Workbench,
) -> None:
    one, other = add(workbench, file(1), "4711"), add(workbench, brighter(1), "4712")
    with workbench.store.session() as session:
        session.execute(delete(Lookalike))
        session.execute(delete(Fingerprint))
        session.add_all(PendingComparison(scan_id=taken.scan_id) for taken in (one, other))
    assert compare_stored.waiting(workbench) == 2
    reported: list[Progress] = []
    stop = iter([False, True]).__next__
    assert compare_stored.catch_up(workbench, reported.append, stop) == 1
    assert (reported, compare_stored.waiting(workbench)) == ([Progress(1, 2)], 1)
    assert compare_stored.catch_up(workbench) == 1
    assert compare_stored.waiting(workbench) == 0
    assert pairs(workbench) == [(other.scan_id, one.scan_id)]


@pytest.mark.parametrize(("seed", "waits"), [(1, 1), (2, 0)])
def test_scans_that_arrive_at_the_same_moment_are_compared_afterwards(
    workbench: Workbench, seed: int, waits: int
) -> None:
    """Scan 1 is stored between the moment in which the other is compared and its own storing."""
    incoming = brighter(seed)
    seen = detect_pairs.look(
        workbench, read_scan(incoming.data, incoming.name), "P-other", "upload"
    )
    one, other = add(workbench, file(1), "4711"), add(workbench, incoming, "4712")
    with workbench.store.session() as session:
        session.execute(delete(Lookalike))
        session.execute(delete(Fingerprint).where(Fingerprint.scan_id == other.scan_id))
        assert seen is not None
        seen.keep(session, number_of(other))
    assert compare_stored.waiting(workbench) == compare_stored.find_new(workbench) == waits
    assert pairs(workbench) == [(other.scan_id, one.scan_id)] * waits
    assert compare_stored.waiting(workbench) == 0


def test_all_scans_are_compared_again_and_what_was_stopped_goes_on(workbench: Workbench) -> None:
    add(workbench, file(1), "4711")
    add(workbench, brighter(1), "4712")
    with workbench.store.session() as session:
        session.execute(delete(Lookalike))
    stop = iter([False, True]).__next__
    assert compare_stored.search(workbench, stop=stop) == 0
    assert compare_stored.waiting(workbench) == 1
    assert compare_stored.find_new(workbench) == 1
    assert compare_stored.search(workbench) == 0
    assert len(pairs(workbench)) == 1


def test_what_another_process_adds_and_erases_is_followed(
    workbench: Workbench, reopen: Callable[[], Workbench]
) -> None:
    add(workbench, file(1), "4711")
    beside = reopen()
    add(beside, file(5), "4713")
    gone = scans.scan(beside, number_of(add(beside, file(2), "4714")))
    assert "looks like" in add(workbench, brighter(5), "4715").sentence
    erasure.erase(beside, gone.name, "Dora")
    beside.close()
    # Its number is given out anew, and must not lead to what it looked like.
    add(workbench, file(7), "4716")
    assert "looks like" not in add(workbench, brighter(2), "4717").sentence
    assert "looks like" in add(workbench, brighter(7), "4718").sentence


@pytest.mark.parametrize("which", [0, 1])
def test_an_erased_scan_takes_its_pair_along(workbench: Workbench, which: int) -> None:
    taken = add(workbench, file(1), "4711"), add(workbench, brighter(1), "4712")
    erasure.erase(workbench, scans.scan(workbench, number_of(taken[which])).name, "Dora")
    assert pairs(workbench) == []
    with workbench.store.reading() as session:
        assert len(session.scalars(select(Fingerprint)).all()) == 1
