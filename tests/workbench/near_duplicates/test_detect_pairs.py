import io

import numpy as np
import pytest
from PIL import Image
from sqlalchemy import delete, select

from fetal.store.tables import Fingerprint, Lookalike
from fetal.workbench.catalogue import scans
from fetal.workbench.ingest.upload import IngestOutcome, UploadedFile, add_scans
from fetal.workbench.near_duplicates import detect_pairs
from fetal.workbench.privacy import erasure
from tests.support.drawn import fan, file


def brighter(seed):
    """Nearly the scan of this seed: its pixels differ, its picture does not."""
    packed = io.BytesIO()
    Image.fromarray(np.minimum(fan(seed) * 1.08, 255).astype(np.uint8)).save(packed, "PNG")
    return UploadedFile(f"brighter {seed}.png", packed.getvalue())


def add(bench, incoming, patient):
    [taken] = add_scans(bench, [incoming], who="Ann", patient=patient)
    return taken


def pairs(bench):
    with bench.store.reading() as session:
        return [(row.scan_id, row.other_id) for row in session.scalars(select(Lookalike))]


def test_a_scan_that_looks_like_one_of_another_patient_is_taken_and_said(bench):
    one = add(bench, file(1), "4711")
    add(bench, file(2), "4711")
    other = add(bench, brighter(1), "4712")
    name = scans.scan(bench, one.scan_id).name
    assert other.outcome is IngestOutcome.ADDED
    assert f"It looks like {name} of another patient" in other.sentence
    assert pairs(bench) == [(other.scan_id, one.scan_id)]


def test_scans_that_differ_are_not_called_alike(bench):
    taken = [add(bench, file(seed), f"patient {seed}") for seed in range(4)]
    assert not any("look" in one.sentence for one in taken)
    assert pairs(bench) == []


def test_the_same_picture_of_one_patient_is_said_too(bench):
    add(bench, file(1), "4711")
    assert "nearly the same picture as" in add(bench, brighter(1), "4711").sentence


def test_samples_are_compared_with_nothing(bench):
    for incoming in (file(1), brighter(1)):
        add_scans(bench, [incoming], who="Ann", source="sample")
    assert detect_pairs.waiting(bench) == 0
    assert pairs(bench) == []


def test_scans_of_an_older_program_are_compared_later_and_it_can_be_stopped(bench):
    one, other = add(bench, file(1), "4711"), add(bench, brighter(1), "4712")
    with bench.store.session() as session:
        session.execute(delete(Lookalike))
        session.execute(delete(Fingerprint))
    assert detect_pairs.waiting(bench) == 2
    told = []
    stop = iter([False, True]).__next__
    assert detect_pairs.catch_up(bench, lambda *done: told.append(done), stop) == 1
    assert (told, detect_pairs.waiting(bench)) == ([(1, 2)], 1)
    assert detect_pairs.catch_up(bench) == 1
    assert detect_pairs.waiting(bench) == 0
    assert pairs(bench) == [(other.scan_id, one.scan_id)]


def test_a_search_finds_what_arrived_at_the_same_moment(bench):
    add(bench, file(1), "4711")
    add(bench, brighter(1), "4712")
    with bench.store.session() as session:
        session.execute(delete(Lookalike))
    assert detect_pairs.search(bench) == 1
    assert detect_pairs.search(bench) == 0
    assert len(pairs(bench)) == 1


def test_what_another_process_adds_and_erases_is_followed(bench, open_bench):
    add(bench, file(1), "4711")
    beside = open_bench()
    add(beside, file(5), "4713")
    gone = scans.scan(beside, add(beside, file(2), "4714").scan_id)
    assert "looks like" in add(bench, brighter(5), "4715").sentence
    erasure.erase(beside, gone.name, "Dora")
    beside.close()
    # Its number is given out anew, and must not lead to what it looked like.
    add(bench, file(7), "4716")
    assert "looks like" not in add(bench, brighter(2), "4717").sentence
    assert "looks like" in add(bench, brighter(7), "4718").sentence


@pytest.mark.parametrize("which", [0, 1])
def test_an_erased_scan_takes_its_pair_along(bench, which):
    taken = add(bench, file(1), "4711"), add(bench, brighter(1), "4712")
    erasure.erase(bench, scans.scan(bench, taken[which].scan_id).name, "Dora")
    assert pairs(bench) == []
    with bench.store.reading() as session:
        assert len(session.scalars(select(Fingerprint)).all()) == 1
