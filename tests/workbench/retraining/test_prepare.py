"""A retraining is planned while others work on, and rests on what is still true when it starts."""

import subprocess
import sys
import threading
from pathlib import Path

import pytest
from sqlalchemy import func, select

from fetal.jobs.heartbeats import announce
from fetal.store.tables import Annotation, Lookalike, Patient, Run
from fetal.workbench.annotations.review import annotate
from fetal.workbench.models import promotion
from fetal.workbench.privacy import erasure, pseudonym_key, snapshot_rewrite
from fetal.workbench.retraining import prepare, service
from fetal.workbench.retraining.service import RestlessError
from tests.support.labelling import WHO, add_version, label_scans
from tests.support.tiny_model import tiny_model
from tests.workbench.retraining.test_service import sides, snapshot

PROCESS = Path(__file__).parents[1] / "starting_process.py"


class QuarantinedScan:
    """Stops whoever comes by, until `go`; afterwards lets everybody pass."""

    def __init__(self, act):
        self._act = act
        self.there, self._gate = threading.Event(), threading.Event()

    def __call__(self, *given):
        done = self._act(*given)
        self.there.set()
        assert self._gate.wait(60)
        return done

    def go(self):
        self._gate.set()


def in_thread(act, *given):
    found = []
    thread = threading.Thread(target=lambda: found.append(act(*given)))
    thread.start()
    return thread, found


@pytest.fixture
def started(bench, monkeypatch):
    """A retraining of twelve patients whose plan is made and frozen, but not yet claimed."""
    numbers = label_scans(bench)
    held = QuarantinedScan(prepare.prepare)
    monkeypatch.setattr(service, "prepare", held)
    thread, found = in_thread(service.start, bench, WHO)
    assert held.there.wait(60)

    def finish():
        held.go()
        thread.join(60)
        return found[0]

    yield numbers, finish
    held.go()
    thread.join(60)


def orphans(bench):
    with bench.store.reading() as session:
        named = set(session.scalars(select(Run.snapshot)))
    return set(bench.blobs.keys("snapshots")) - named


def labels(bench):
    with bench.store.reading() as session:
        return session.scalar(select(func.count(Annotation.id)))


def test_a_colleagues_label_goes_through_while_a_plan_is_made(bench, monkeypatch):
    numbers = label_scans(bench)
    before = labels(bench)
    held = QuarantinedScan(prepare.plan_now)
    monkeypatch.setattr(prepare, "plan_now", held)
    thread, found = in_thread(service.start, bench, WHO)
    assert held.there.wait(60)
    annotate(bench, numbers[0], "other", "Bob")
    assert labels(bench) == before + 1
    assert thread.is_alive()
    held.go()
    thread.join(60)
    (run,) = found
    frozen_planes = {entry["scan"]: entry["plane"] for entry in everything(bench, run)}
    # It came after the list was made, so it is new for the next one.
    assert frozen_planes[numbers[0]] != "other"
    assert orphans(bench) == set()


def everything(bench, run):
    frozen_list = snapshot(bench, run.id)
    return [*frozen_list["examples"], *frozen_list["test"]]


def test_a_label_that_came_while_planning_is_new_for_the_next_training(bench, started):
    numbers, finish = started
    annotate(bench, numbers[0], "other", "Bob")
    run = finish()
    with bench.store.reading() as session:
        label = session.scalars(select(Annotation).order_by(Annotation.id.desc())).first()
    assert run.asked_at < label.at


def test_what_was_erased_while_planning_is_not_trained_on(bench, started):
    numbers, finish = started
    patient = bench.pseudonyms.patient("Patient00003")
    erasure.erase(bench, patient, "Eve")
    run = finish()
    assert len(everything(bench, run)) == len(numbers) - 3
    assert patient not in {entry["patient"] for entry in everything(bench, run)}
    assert orphans(bench) == set()


def test_a_key_renewed_while_planning_leaves_no_old_codes(bench, started):
    _, finish = started
    pseudonym_key.renew_key(bench.store, "Eve")
    run = finish()
    with bench.store.reading() as session:
        codes = set(session.scalars(select(Patient.id)))
    assert {entry["patient"] for entry in everything(bench, run)} <= codes


def test_a_model_promoted_while_planning_is_what_the_training_starts_from(bench, started):
    _, finish = started
    number = add_version(bench, tiny_model(5, "v2"))
    promotion.promote(bench, number, WHO)
    assert finish().parent_id == number


def test_a_patient_who_got_a_side_while_planning_keeps_it(bench, started):
    _, finish = started
    with bench.store.reading() as session:
        planned = prepare.plan_now(session, bench.blobs).sides
    code = next(code for code, side in planned.items() if side == "train")
    with bench.store.session() as session:
        session.get_one(Patient, code).side = "test"
    run = finish()
    assert sides(bench)[code] == "test"
    assert {one["side"] for one in everything(bench, run) if one["patient"] == code} == {"test"}


def test_look_alikes_found_while_planning_are_held_back(bench, started):
    numbers, finish = started
    plan = service.outlook(bench)
    assert plan.held_back == 0
    with bench.store.reading() as session:
        planned = prepare.plan_now(session, bench.blobs)
    of_side = {planned.sides[scan.patient]: scan.scan for scan in planned.scans}
    one, other = sorted((of_side["train"], of_side["test"]), reverse=True)
    with bench.store.session() as session:
        session.add(Lookalike(scan_id=one, other_id=other, distance=3, similarity=0.9))
    entries = everything(bench, finish())
    assert of_side["train"] not in {entry["scan"] for entry in entries}
    assert len(entries) == len(numbers) - 1


def test_a_workspace_that_never_rests_is_told_of(bench, monkeypatch):
    label_scans(bench)
    monkeypatch.setattr(prepare, "_new_pairs", lambda *_: True)
    with pytest.raises(RestlessError, match="start it again"):
        service.start(bench, WHO)
    assert service.runs(bench) == []
    assert set(sides(bench).values()) == {None}
    assert orphans(bench) == set()


def test_killed_while_it_starts_a_training_leaves_nothing_half(bench):
    label_scans(bench)
    program = subprocess.Popen(
        [sys.executable, PROCESS, bench.workspace.folder], stdout=subprocess.PIPE, text=True
    )
    key_of_list = program.stdout.readline().strip()
    program.kill()
    program.wait()
    assert service.runs(bench) == []
    assert set(sides(bench).values()) == {None}
    assert orphans(bench) == {key_of_list}
    label_scans(bench, patients=1, first=60)
    run = service.start(bench, WHO)
    assert (run.status, len(service.runs(bench))) == ("queued", 1)
    assert orphans(bench) == set()


def test_labels_go_through_while_old_lists_are_written_anew_for_an_erasure(bench, monkeypatch):
    numbers = label_scans(bench)
    run = service.start(bench, WHO)
    service.cancel(bench, run.id, WHO)
    held = QuarantinedScan(snapshot_rewrite._rewritten)
    monkeypatch.setattr(snapshot_rewrite, "_rewritten", held)
    thread, found = in_thread(erasure.erase, bench, bench.pseudonyms.patient("Patient00003"), "Eve")
    assert held.there.wait(60)
    annotate(bench, numbers[0], "other", "Bob")
    held.go()
    thread.join(60)
    assert found[0].scans == 3
    assert len(everything(bench, run)) == len(numbers) - 3
    assert orphans(bench) == set()


def test_the_outlook_tells_of_the_workers_that_are_there(bench):
    assert service.outlook(bench).workers == 0
    announce(bench.store, "one")
    assert service.outlook(bench).workers == 1
