import itertools
import json
import os
import stat
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from fetal.scans import PseudonymKeyError, Pseudonyms
from fetal.scans.deidentification.pseudonyms import DAYS
from fetal.store import audit
from fetal.store.database import Store
from fetal.store.tables import Fact, Patient, Run, ScanRow
from fetal.workbench import Workbench
from fetal.workbench.annotations import review
from fetal.workbench.catalogue import exports, scans
from fetal.workbench.core.key_check import RENEWAL, KeyRenewalGoesOnError
from fetal.workbench.imports import import_run
from fetal.workbench.ingest.upload import IngestOutcome, add_scans
from fetal.workbench.privacy import carry_codes, erasure, pseudonym_key
from fetal.workbench.privacy.snapshot_rewrite import TrainingGoesOnError
from tests.privacy.test_examinations import days_between
from tests.privacy.traces import everything_in
from tests.privacy.with_tags import ultrasound
from tests.support.drawn import file


def scans_of(workbench: Workbench) -> dict[str, ScanRow]:
    with workbench.store.reading() as session:
        return {scan.name: scan for scan in session.scalars(select(ScanRow))}


def test_a_new_key_gives_new_codes_and_still_finds_the_patient(
    reopen: Callable[[], Workbench],
) -> None:
    workbench = reopen()
    add_scans(workbench, [ultrasound(1, PatientID="4711", StudyDate="20260301")], who="Ann")
    [before] = scans_of(workbench).values()
    renewal = pseudonym_key.renew_key(workbench.store, "Ann")
    assert (renewal.generation, renewal.patients, renewal.scans) == (2, 1, 1)
    workbench = reopen()
    [after] = scans_of(workbench).values()
    assert after.patient_id != before.patient_id
    assert after.study != before.study
    assert after.file_key != before.file_key
    assert after.patient_id == workbench.pseudonyms.patient("4711")

    later = ultrasound(2, PatientID="4711", StudyDate="20260315")
    add_scans(workbench, [later], who="Ann")
    [new] = [scan for name, scan in scans_of(workbench).items() if name != after.name]
    assert new.patient_id == after.patient_id
    assert new.study == after.study
    assert days_between(after, new) == 14


def test_labels_still_find_their_scans_by_file_name_after_a_new_key(
    reopen: Callable[[], Workbench],
) -> None:
    workbench = reopen()
    [taken] = add_scans(workbench, [file(1, "Jane Doe.png")], who="Ann")
    pseudonym_key.renew_key(workbench.store, "Ann")
    workbench = reopen()
    report = import_run.import_csv(workbench, b"image,plane\nJane Doe.webp,brain\n", None, "Ann")
    assert report.labelled == 1
    assert taken.scan_id is not None
    assert scans.scan(workbench, taken.scan_id).label == "brain"


def test_old_codes_and_the_old_key_find_nobody(reopen: Callable[[], Workbench]) -> None:
    workbench = reopen()
    add_scans(workbench, [file(1, "Jane Doe.png")], who="Ann", patient="4711")
    old = Pseudonyms(workbench.workspace.key_file.read_bytes())
    pseudonym_key.renew_key(workbench.store, "Ann")
    workbench.close()
    kept = everything_in(workbench.workspace.folder)
    for code in (old.patient("4711"), old.file("Jane Doe.png")):
        assert code.removeprefix("P-").encode() not in kept


def test_lists_of_trainings_and_the_audit_trail_get_the_new_codes(workbench: Workbench) -> None:
    [taken] = add_scans(workbench, [file(1)], who="Ann", patient="4711")
    assert taken.scan_id is not None
    before = scans.scan(workbench, taken.scan_id).patient
    content = json.dumps({"examples": [{"digest": "1", "patient": before}], "test": []})
    workbench.blobs.put("snapshots/old.json", content.encode())
    with workbench.store.session() as session:
        session.add(
            Run(status="done", settings={}, snapshot="snapshots/old.json", snapshot_counts={},
                who="Ann")
        )  # fmt: skip
        audit.record(session, "Ann", "refile", before="U-0123456789", after=before)
    pseudonym_key.renew_key(workbench.store, "Ann")
    after = scans.scan(workbench, taken.scan_id).patient
    assert after != before
    with workbench.store.reading() as session:
        run = session.scalars(select(Run)).one()
        assert json.loads(workbench.blobs.get(run.snapshot))["examples"][0]["patient"] == after
        assert audit.entries(session, action="refile")[0].detail == {
            "before": "U-0123456789",
            "after": after,
        }
    assert not workbench.blobs.exists("snapshots/old.json")


def test_a_patients_side_outlives_the_key(workbench: Workbench) -> None:
    add_scans(workbench, [file(1)], who="Ann", patient="4711")
    with workbench.store.session() as session:
        session.scalars(select(Patient)).one().split = "test"
    pseudonym_key.renew_key(workbench.store, "Ann")
    with workbench.store.reading() as session:
        assert session.scalars(select(Patient)).one().split == "test"


def test_a_program_that_runs_on_writes_no_old_codes(workbench: Workbench) -> None:
    add_scans(workbench, [file(1)], who="Ann", patient="4711")
    pseudonym_key.renew_key(workbench.store, "Ann")
    with pytest.raises(PseudonymKeyError, match="Start the app again"):
        add_scans(workbench, [file(2)], who="Ann", patient="4711")
    assert len(scans_of(workbench)) == 1


class Killed(BaseException):
    pass


def killed_at(step: int) -> Callable[[Store], AbstractContextManager[Session]]:
    """`Store.session` of a process that is killed in its transaction of this number."""
    plain, numbers = Store.session, itertools.count()

    @contextmanager
    def session(store: Store) -> Iterator[Session]:
        with plain(store) as opened:
            yield opened
            if next(numbers) == step:
                opened.flush()
                raise Killed

    return session


def test_a_renewal_can_be_killed_at_any_moment_and_goes_on(
    reopen: Callable[[], Workbench], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(carry_codes, "SCANS_AT_ONCE", 1)
    workbench = reopen()
    days = {1: "20260301", 2: "20260315", 3: "20260401"}
    for seed, patient in ((1, "4711"), (2, "4711"), (3, "4712")):
        tags = {"PatientID": patient, "StudyDate": days[seed]}
        add_scans(workbench, [ultrasound(seed, **tags)], who="Ann")
    with workbench.store.session() as session:
        audit.record(session, "Ann", "refile", before="U-0123456789", after=owner(workbench, 1))
    generations: list[int] = []
    unfinished = 0
    for step in range(12):
        workbench = reopen()
        before = workbench.pseudonyms.generation
        with monkeypatch.context() as patched:
            patched.setattr(Store, "session", killed_at(step))
            try:
                pseudonym_key.renew_key(workbench.store, "Ann")
                break
            except Killed:
                pass
        unfinished += refused(workbench)
        # Nobody's scans are ever of two patients.
        assert owner(workbench, 1) == owner(workbench, 2) != owner(workbench, 3)
        if refused(workbench):
            with pytest.raises(KeyRenewalGoesOnError, match="key rotate"):
                erasure.erase(workbench, owner(workbench, 3), "Ann")
        workbench = reopen()
        generations.append(workbench.pseudonyms.generation - before)
        assert not refused(workbench)
        assert owner(workbench, 1) == owner(workbench, 2) == workbench.pseudonyms.patient("4711")
        first, second = scan_row(workbench, 1), scan_row(workbench, 2)
        assert days_between(first, second) == 14
        with workbench.store.reading() as session:
            assert audit.entries(session, action="refile")[0].detail["after"] == first.patient_id
    else:
        pytest.fail("the renewal never came to its end")
    # Killed before the new key counts, it leaves the old one; later, whoever comes next ends it.
    assert generations == [0, *[1] * (len(generations) - 1)]
    assert unfinished >= 5


def refused(workbench: Workbench) -> bool:
    with workbench.store.reading() as session:
        return session.get(Fact, RENEWAL) is not None


def scan_row(workbench: Workbench, number: int) -> ScanRow:
    with workbench.store.reading() as session:
        return session.get_one(ScanRow, number)


def owner(workbench: Workbench, number: int) -> str:
    return scan_row(workbench, number).patient_id


def test_a_new_key_counts_once_it_is_written_down(reopen: Callable[[], Workbench]) -> None:
    workbench = reopen()
    add_scans(workbench, [file(1)], who="Ann", patient="4711")
    workspace = workbench.workspace
    # As if killed before the last step: the new file is still beside.
    old = workspace.key_file.read_bytes()
    pseudonym_key.renew_key(workbench.store, "Ann")
    workspace.key_file.replace(workspace.folder / "pseudonyms.key.coming")
    workspace.key_file.write_bytes(old)
    workbench = reopen()
    assert workbench.pseudonyms.generation == 2
    [taken] = add_scans(workbench, [file(1)], who="Ann", patient="4711")
    assert taken.outcome is IngestOutcome.ALREADY_THERE
    assert "another patient" not in taken.sentence


def test_a_training_is_not_disturbed(workbench: Workbench) -> None:
    with workbench.store.session() as session:
        session.add(
            Run(status="running", slot=1, settings={}, snapshot="", snapshot_counts={}, who="Ann")
        )
    with pytest.raises(TrainingGoesOnError, match="cancel"):
        pseudonym_key.renew_key(workbench.store, "Ann")


@pytest.mark.skipif(os.name != "posix", reason="permissions as POSIX knows them")
def test_the_new_key_file_is_its_owners_only(workbench: Workbench) -> None:
    pseudonym_key.renew_key(workbench.store, "Ann")
    assert stat.S_IMODE(workbench.workspace.key_file.stat().st_mode) == 0o600


def test_no_export_and_no_other_file_holds_a_key(workbench: Workbench, tmp_path: Path) -> None:
    [taken] = add_scans(workbench, [file(1)], who="Ann", patient="4711")
    assert taken.scan_id is not None
    review.annotate(workbench, taken.scan_id, "brain", "Ann")
    pseudonym_key.renew_key(workbench.store, "Ann")
    exports.export_archive(workbench, None, tmp_path / "out" / "everything.zip", "Ann")
    (tmp_path / "out" / "labels.csv").write_text(exports.export_labels(workbench))
    keys = workbench.workspace.key_file.read_bytes()
    workbench.workspace.key_file.unlink()
    kept = everything_in(tmp_path)
    for one in (keys[:32], keys[32:]):
        assert one not in kept
        assert one.hex().encode() not in kept


def test_days_are_spread_evenly_whatever_the_date() -> None:
    names = Pseudonyms(b"1" * 32)
    days = [names.day(date(2026, 3, 1), f"P-{number:010d}") for number in range(2000)]
    thirds = [sum(low <= day < low + DAYS // 3 for day in days) for low in (0, 12175, 24350)]
    assert min(thirds) > 600


def test_old_rows_without_new_columns_are_carried_over(workbench: Workbench) -> None:
    add_scans(workbench, [file(1)], who="Ann")
    with workbench.store.session() as session:
        session.execute(text("UPDATE scan SET study = NULL, day = NULL, file_key = NULL"))
    assert pseudonym_key.renew_key(workbench.store, "Ann").scans == 1
