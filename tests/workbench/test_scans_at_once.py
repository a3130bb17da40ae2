"""Eight people bring, refile, compare and erase the same scans at once, on both databases."""

import io
from dataclasses import replace

import pytest
from PIL import Image
from sqlalchemy import func, select

from fetal.scans import Pseudonyms, encode_png, read_scan
from fetal.scans.sandboxed_reading.file_reader import ReadFile
from fetal.store import audit
from fetal.store.contents import holds_pixels
from fetal.store.tables import Fingerprint, Lookalike, LookalikeDecision, Patient, ScanRow
from fetal.workbench import open_workbench
from fetal.workbench.core.key_check import KeyRenewedError
from fetal.workbench.ingest.files import IngestOutcome
from fetal.workbench.ingest.store_scan import store_scan
from fetal.workbench.ingest.upload import UploadedFile, add_scans, owner_of
from fetal.workbench.near_duplicates import decisions, detect_pairs
from fetal.workbench.privacy import erasure, pseudonym_key
from tests.support.at_once import CALLERS, at_once, raised
from tests.support.drawn import fan, file


def count(bench, column):
    with bench.store.reading() as session:
        return session.scalar(select(func.count(column)))


def stored(bench):
    with bench.store.reading() as session:
        return session.scalars(select(ScanRow).order_by(ScanRow.id)).all()


def paler(seed):
    """Nearly the same picture as `file(seed)`, as another program would have stored it."""
    packed = io.BytesIO()
    Image.fromarray((fan(seed) * 0.9).astype("uint8")).save(packed, "PNG")
    return UploadedFile(f"paler {seed}.png", packed.getvalue())


@pytest.fixture
def pair(both_bench):
    """Two scans of two patients that look alike."""
    for seed, patient in ((file(1), "one"), (paler(1), "two")):
        add_scans(both_bench, [seed], who="Ann", patient=patient)
    [found] = decisions.list_pairs(both_bench)
    return found.scan_id, found.other_id


def test_one_scan_that_eight_people_bring_is_stored_once(both_bench):
    def bring(person):
        [taken] = add_scans(both_bench, [file(1)], who=person, patient="4711")
        return taken

    taken = at_once([lambda one=one: bring(f"reader {one}") for one in range(CALLERS)])
    assert raised(taken) == []
    outcomes = [one.outcome for one in taken]
    assert outcomes.count(IngestOutcome.ADDED) == 1
    assert outcomes.count(IngestOutcome.ALREADY_THERE) == CALLERS - 1
    assert count(both_bench, ScanRow.id) == count(both_bench, Fingerprint.id) == 1


def test_scans_of_one_examination_that_come_at_once_have_one_unknown_patient(both_bench):
    reads = [replace(read_scan(file(seed).data, "a.png"), study="1.2.3") for seed in range(CALLERS)]

    def bring(read):
        whole = ReadFile(read, encode_png(read.pixels), None, None)
        owner = owner_of(both_bench, None)
        return store_scan(
            both_bench, "a.png", whole, who="Ann", owner=owner, source="upload", champion=None
        )

    taken = at_once([lambda read=read: bring(read) for read in reads])
    assert [one.outcome for one in taken] == [IngestOutcome.ADDED] * CALLERS
    assert len({scan.patient_id for scan in stored(both_bench)}) == 1
    assert count(both_bench, Patient.id) == 1


def test_a_scan_of_nobody_is_filed_under_one_patient_by_whoever_comes_first(both_bench):
    add_scans(both_bench, [file(1)], who="Ann")

    def bring(patient):
        [taken] = add_scans(both_bench, [file(1)], who="Ann", patient=patient)
        return taken.sentence

    told = at_once([lambda one=one: bring(f"patient {one % 2}") for one in range(CALLERS)])
    assert raised(told) == []
    [scan] = stored(both_bench)
    with both_bench.store.reading() as session:
        [line] = audit.entries(session, action="refile")
    assert line.detail["after"] == scan.patient_id
    assert sum("under another patient" in sentence for sentence in told) == CALLERS // 2


def test_a_scan_that_is_brought_while_it_is_erased_is_whole_or_not_there(both_bench):
    [first] = add_scans(both_bench, [file(1)], who="Ann", patient="4711")
    [scan] = stored(both_bench)

    def bring():
        [taken] = add_scans(both_bench, [file(1)], who="Ann", patient="4711")
        return taken

    results = at_once([*[bring] * 6, lambda: erasure.erase(both_bench, scan.name, "Ann")])
    assert raised(results) == []
    left = stored(both_bench)
    assert all(one.id > first.scan_id for one in left)
    assert all(holds_pixels(both_bench.blobs, one.blob, one.digest) for one in left)
    assert len(list(both_bench.blobs.keys("scans"))) == len(left)


def test_scans_that_come_while_the_key_is_renewed_have_codes_of_one_key(both_bench):
    other = open_workbench(both_bench.workspace)

    def bring(seed):
        return add_scans(both_bench, [file(seed)], who="Ann", patient="4711")

    bring(0)
    calls = [lambda seed=seed: bring(seed) for seed in range(1, 7)]
    errors = raised(at_once([*calls, lambda: pseudonym_key.renew_key(other.store, "Ann")]))
    assert all(isinstance(error, KeyRenewedError) for error in errors)
    new = Pseudonyms.open(both_bench.workspace.key_file)
    assert new.generation == 2
    assert {scan.patient_id for scan in stored(both_bench)} == {new.patient("4711")}
    assert len(stored(both_bench)) == 7 - len(errors)
    other.close()


def test_only_one_of_those_who_renew_the_key_at_once_does(both_bench):
    add_scans(both_bench, [file(1)], who="Ann", patient="4711")
    renewals = at_once([lambda: pseudonym_key.renew_key(both_bench.store, "Ann")] * 4)
    assert all(isinstance(error, KeyRenewedError) for error in raised(renewals))
    new = Pseudonyms.open(both_bench.workspace.key_file)
    assert new.generation == 1 + len(renewals) - len(raised(renewals))
    assert [scan.patient_id for scan in stored(both_bench)] == [new.patient("4711")]


def test_older_scans_that_eight_processes_compare_are_compared_once(both_bench, pair):
    with both_bench.store.session() as session:
        session.execute(Fingerprint.__table__.delete())
        session.execute(Lookalike.__table__.delete())
    works = [detect_pairs.catch_up, detect_pairs.search] * (CALLERS // 2)
    benches = [open_workbench(both_bench.workspace) for _ in works]
    calls = zip(works, benches, strict=True)
    assert raised(at_once([lambda one=one, it=it: one(it) for one, it in calls])) == []
    assert count(both_bench, Fingerprint.id) == 2
    assert count(both_bench, Lookalike.id) == 1
    for bench in benches:
        bench.close()


def test_a_decision_on_a_pair_overrides_none_that_its_person_has_not_seen(both_bench, pair):
    def decide(person):
        decisions.decide(both_bench, pair, decisions.DIFFERENT, person, only_if_open=True)

    results = at_once([lambda one=one: decide(f"reader {one}") for one in range(CALLERS)])
    refused = raised(results)
    assert len(refused) == CALLERS - 1
    assert all(isinstance(error, decisions.PairError) for error in refused)
    [shown] = decisions.list_pairs(both_bench)
    assert shown.who == f"reader {results.index(None)}"
    assert shown.who in str(refused[0])


def test_a_decision_is_taken_back_once(both_bench, pair):
    decisions.decide(both_bench, pair, decisions.DIFFERENT, "Ann")
    refused = raised(at_once([lambda: decisions.take_back(both_bench, pair, "Ann")] * CALLERS))
    assert [type(error) for error in refused] == [decisions.PairError] * (CALLERS - 1)
    assert count(both_bench, LookalikeDecision.id) == 2
