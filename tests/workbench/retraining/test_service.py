import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from sqlalchemy import select

from fetal.jobs import heartbeats
from fetal.planes import Plane
from fetal.store.tables import UNUSABLE, Patient, Run
from fetal.training.settings import PRESETS
from fetal.workbench import Workbench
from fetal.workbench.annotations.review import annotate, note
from fetal.workbench.ingest.upload import add_samples, add_scans
from fetal.workbench.models import promotion
from fetal.workbench.retraining import service
from fetal.workbench.retraining.service import TooLittleError, UnknownRunError
from tests.support.drawn import file
from tests.support.labelling import WHO, add_version, digests_of, label_scans
from tests.support.tiny_model import tiny_model


def snapshot(workbench: Workbench, run_id: int) -> dict[str, Any]:
    with workbench.store.reading() as session:
        frozen: dict[str, Any] = json.loads(
            workbench.blobs.get(session.get_one(Run, run_id).snapshot)
        )
    return frozen


def splits(workbench: Workbench) -> dict[str, str | None]:
    with workbench.store.reading() as session:
        return dict(iter(session.execute(select(Patient.id, Patient.split))))


def set_run(workbench: Workbench, run_id: int, **values: object) -> None:
    with workbench.store.session() as session:
        for key, value in values.items():
            setattr(session.get_one(Run, run_id), key, value)


def test_an_empty_workspace_says_what_is_missing(workbench: Workbench) -> None:
    outlook = service.outlook(workbench)
    assert outlook.reasons == [
        "At least 20 labelled scans are needed to train on; there are 0 so far.",
        "Labelled scans of at least 4 patients are needed to train on; there are 0 so far.",
    ]
    with pytest.raises(TooLittleError, match="At least 20 labelled scans"):
        service.start(workbench, WHO)


def test_labels_of_one_plane_do_not_do(workbench: Workbench) -> None:
    label_scans(workbench, planes=(Plane.BRAIN,))
    assert service.outlook(workbench).reasons == [
        "All labels to train on name one plane; label scans of another plane too."
    ]


def test_the_outlook_counts_what_would_be_trained_on(workbench: Workbench) -> None:
    numbers = label_scans(workbench)
    annotate(workbench, numbers[0], UNUSABLE, WHO)
    outlook = service.outlook(workbench)
    assert outlook.reasons == []
    assert sum(outlook.labels.values()) == 35
    tests = sum(outlook.splits["test"].values())
    assert tests > 0
    assert outlook.scans == outlook.new_since_champion == 35 - tests
    assert outlook.device.startswith(("CPU, ", "GPU, "))
    assert outlook.minutes > 0
    assert set(splits(workbench).values()) == {None}


def test_the_samples_alone_are_enough_to_try_it(workbench: Workbench) -> None:
    for taken in add_samples(workbench, WHO):
        assert taken.scan_id is not None
        annotate(workbench, taken.scan_id, taken.file.split("-")[1], WHO)
    outlook = service.outlook(workbench)
    assert outlook.reasons == []
    assert outlook.scans == 24
    assert sum(outlook.splits["test"].values()) == 0


def test_however_often_it_is_clicked_there_is_one_job(workbench: Workbench) -> None:
    label_scans(workbench)
    with ThreadPoolExecutor(6) as clicks:
        runs = list(clicks.map(lambda _: service.start(workbench, WHO), range(12)))
    assert len({run.id for run in runs}) == 1
    assert len(service.runs(workbench)) == 1
    assert [run.id for run in service.outlook(workbench).active] == [runs[0].id]


def test_two_devices_train_at_once_and_a_second_click_starts_no_second_run(
    workbench: Workbench, monkeypatch: pytest.MonkeyPatch
) -> None:
    label_scans(workbench)
    for number in range(2):
        monkeypatch.setattr(heartbeats, "describe_device", lambda number=number: f"GPU ({number})")
        heartbeats.announce(workbench.store, f"box:{number}:a")
    first = service.start(workbench, WHO)
    assert service.start(workbench, WHO).id == first.id
    other = PRESETS["default"].but(seed=1)
    second = service.start(workbench, WHO, other)
    assert [run.id for run in service.active(workbench)] == [first.id, second.id]
    assert not service.outlook(workbench).has_room
    assert service.start(workbench, WHO, PRESETS["default"].but(seed=2)).id == second.id
    service.cancel(workbench, first.id, WHO)
    assert service.outlook(workbench).has_room


def test_as_many_trainings_wait_as_the_setting_allows(
    workbench: Workbench, monkeypatch: pytest.MonkeyPatch
) -> None:
    label_scans(workbench)
    monkeypatch.setenv("FETAL_TRAININGS_WAITING", "1")
    for seed in range(3):
        service.start(workbench, WHO, PRESETS["default"].but(seed=seed))
    assert len(service.active(workbench)) == 2


def test_a_click_freezes_scans_and_sides(workbench: Workbench) -> None:
    label_scans(workbench)
    run = service.start(workbench, WHO)
    frozen = snapshot(workbench, run.id)
    by_split = splits(workbench)
    assert {entry["split"] for entry in frozen["examples"]} == {"train", "validation"}
    assert all(by_split[entry["patient"]] == entry["split"] for entry in frozen["examples"])
    assert {by_split[entry["patient"]] for entry in frozen["test"]} == {"test"}
    assert run.status == "queued"
    assert run.counts["scans"] == len(frozen["examples"])
    assert run.settings["name"] == "default"
    label_scans(workbench, first=50)
    assert snapshot(workbench, run.id) == frozen


def test_a_patient_never_changes_sides(workbench: Workbench) -> None:
    label_scans(workbench)
    run = service.start(workbench, WHO)
    before = splits(workbench)
    service.cancel(workbench, run.id, WHO)
    label_scans(workbench, first=50)
    service.start(workbench, WHO)
    after = splits(workbench)
    assert {patient: after[patient] for patient in before} == before
    assert None not in after.values()


@pytest.fixture
def workbench_that_has_seen(
    reopen: Callable[[], Workbench], monkeypatch: pytest.MonkeyPatch
) -> Callable[[int], Workbench]:
    """Opens a workspace whose champion was trained on the scans of the first patients."""

    def open_it(patients: int) -> Workbench:
        seen = [digest for patient in range(patients) for digest in digests_of(patient)]
        monkeypatch.setenv("FETAL_MODEL", str(tiny_model(1, "tiny", tuple(seen)).folder))
        return reopen()

    return open_it


def test_a_patient_whom_the_champion_has_seen_is_never_tested_on(
    workbench_that_has_seen: Callable[[int], Workbench],
) -> None:
    workbench = workbench_that_has_seen(8)
    label_scans(workbench, patients=20)
    service.start(workbench, WHO)
    by_split = splits(workbench)
    known = {workbench.pseudonyms.patient(f"Patient{number:05d}") for number in range(8)}
    assert {by_split[patient] for patient in known} == {"train"}
    assert set(by_split.values()) == {"train", "validation", "test"}


def test_scans_that_the_champion_has_seen_can_be_trained_on_alone(
    workbench_that_has_seen: Callable[[int], Workbench],
) -> None:
    workbench = workbench_that_has_seen(12)
    label_scans(workbench, patients=12)
    run = service.start(workbench, WHO)
    assert set(splits(workbench).values()) == {"train", "validation"}
    assert run.counts["scans"] == 36


def test_a_start_that_is_refused_leaves_no_trace(workbench: Workbench) -> None:
    label_scans(workbench, patients=3)
    with pytest.raises(TooLittleError):
        service.start(workbench, WHO)
    assert service.runs(workbench) == []
    assert set(splits(workbench).values()) == {None}


def test_nothing_new_is_a_reason_and_a_correction_is_new(workbench: Workbench) -> None:
    numbers = label_scans(workbench)
    learnt = [digest for patient in range(12) for digest in digests_of(patient)]
    promotion.promote(workbench, add_version(workbench, tiny_model(5, "v2", tuple(learnt))), WHO)
    note(workbench, numbers[0], "a note is no label", WHO)
    assert service.outlook(workbench).new_since_champion == 0
    assert service.outlook(workbench).reasons == [
        "No label is new since the model that predicts now was trained. Label more scans, "
        "or choose other settings."
    ]
    longer = PRESETS["default"].but(name="longer", batch=8)
    assert service.outlook(workbench, longer).reasons == []
    annotate(workbench, numbers[0], "cervix", WHO)
    assert service.outlook(workbench).new_since_champion == 1
    assert service.outlook(workbench).reasons == []


def test_a_waiting_run_is_cancelled_at_once_and_can_be_tried_again(workbench: Workbench) -> None:
    label_scans(workbench)
    run = service.start(workbench, WHO)
    cancelled = service.cancel(workbench, run.id, "Bob")
    assert cancelled.status == "cancelled"
    assert "Bob cancelled the run." in [text for _, text in cancelled.log]
    again = service.try_again(workbench, run.id, "Bob")
    assert (again.id, again.status, again.stage) == (run.id, "queued", "Waiting for a worker")
    assert service.start(workbench, WHO).id == run.id


def test_a_working_run_is_asked_to_stop(workbench: Workbench) -> None:
    label_scans(workbench)
    run = service.start(workbench, WHO)
    set_run(workbench, run.id, status="running", attempts=1, heartbeat_at=run.asked_at)
    assert service.outlook(workbench).active
    assert service.cancel(workbench, run.id, WHO).cancelling


def test_trying_an_old_run_again_while_another_works_gives_that_one(workbench: Workbench) -> None:
    label_scans(workbench)
    old = service.start(workbench, WHO)
    service.cancel(workbench, old.id, WHO)
    new = service.start(workbench, WHO)
    assert service.try_again(workbench, old.id, WHO).id == new.id
    assert service.run(workbench, old.id).status == "cancelled"


def test_without_a_worker_a_lost_run_is_shown_as_waiting(workbench: Workbench) -> None:
    label_scans(workbench)
    run = service.start(workbench, WHO)
    long_ago = run.asked_at.replace(year=2020)
    set_run(workbench, run.id, status="running", attempts=1, heartbeat_at=long_ago)
    seen = service.run(workbench, run.id)
    assert (seen.status, seen.stage) == ("queued", "Waiting for a worker")


@pytest.mark.parametrize("year", [2020, 2090])
def test_a_dead_workers_run_is_cancelled_at_once_whatever_the_clock_did(
    workbench: Workbench, year: int
) -> None:
    label_scans(workbench)
    run = service.start(workbench, WHO)
    heard = run.asked_at.replace(year=year)
    set_run(workbench, run.id, status="running", attempts=1, heartbeat_at=heard)
    assert service.cancel(workbench, run.id, WHO).status == "cancelled"
    assert service.start(workbench, WHO).id != run.id


def test_an_unknown_run_is_named(workbench: Workbench) -> None:
    with pytest.raises(UnknownRunError, match="no run with the number 7"):
        service.run(workbench, 7)


def test_every_scan_of_a_drop_without_names_is_on_one_side(workbench: Workbench) -> None:
    label_scans(workbench)
    drop = [file(9000 + seed) for seed in range(6)]
    unknown = [taken.scan_id for taken in add_scans(workbench, drop, who=WHO)]
    for number in unknown:
        assert number is not None
        annotate(workbench, number, "femur", WHO)
    run = service.start(workbench, WHO)
    frozen = snapshot(workbench, run.id)
    entries = [*frozen["examples"], *frozen["test"]]
    assert len({entry["split"] for entry in entries if entry["scan"] in unknown}) == 1
