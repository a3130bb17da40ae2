"""A retraining is planned while others work on, and rests on what is still true when it starts."""

import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeVar

import pytest
from sqlalchemy import func, select

from fetal.jobs.heartbeats import announce
from fetal.store.tables import Annotation, Lookalike, Patient, Run
from fetal.workbench import Workbench
from fetal.workbench.annotations.review import annotate
from fetal.workbench.models import promotion
from fetal.workbench.privacy import erasure, pseudonym_key, snapshot_rewrite
from fetal.workbench.retraining import prepare, service
from fetal.workbench.retraining.plan import plan_now
from fetal.workbench.retraining.runs import RunView
from fetal.workbench.retraining.service import RestlessError
from tests.support.labelling import WHO, add_version, label_scans
from tests.support.tiny_model import tiny_model
from tests.workbench.retraining.test_service import snapshot, splits

T = TypeVar("T")
Started = tuple[list[int], Callable[[], RunView]]

PROCESS = Path(__file__).parents[1] / "starting_process.py"


class HeldCall:
    """Stops whoever comes by, until `go`; afterwards lets everybody pass."""

    def __init__(self, act: Callable[..., object]) -> None:
        self._act = act
        self.there, self._gate = threading.Event(), threading.Event()

    def __call__(self, *given: object) -> object:
        done = self._act(*given)
        self.there.set()
        assert self._gate.wait(60)
        return done

    def go(self) -> None:
        self._gate.set()


def in_thread(act: Callable[..., T], *given: object) -> tuple[threading.Thread, list[T]]:
    found: list[T] = []
    thread = threading.Thread(target=lambda: found.append(act(*given)))
    thread.start()
    return thread, found


@pytest.fixture
def started(workbench: Workbench, monkeypatch: pytest.MonkeyPatch) -> Iterator[Started]:
    """A retraining of twelve patients whose plan is made and frozen, but not yet claimed."""
    numbers = label_scans(workbench)
    held = HeldCall(prepare.prepare)
    monkeypatch.setattr(service, "prepare", held)
    thread, found = in_thread(service.start, workbench, WHO)
    assert held.there.wait(60)

    def finish() -> RunView:
        held.go()
        thread.join(60)
        return found[0]

    yield numbers, finish
    held.go()
    thread.join(60)


def orphans(workbench: Workbench) -> set[str]:
    with workbench.store.reading() as session:
        named = set(session.scalars(select(Run.snapshot)))
    return set(workbench.blobs.keys("snapshots")) - named


def labels(workbench: Workbench) -> int:
    with workbench.store.reading() as session:
        return session.scalars(select(func.count(Annotation.id))).one()


def test_a_colleagues_label_goes_through_while_a_plan_is_made(
    workbench: Workbench, monkeypatch: pytest.MonkeyPatch
) -> None:
    numbers = label_scans(workbench)
    before = labels(workbench)
    held = HeldCall(plan_now)
    monkeypatch.setattr(prepare, "plan_now", held)
    thread, found = in_thread(service.start, workbench, WHO)
    assert held.there.wait(60)
    annotate(workbench, numbers[0], "other", "Bob")
    assert labels(workbench) == before + 1
    assert thread.is_alive()
    held.go()
    thread.join(60)
    (run,) = found
    frozen_planes = {entry["scan"]: entry["plane"] for entry in everything(workbench, run)}
    # It came after the list was made, so it is new for the next one.
    assert frozen_planes[numbers[0]] != "other"
    assert orphans(workbench) == set()


def everything(workbench: Workbench, run: RunView) -> list[dict[str, Any]]:
    frozen_list = snapshot(workbench, run.id)
    return [*frozen_list["examples"], *frozen_list["test"]]


def test_a_label_that_came_while_planning_is_new_for_the_next_training(
    workbench: Workbench, started: Started
) -> None:
    numbers, finish = started
    annotate(workbench, numbers[0], "other", "Bob")
    run = finish()
    with workbench.store.reading() as session:
        label = session.scalars(select(Annotation).order_by(Annotation.id.desc())).first()
    assert label is not None
    assert run.asked_at < label.at


def test_what_was_erased_while_planning_is_not_trained_on(
    workbench: Workbench, started: Started
) -> None:
    numbers, finish = started
    patient = workbench.pseudonyms.patient("Patient00003")
    erasure.erase(workbench, patient, "Eve")
    run = finish()
    assert len(everything(workbench, run)) == len(numbers) - 3
    assert patient not in {entry["patient"] for entry in everything(workbench, run)}
    assert orphans(workbench) == set()


def test_a_key_renewed_while_planning_leaves_no_old_codes(
    workbench: Workbench, started: Started
) -> None:
    _, finish = started
    pseudonym_key.renew_key(workbench.store, "Eve")
    run = finish()
    with workbench.store.reading() as session:
        codes = set(session.scalars(select(Patient.id)))
    assert {entry["patient"] for entry in everything(workbench, run)} <= codes


def test_a_model_promoted_while_planning_is_what_the_training_starts_from(
    workbench: Workbench, started: Started
) -> None:
    _, finish = started
    number = add_version(workbench, tiny_model(5, "v2"))
    promotion.promote(workbench, number, WHO)
    assert finish().parent_id == number


def test_a_patient_who_got_a_side_while_planning_keeps_it(
    workbench: Workbench, started: Started
) -> None:
    _, finish = started
    with workbench.store.reading() as session:
        planned = plan_now(session, workbench.blobs).new_splits
    code = next(code for code, split in planned.items() if split == "train")
    with workbench.store.session() as session:
        session.get_one(Patient, code).split = "test"
    run = finish()
    assert splits(workbench)[code] == "test"
    assert {one["split"] for one in everything(workbench, run) if one["patient"] == code} == {
        "test"
    }


def test_look_alikes_found_while_planning_are_held_back(
    workbench: Workbench, started: Started
) -> None:
    numbers, finish = started
    plan = service.outlook(workbench)
    assert plan.held_back == 0
    with workbench.store.reading() as session:
        planned = plan_now(session, workbench.blobs)
    of_split = {split: scan for scan, split in planned.split_of().items()}
    one, other = sorted((of_split["train"], of_split["test"]), reverse=True)
    with workbench.store.session() as session:
        session.add(Lookalike(scan_id=one, other_id=other, distance=3, similarity=0.9))
    entries = everything(workbench, finish())
    assert of_split["train"] not in {entry["scan"] for entry in entries}
    assert len(entries) == len(numbers) - 1


def test_a_workspace_that_never_rests_is_told_of(
    workbench: Workbench, monkeypatch: pytest.MonkeyPatch
) -> None:
    label_scans(workbench)
    monkeypatch.setattr(prepare, "_new_pairs", lambda *_: True)
    with pytest.raises(RestlessError, match="start it again"):
        service.start(workbench, WHO)
    assert service.runs(workbench) == []
    assert set(splits(workbench).values()) == {None}
    assert orphans(workbench) == set()


def test_killed_while_it_starts_a_training_leaves_nothing_half(workbench: Workbench) -> None:
    label_scans(workbench)
    program = subprocess.Popen(
        [sys.executable, PROCESS, workbench.workspace.folder], stdout=subprocess.PIPE, text=True
    )
    assert program.stdout is not None
    key_of_list = program.stdout.readline().strip()
    program.kill()
    program.wait()
    assert service.runs(workbench) == []
    assert set(splits(workbench).values()) == {None}
    assert orphans(workbench) == {key_of_list}
    label_scans(workbench, patients=1, first=60)
    run = service.start(workbench, WHO)
    assert (run.status, len(service.runs(workbench))) == ("queued", 1)
    assert orphans(workbench) == set()


def test_labels_go_through_while_old_lists_are_written_anew_for_an_erasure(
    workbench: Workbench, monkeypatch: pytest.MonkeyPatch
) -> None:
    numbers = label_scans(workbench)
    run = service.start(workbench, WHO)
    service.cancel(workbench, run.id, WHO)
    held = HeldCall(snapshot_rewrite._rewritten)
    monkeypatch.setattr(snapshot_rewrite, "_rewritten", held)
    thread, found = in_thread(
        erasure.erase, workbench, workbench.pseudonyms.patient("Patient00003"), "Eve"
    )
    assert held.there.wait(60)
    annotate(workbench, numbers[0], "other", "Bob")
    held.go()
    thread.join(60)
    assert found[0].scans == 3
    assert len(everything(workbench, run)) == len(numbers) - 3
    assert orphans(workbench) == set()


def test_the_outlook_tells_of_the_workers_that_are_there(workbench: Workbench) -> None:
    assert service.outlook(workbench).workers == 0
    announce(workbench.store, "one")
    assert service.outlook(workbench).workers == 1
