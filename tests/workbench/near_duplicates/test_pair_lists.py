"""Lists, counts and groups of look-alikes follow what changes, on both databases."""

from typing import Any

import pytest

from fetal.splits import TEST, TRAIN
from fetal.store.tables import Patient, ScanRow
from fetal.workbench import Workbench
from fetal.workbench.ingest.upload import add_scans
from fetal.workbench.near_duplicates import decisions
from fetal.workbench.near_duplicates.decisions import COPY, DIFFERENT, TOGETHER
from fetal.workbench.near_duplicates.detect_pairs import add_pair
from fetal.workbench.near_duplicates.groups import groups, left_out
from fetal.workbench.near_duplicates.ranks import follow_splits
from fetal.workbench.privacy import erasure
from tests.support.drawn import file
from tests.workbench.near_duplicates.test_detect_pairs import brighter

PAIRS = [(2, 1), (3, 2), (4, 3), (5, 4), (6, 5)]
"""The scans of five patients, of which the last one has two: each looks like the one before."""


def fill(workbench: Workbench) -> Workbench:
    """Store scans 1 to 6 of the patients P-1 to P-5, and the pairs between them."""
    with workbench.store.session() as session:
        session.add_all(Patient(id=f"P-{number}", named=number < 5) for number in range(1, 6))
        session.flush()
        session.add_all(
            ScanRow(
                id=number, digest=str(number), name=f"S-{number}", blob=f"scans/{number}",
                patient_id=f"P-{min(number, 5)}", source="upload", width=1, height=1, sector=[],
                added_by="Ann",
            )
            for number in range(1, 7)
        )  # fmt: skip
        session.flush()
        for place, pair in enumerate(PAIRS):
            assert add_pair(session, pair, 3, 0.9 - place / 100)
            assert not add_pair(session, pair, 3, 0.9)
    return workbench


@pytest.fixture
def each_chain(each_workbench: Workbench) -> Workbench:
    return fill(each_workbench)


@pytest.fixture
def chain(workbench: Workbench) -> Workbench:
    return fill(workbench)


def listed(workbench: Workbench, **chosen: Any) -> list[tuple[int, int]]:
    return [(one.scan_id, one.other_id) for one in decisions.list_pairs(workbench, **chosen)]


def grouped(workbench: Workbench) -> dict[str, str]:
    with workbench.store.reading() as session:
        return groups(session)


def test_pairs_are_listed_page_by_page_in_the_order_in_which_people_decide(
    each_chain: Workbench,
) -> None:
    assert listed(each_chain) == PAIRS
    with each_chain.store.session() as session:
        session.get_one(Patient, "P-4").split = TEST
        session.get_one(Patient, "P-3").split = TRAIN
    assert follow_splits(each_chain.store) == 2
    assert follow_splits(each_chain.store) == 0
    decisions.decide(each_chain, (3, 2), DIFFERENT, "Ann")
    decisions.decide(each_chain, (1, 2), COPY, "Ann", left_out=1)
    whole = [(4, 3), (5, 4), (6, 5), (2, 1), (3, 2)]
    assert listed(each_chain) == whole
    for skip in range(6):
        assert listed(each_chain, skip=skip, most=2) == whole[skip : skip + 2]
    assert listed(each_chain, settled=False) == whole[:3]
    assert listed(each_chain, settled=True, skip=1) == whole[4:]
    assert [decisions.count_pairs(each_chain, settled=one) for one in (False, True)] == [3, 2]
    assert decisions.undecided(each_chain) == 2
    with each_chain.store.reading() as session:
        assert left_out(session).keys() == {1}


def test_a_chain_is_one_patient_until_a_link_of_it_is_taken_back(each_chain: Workbench) -> None:
    for pair in ((4, 3), (2, 1), (3, 2)):
        decisions.decide(each_chain, pair, TOGETHER, "Ann")
    assert set(grouped(each_chain).values()) == {"G-1"}
    assert grouped(each_chain).keys() == {"P-1", "P-2", "P-3", "P-4"}
    decisions.take_back(each_chain, (3, 2), "Ann")
    assert grouped(each_chain) == {"P-1": "G-2", "P-2": "G-2", "P-3": "G-1", "P-4": "G-1"}
    decisions.decide(each_chain, (2, 1), DIFFERENT, "Ann")
    assert grouped(each_chain).keys() == {"P-3", "P-4"}
    assert listed(each_chain, settled=False) == [(3, 2), (5, 4), (6, 5)]


def test_a_pair_is_settled_while_other_pairs_make_its_patients_one(chain: Workbench) -> None:
    with chain.store.session() as session:
        assert add_pair(session, (3, 1), 3, 0.99)
    for pair in ((2, 1), (3, 2)):
        decisions.decide(chain, pair, TOGETHER, "Ann")
    assert (3, 1) in listed(chain, settled=True)
    decisions.take_back(chain, (2, 1), "Ann")
    assert listed(chain, settled=False)[0] == (3, 1)


def test_an_erased_link_ends_what_it_held_together(chain: Workbench) -> None:
    for pair in ((2, 1), (3, 2)):
        decisions.decide(chain, pair, TOGETHER, "Ann")
    erasure.erase(chain, "P-2", "Ann")
    assert grouped(chain) == {}
    assert listed(chain) == PAIRS[2:]


def test_a_scan_that_finds_its_patient_takes_its_pairs_along(workbench: Workbench) -> None:
    add_scans(workbench, [file(1)], who="Ann")
    add_scans(workbench, [brighter(1)], who="Ann", patient="4711")
    decisions.decide(workbench, (2, 1), TOGETHER, "Ann")
    assert len(grouped(workbench)) == 2
    decisions.take_back(workbench, (2, 1), "Ann")
    assert decisions.undecided(workbench) == 1
    decisions.decide(workbench, (2, 1), TOGETHER, "Ann")
    add_scans(workbench, [file(1)], who="Ann", patient="4711")
    assert grouped(workbench) == {}
    decisions.take_back(workbench, (2, 1), "Ann")
    [pair] = decisions.list_pairs(workbench, settled=False)
    assert (pair.across, decisions.undecided(workbench)) == (False, 0)
