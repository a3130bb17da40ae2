import hashlib
from collections.abc import Callable

import pytest
from sqlalchemy import event, update

from fetal.store.tables import ScanRow
from fetal.workbench import Workbench
from fetal.workbench.catalogue.scan_figures import figures
from fetal.workbench.examinations.cine_frames import cine_frames
from fetal.workbench.ingest.upload import UploadedFile, add_scans
from fetal.workbench.privacy import pseudonym_key
from tests.support.drawn import fan, file
from tests.support.films import film
from tests.workbench.conftest import number_of

CLIP = film([fan(seed) for seed in range(6)])


def brought(workbench: Workbench, *frames: int, name: str = "clip.dcm") -> list[int]:
    taken = add_scans(workbench, [UploadedFile(name, CLIP, frames)], who="Ann")
    return [number_of(one) for one in taken]


def frames_of(workbench: Workbench, scan_id: int) -> list[tuple[int, int]]:
    found = cine_frames(workbench, figures(workbench, [scan_id])[scan_id])
    return [(one.scan_id, one.index) for one in found]


def test_the_stored_frames_of_a_film_are_listed_in_its_order_however_they_came(
    each_workbench: Workbench,
) -> None:
    first, last = brought(each_workbench, 1, 5)
    # Under another name, in another drop.
    [between] = brought(each_workbench, 3, name="again.dcm")
    for scan in (first, between, last):
        assert frames_of(each_workbench, scan) == [(first, 1), (between, 3), (last, 5)]


def test_for_a_still_and_for_the_only_stored_frame_there_is_no_film(workbench: Workbench) -> None:
    [alone] = brought(workbench, 2)
    [still] = [number_of(one) for one in add_scans(workbench, [file(99)], who="Ann")]
    assert frames_of(workbench, alone) == []
    shown = figures(workbench, [still])[still]
    asked = []
    event.listen(workbench.store.engine, "before_cursor_execute", lambda *given: asked.append(1))
    assert cine_frames(workbench, shown) == []
    assert not asked, "nothing is read for a still"


def test_frames_that_an_older_program_stored_are_joined_when_the_film_comes_again(
    workbench: Workbench,
) -> None:
    scans = brought(workbench, 0, 4)
    with workbench.store.session() as session:
        session.execute(update(ScanRow).values(cine=None, frame=None))
    assert frames_of(workbench, scans[0]) == []
    assert brought(workbench, 0, 4) == scans
    assert frames_of(workbench, scans[0]) == [(scans[0], 0), (scans[1], 4)]


def test_a_new_key_keeps_frames_together_and_finds_them_again(
    reopen: Callable[[], Workbench],
) -> None:
    workbench = reopen()
    scans = brought(workbench, 0, 4)
    before = figures(workbench, scans)[scans[0]].cine
    pseudonym_key.renew_key(workbench.store, "Ann")
    workbench = reopen()
    assert figures(workbench, scans)[scans[0]].cine != before
    [more] = brought(workbench, 2)
    assert [scan for scan, _ in frames_of(workbench, more)] == [scans[0], more, scans[1]]


def test_a_film_is_known_by_no_digest_that_its_file_tells(workbench: Workbench) -> None:
    [scan] = brought(workbench, 0)
    kept = figures(workbench, [scan])[scan].cine
    assert kept == workbench.pseudonyms.film(hashlib.sha256(CLIP).hexdigest())
    assert kept != hashlib.sha256(CLIP).hexdigest()


@pytest.mark.parametrize("frames", [(2, 2)])
def test_a_frame_picked_twice_is_one(workbench: Workbench, frames: tuple[int, ...]) -> None:
    assert len(set(brought(workbench, *frames))) == 1
