"""Eight people bring, refile, compare and erase the same scans at once, on both databases."""

import io
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import pytest
from PIL import Image
from sqlalchemy import delete, func, select
from sqlalchemy.orm import InstrumentedAttribute

from fetal.scans import Pseudonyms, Scan, encode_png, read_scan
from fetal.scans.sandboxed_reading.file_reader import ReadFile
from fetal.store import audit
from fetal.store.contents import holds_pixels
from fetal.store.tables import (
    Fingerprint,
    Lookalike,
    LookalikeDecision,
    Patient,
    PendingComparison,
    ScanRow,
)
from fetal.workbench import Workbench, open_workbench
from fetal.workbench.core.key_check import KeyRenewedError
from fetal.workbench.ingest.files import IngestItem, IngestOutcome, IngestResult
from fetal.workbench.ingest.ingest import Ingest
from fetal.workbench.ingest.upload import UploadedFile, add_scans
from fetal.workbench.near_duplicates import compare_stored, decisions
from fetal.workbench.privacy import erasure, pseudonym_key
from tests.support.at_once import CALLERS, at_once, raised
from tests.support.drawn import fan, file


def count(workbench: Workbench, column: InstrumentedAttribute[Any]) -> int:
    with workbench.store.reading() as session:
        return session.scalars(select(func.count(column))).one()


def stored(workbench: Workbench) -> Sequence[ScanRow]:
    with workbench.store.reading() as session:
        return session.scalars(select(ScanRow).order_by(ScanRow.id)).all()


def paler(seed: int) -> UploadedFile:
    """Nearly the same picture as `file(seed)`, as another program would have stored it."""
    packed = io.BytesIO()
    Image.fromarray((fan(seed) * 0.9).astype("uint8")).save(packed, "PNG")
    return UploadedFile(f"paler {seed}.png", packed.getvalue())


@pytest.fixture
def pair(each_workbench: Workbench) -> tuple[int, int]:
    """Two scans of two patients that look alike."""
    for seed, patient in ((file(1), "one"), (paler(1), "two")):
        add_scans(each_workbench, [seed], who="Ann", patient=patient)
    [found] = decisions.list_pairs(each_workbench)
    return found.scan_id, found.other_id


def test_one_scan_that_eight_people_bring_is_stored_once(each_workbench: Workbench) -> None:
    def bring(person: str) -> IngestResult:
        [taken] = add_scans(each_workbench, [file(1)], who=person, patient="4711")
        return taken

    taken = at_once([partial(bring, f"reader {one}") for one in range(CALLERS)])
    assert raised(taken) == []
    outcomes = [one.outcome for one in taken]
    assert outcomes.count(IngestOutcome.ADDED) == 1
    assert outcomes.count(IngestOutcome.ALREADY_THERE) == CALLERS - 1
    assert count(each_workbench, ScanRow.id) == count(each_workbench, Fingerprint.id) == 1


def test_scans_of_one_examination_that_come_at_once_have_one_unknown_patient(
    each_workbench: Workbench,
) -> None:
    reads = [replace(read_scan(file(seed).data, "a.png"), study="1.2.3") for seed in range(CALLERS)]

    def bring(read: Scan) -> IngestResult:
        whole = ReadFile(read, encode_png(read.pixels), None, None)
        [taken] = Ingest(each_workbench, "Ann", predict=False).store([(IngestItem("a.png"), whole)])
        return taken

    taken = at_once([partial(bring, read) for read in reads])
    assert [one.outcome for one in taken] == [IngestOutcome.ADDED] * CALLERS
    assert len({scan.patient_id for scan in stored(each_workbench)}) == 1
    assert count(each_workbench, Patient.id) == 1


def test_a_scan_of_nobody_is_filed_under_one_patient_by_whoever_comes_first(
    each_workbench: Workbench,
) -> None:
    add_scans(each_workbench, [file(1)], who="Ann")

    def bring(patient: str) -> str:
        [taken] = add_scans(each_workbench, [file(1)], who="Ann", patient=patient)
        return taken.sentence

    told = at_once([partial(bring, f"patient {one % 2}") for one in range(CALLERS)])
    assert raised(told) == []
    [scan] = stored(each_workbench)
    with each_workbench.store.reading() as session:
        [line] = audit.entries(session, action="refile")
    assert line.detail["after"] == scan.patient_id
    assert sum("under another patient" in sentence for sentence in told) == CALLERS // 2


def test_a_scan_that_is_brought_while_it_is_erased_is_whole_or_not_there(
    each_workbench: Workbench,
) -> None:
    [first] = add_scans(each_workbench, [file(1)], who="Ann", patient="4711")
    [scan] = stored(each_workbench)

    def bring() -> IngestResult:
        [taken] = add_scans(each_workbench, [file(1)], who="Ann", patient="4711")
        return taken

    results = at_once([*[bring] * 6, lambda: erasure.erase(each_workbench, scan.name, "Ann")])
    assert raised(results) == []
    left = stored(each_workbench)
    assert first.scan_id is not None
    assert all(one.id > first.scan_id for one in left)
    assert all(holds_pixels(each_workbench.blobs, one.blob, one.digest) for one in left)
    assert len(list(each_workbench.blobs.keys("scans"))) == len(left)


def test_scans_that_come_while_the_key_is_renewed_have_codes_of_one_key(
    each_workbench: Workbench,
) -> None:
    other = open_workbench(each_workbench.workspace)

    def bring(seed: int) -> list[IngestResult]:
        return add_scans(each_workbench, [file(seed)], who="Ann", patient="4711")

    bring(0)
    calls = [partial(bring, seed) for seed in range(1, 7)]
    errors = raised(at_once([*calls, lambda: pseudonym_key.renew_key(other.store, "Ann")]))
    assert all(isinstance(error, KeyRenewedError) for error in errors)
    new = Pseudonyms.open(each_workbench.workspace.key_file)
    assert new.generation == 2
    assert {scan.patient_id for scan in stored(each_workbench)} == {new.patient("4711")}
    assert len(stored(each_workbench)) == 7 - len(errors)
    other.close()


def test_only_one_of_those_who_renew_the_key_at_once_does(each_workbench: Workbench) -> None:
    add_scans(each_workbench, [file(1)], who="Ann", patient="4711")
    renewals = at_once([lambda: pseudonym_key.renew_key(each_workbench.store, "Ann")] * 4)
    assert all(isinstance(error, KeyRenewedError) for error in raised(renewals))
    new = Pseudonyms.open(each_workbench.workspace.key_file)
    # Who comes while another one's renewal is carried through helps with it, and is told of it.
    made = {one.generation for one in renewals if not isinstance(one, BaseException)}
    assert made == set(range(2, new.generation + 1))
    assert [scan.patient_id for scan in stored(each_workbench)] == [new.patient("4711")]


def test_older_scans_that_eight_processes_compare_are_compared_once(
    each_workbench: Workbench, pair: tuple[int, int]
) -> None:
    with each_workbench.store.session() as session:
        session.execute(delete(Fingerprint))
        session.execute(delete(Lookalike))
        session.add_all(PendingComparison(scan_id=number) for number in pair)
    works = [compare_stored.catch_up, compare_stored.search] * (CALLERS // 2)
    workbenches = [open_workbench(each_workbench.workspace) for _ in works]
    calls = zip(works, workbenches, strict=True)
    assert raised(at_once([partial(one, it) for one, it in calls])) == []
    assert count(each_workbench, Fingerprint.id) == 2
    assert count(each_workbench, Lookalike.id) == 1
    for workbench in workbenches:
        workbench.close()


def test_a_decision_on_a_pair_overrides_none_that_its_person_has_not_seen(
    each_workbench: Workbench, pair: tuple[int, int]
) -> None:
    def decide(person: str) -> None:
        decisions.decide(each_workbench, pair, decisions.DIFFERENT, person, only_if_open=True)

    results = at_once([partial(decide, f"reader {one}") for one in range(CALLERS)])
    refused = raised(results)
    assert len(refused) == CALLERS - 1
    assert all(isinstance(error, decisions.PairError) for error in refused)
    [shown] = decisions.list_pairs(each_workbench)
    assert shown.who == f"reader {results.index(None)}"
    assert shown.who in str(refused[0])


def test_a_decision_is_taken_back_once(each_workbench: Workbench, pair: tuple[int, int]) -> None:
    decisions.decide(each_workbench, pair, decisions.DIFFERENT, "Ann")
    refused = raised(at_once([lambda: decisions.take_back(each_workbench, pair, "Ann")] * CALLERS))
    assert [type(error) for error in refused] == [decisions.PairError] * (CALLERS - 1)
    assert count(each_workbench, LookalikeDecision.id) == 2
