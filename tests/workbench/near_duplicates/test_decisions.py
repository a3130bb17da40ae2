import json
from collections.abc import Iterable, Mapping
from typing import Any

import pytest
from sqlalchemy import func, select

from fetal.store.tables import Lookalike, LookalikeDecision, Patient, Run, ScanRow
from fetal.workbench import Workbench
from fetal.workbench.annotations.review import annotate
from fetal.workbench.catalogue import scans
from fetal.workbench.datasets.test_set import locked_mark, take_stock
from fetal.workbench.ingest.upload import UploadedFile, add_scans
from fetal.workbench.models import promotion
from fetal.workbench.near_duplicates import decisions as alike
from fetal.workbench.privacy import erasure
from fetal.workbench.privacy.pseudonym_key import renew_key
from fetal.workbench.retraining import service
from fetal.workbench.retraining.service import RunView
from tests.support.drawn import file
from tests.support.labelling import WHO, add_version, digests_of, label_scans
from tests.support.tiny_model import tiny_model
from tests.workbench.conftest import number_of
from tests.workbench.near_duplicates.test_detect_pairs import brighter


def add(workbench: Workbench, incoming: UploadedFile, label: str = "brain") -> int:
    [taken] = add_scans(workbench, [incoming], who=WHO)
    number = number_of(taken)
    annotate(workbench, number, label, WHO)
    return number


def copy_of(seed: int, patient: int) -> UploadedFile:
    """A copy of the scan of this seed, under another patient."""
    return UploadedFile(f"Patient{patient:05d}_copy.png", brighter(seed).data)


def put(workbench: Workbench, **splits: str) -> None:
    """Put patients, as their files name them, in splits."""
    with workbench.store.session() as session:
        for name, split in splits.items():
            session.get_one(Patient, workbench.pseudonyms.patient(name)).split = split


def split_of(workbench: Workbench, name: str) -> str | None:
    with workbench.store.reading() as session:
        return session.get_one(Patient, workbench.pseudonyms.patient(name)).split


def snapshot(workbench: Workbench, run: RunView) -> dict[str, Any]:
    with workbench.store.reading() as session:
        kept: dict[str, Any] = json.loads(
            workbench.blobs.get(session.get_one(Run, run.id).snapshot)
        )
    return kept


def numbers(entries: Iterable[Mapping[str, Any]]) -> set[int]:
    return {entry["scan"] for entry in entries}


@pytest.fixture
def leaking(workbench: Workbench) -> tuple[int, int, int]:
    """Scans of twelve patients; patient 99 brings a copy of a scan of patient 3, who tests."""
    everything = label_scans(workbench, patients=12)
    put(workbench, Patient00003="test", Patient00004="validation")
    copy = add(workbench, copy_of(300, 99))
    more = add(workbench, UploadedFile("Patient00099_2.png", file(9900).data))
    put(workbench, Patient00099="train")
    return everything[9], copy, more


def test_an_undecided_leak_comes_first_and_the_copy_that_would_be_learnt_is_held_back(
    workbench: Workbench, leaking: tuple[int, int, int]
) -> None:
    tested, copy, more = leaking
    [pair] = alike.list_pairs(workbench)
    assert (pair.scan_id, pair.other_id) == (copy, tested)
    assert (pair.leaks, pair.held_back, alike.undecided(workbench)) == (True, copy, 1)
    assert service.outlook(workbench).held_back == 1
    run = snapshot(workbench, service.start(workbench, WHO))
    assert copy not in numbers(run["examples"])
    assert more in numbers(run["examples"])
    assert tested in numbers(run["test"])


def test_a_leak_into_the_patients_who_check_a_training_is_held_back_too(
    workbench: Workbench,
) -> None:
    label_scans(workbench, patients=12)
    copy = add(workbench, copy_of(400, 99))
    put(workbench, Patient00004="validation", Patient00099="train", Patient00003="test")
    [pair] = alike.list_pairs(workbench)
    assert not pair.leaks
    assert copy not in numbers(snapshot(workbench, service.start(workbench, WHO))["examples"])


def test_where_scans_are_too_few_those_held_back_are_told(workbench: Workbench) -> None:
    label_scans(workbench, patients=4)
    add(workbench, copy_of(300, 99))
    put(workbench, Patient00003="test", Patient00099="train")
    assert (
        service.outlook(workbench)
        .reasons[0]
        .endswith(
            "besides 3 kept apart for testing; look-alikes of scans kept apart, held back: 1."
        )
    )


def test_scans_called_different_are_both_used(
    workbench: Workbench, leaking: tuple[int, int, int]
) -> None:
    tested, copy, _ = leaking
    alike.decide(workbench, (tested, copy), alike.DIFFERENT, "Dora")
    run = snapshot(workbench, service.start(workbench, WHO))
    assert copy in numbers(run["examples"])
    assert tested in numbers(run["test"])
    assert alike.undecided(workbench) == 0


def test_of_two_codes_of_one_patient_the_side_that_learns_gives_way(
    workbench: Workbench, leaking: tuple[int, int, int]
) -> None:
    tested, copy, more = leaking
    alike.decide(workbench, (tested, copy), alike.TOGETHER, "Dora")
    outlook = service.outlook(workbench)
    run = snapshot(workbench, service.start(workbench, WHO))
    assert not {copy, more} & numbers(run["examples"])
    assert tested in numbers(run["test"])
    assert outlook.scans == len(run["examples"])
    assert split_of(workbench, "Patient00099") == "train"


def test_new_codes_of_one_patient_go_to_one_side_and_count_as_one_patient(
    workbench: Workbench,
) -> None:
    label_scans(workbench, patients=12)
    copies = [add(workbench, copy_of(300, 99)), add(workbench, copy_of(500, 98))]
    for pair in alike.list_pairs(workbench):
        alike.decide(workbench, (pair.scan_id, pair.other_id), alike.TOGETHER, "Dora")
    run = snapshot(workbench, service.start(workbench, WHO))
    assert split_of(workbench, "Patient00099") == split_of(workbench, "Patient00003")
    assert split_of(workbench, "Patient00098") == split_of(workbench, "Patient00005")
    codes = {entry["scan"]: entry["patient"] for entry in run["examples"] + run["test"]}
    assert len(set(codes.values())) == 12
    with workbench.store.reading() as session:
        patient = session.get_one(ScanRow, copies[0]).patient_id
    assert patient not in codes.values()


def test_a_copy_takes_no_part_and_leaves_the_locked_set_with_a_word(
    workbench: Workbench, leaking: tuple[int, int, int]
) -> None:
    tested, copy, _ = leaking
    assert tested in {scan.scan for scan in take_stock(workbench).scans}
    before = locked_mark(workbench)
    alike.decide(workbench, (tested, copy), alike.COPY, "Dora", left_out=tested)
    assert locked_mark(workbench) != before
    stock = take_stock(workbench)
    assert tested not in {scan.scan for scan in stock.scans}
    assert [one.reason for one in stock.left] == ["called a copy by Dora"]
    assert scans.scan(workbench, tested).label is not None
    assert copy in numbers(snapshot(workbench, service.start(workbench, WHO))["examples"])


def test_what_was_decided_can_be_taken_back_and_every_step_stays_a_row(
    workbench: Workbench, leaking: tuple[int, int, int]
) -> None:
    tested, copy, _ = leaking
    alike.decide(workbench, (tested, copy), alike.COPY, "Ann", left_out=copy)
    [pair] = alike.list_pairs(workbench)
    assert (pair.decision, pair.left_out, pair.who) == ("copy", copy, "Ann")
    alike.take_back(workbench, (copy, tested), "Ann")
    [pair] = alike.list_pairs(workbench)
    assert (pair.decision, pair.held_back) == (None, copy)
    with pytest.raises(alike.PairError, match="reload"):
        alike.take_back(workbench, (copy, tested), "Ann")
    with workbench.store.reading() as session:
        assert session.scalar(select(func.count()).select_from(LookalikeDecision)) == 2


@pytest.mark.parametrize(
    ("decision", "left_out"), [("copy", None), ("together", "copy"), ("copy", 1), ("else", None)]
)
def test_what_makes_no_sense_is_refused(
    workbench: Workbench, leaking: tuple[int, int, int], decision: str, left_out: int | str | None
) -> None:
    tested, copy, more = leaking
    chosen = copy if isinstance(left_out, str) else left_out
    with pytest.raises(alike.PairError):
        alike.decide(workbench, (tested, copy), decision, "Dora", chosen)
    with pytest.raises(alike.PairError, match="look alike"):
        alike.decide(workbench, (tested, more), alike.DIFFERENT, "Dora")


def test_a_model_is_not_measured_on_the_like_of_what_it_has_learnt(
    workbench: Workbench, leaking: tuple[int, int, int]
) -> None:
    tested, copy, _ = leaking
    with workbench.store.reading() as session:
        digest = session.get_one(ScanRow, copy).digest
    version = add_version(workbench, tiny_model(5, "learnt a copy", (digest,)))
    champion = workbench.champion().version.id
    assert promotion.compare(workbench, champion, version).left_out == 1
    alike.decide(workbench, (tested, copy), alike.TOGETHER, "Dora")
    assert promotion.compare(workbench, champion, version).left_out == 3
    alike.decide(workbench, (tested, copy), alike.DIFFERENT, "Dora")
    assert promotion.compare(workbench, champion, version).left_out == 0


def test_an_erased_patient_leaves_no_pair_and_no_decision(
    workbench: Workbench, leaking: tuple[int, int, int]
) -> None:
    tested, copy, _ = leaking
    alike.decide(workbench, (tested, copy), alike.TOGETHER, "Dora")
    service.cancel(workbench, service.start(workbench, WHO).id, WHO)
    erasure.erase(workbench, workbench.pseudonyms.patient("Patient00003"), "Dora")
    assert alike.list_pairs(workbench) == []
    with workbench.store.reading() as session:
        for table in (Lookalike, LookalikeDecision):
            assert session.scalar(select(func.count()).select_from(table)) == 0


def test_a_second_pair_of_one_patient_needs_no_second_decision(
    workbench: Workbench, leaking: tuple[int, int, int]
) -> None:
    tested, copy, _ = leaking
    second = add(workbench, UploadedFile("Patient00099_3.png", brighter(301).data))
    assert alike.undecided(workbench) == 2
    alike.decide(workbench, (tested, copy), alike.TOGETHER, "Dora")
    assert alike.undecided(workbench) == 0
    [decided, settled] = alike.list_pairs(workbench)
    assert (decided.decision, settled.decision) == ("together", None)
    assert (settled.scan_id, settled.settled, settled.held_back) == (second, True, None)


def test_a_new_key_keeps_decisions(workbench: Workbench, leaking: tuple[int, int, int]) -> None:
    tested, copy, _ = leaking
    alike.decide(workbench, (tested, copy), alike.TOGETHER, "Dora")
    renew_key(workbench.store, "Dora")
    [pair] = alike.list_pairs(workbench)
    assert (pair.decision, pair.one_group, pair.across) == ("together", True, True)


def test_a_patient_whom_the_champion_knows_draws_the_others_of_the_group_along(
    workbench: Workbench,
) -> None:
    label_scans(workbench, patients=12)
    second_copy = add(workbench, copy_of(300, 99))
    version = add_version(workbench, tiny_model(6, "knows 3", tuple(digests_of(3))))
    promotion.promote(workbench, version, WHO)
    [pair] = alike.list_pairs(workbench)
    alike.decide(workbench, (second_copy, pair.other_id), alike.TOGETHER, "Dora")
    service.start(workbench, WHO)
    assert split_of(workbench, "Patient00003") == split_of(workbench, "Patient00099") != "test"


def test_nobody_takes_back_the_decision_of_another_but_may_decide_otherwise(
    workbench: Workbench,
) -> None:
    one, other = (
        number_of(add_scans(workbench, [incoming], who="Ann", patient=patient)[0])
        for incoming, patient in ((file(1), "4711"), (brighter(1), "4712"))
    )
    pair = one, other
    alike.decide(workbench, pair, alike.DIFFERENT, "Ann")
    with pytest.raises(alike.PairError, match="Only Ann"):
        alike.take_back(workbench, pair, "Ben")
    alike.decide(workbench, pair, alike.TOGETHER, "Ben")
    [shown] = alike.list_pairs(workbench)
    assert (shown.decision, shown.who) == (alike.TOGETHER, "Ben")
