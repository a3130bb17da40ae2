from itertools import pairwise

import numpy as np

from fetal.predict import load_model
from fetal.workbench import Workbench
from fetal.workbench.catalogue import scans as views
from fetal.workbench.ingest.cine_upload import propose
from fetal.workbench.ingest.upload import IngestOutcome, UploadedFile, add_scans
from tests.support.drawn import fan, file
from tests.support.films import film
from tests.support.tiny_model import tiny_model
from tests.workbench.conftest import number_of


def test_of_a_film_come_the_best_frames_that_differ_each_as_a_scan(workbench: Workbench) -> None:
    frames = [fan(seed // 3) for seed in range(24)]
    taken = add_scans(workbench, [UploadedFile("clip.dcm", film(frames)), file(99)], who="Ann")
    assert [one.outcome for one in taken] == [IngestOutcome.ADDED] * 6
    assert len({one.scan_id for one in taken}) == 6
    assert all("of 24, one of the 5 that look most like a plane." in t.sentence for t in taken[:5])
    scans = [views.scan(workbench, number_of(one)) for one in taken]
    assert len({scan.patient for scan in scans[:5]}) == 1
    assert scans[0].patient == workbench.pseudonyms.patient("4711") != scans[5].patient


def test_frames_that_a_person_picked_come_and_no_others(workbench: Workbench) -> None:
    frames = [fan(seed) for seed in range(4)]
    taken = add_scans(workbench, [UploadedFile("clip.dcm", film(frames), (1, 3))], who="Ann")
    assert [one.file for one in taken] == ["clip frame 2.dcm", "clip frame 4.dcm"]
    assert all("one of the 2 that a person picked" in one.sentence for one in taken)
    shown = [views.pixels(workbench, number_of(one)) for one in taken]
    assert [np.array_equal(a, b) for a, b in zip(shown, (frames[1], frames[3]), strict=True)] == [
        True,
        True,
    ]


def test_the_same_film_again_adds_nothing(workbench: Workbench) -> None:
    clip = UploadedFile("clip.dcm", film([fan(seed) for seed in range(3)]))
    first = add_scans(workbench, [clip], who="Ann")
    again = add_scans(workbench, [clip], who="Ann")
    assert [one.scan_id for one in again] == [one.scan_id for one in first]
    assert {one.outcome for one in again} == {IngestOutcome.ALREADY_THERE}


def test_a_film_without_a_frame_to_read_gets_one_sentence(workbench: Workbench) -> None:
    flat = [np.full((100, 100), level, np.uint8) for level in (10, 90)]
    (taken,) = add_scans(workbench, [UploadedFile("clip.dcm", film(flat))], who="Ann")
    assert taken.outcome is IngestOutcome.REFUSED
    assert "one flat grey" in taken.sentence


def test_the_proposed_frames_are_the_likeliest_and_lie_apart() -> None:
    model = load_model(tiny_model().folder)
    data = film([fan(seed) for seed in range(20)])
    proposed, count = propose(data, "clip.dcm", model, most=4)
    indices = [one.index for one in proposed]
    assert count == 20
    assert min(later - earlier for earlier, later in pairwise(indices)) >= 20 / 8
    everything, _ = propose(data, "clip.dcm", model, most=20)
    assert len(everything) == 20
    assert max(everything, key=lambda one: one.likeness).index in indices


def test_without_a_model_frames_are_spread_evenly() -> None:
    proposed, _ = propose(film([fan(seed) for seed in range(9)]), "clip.dcm", None, most=3)
    assert [one.index for one in proposed] == [0, 4, 8]
