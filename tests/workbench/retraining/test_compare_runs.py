import json
from dataclasses import replace

import pytest

from fetal.planes import PLANES, Plane
from fetal.store.tables import Run
from fetal.training.settings import PRESETS
from fetal.workbench import Workbench
from fetal.workbench.annotations.review import annotate, undo
from fetal.workbench.retraining import compare_runs, run_accuracies, service
from fetal.workbench.retraining.compare_runs import DataDifference
from fetal.workbench.retraining.runs import RunView
from tests.support.labelling import WHO, label_scans
from tests.workbench.training_rows import ended_run, has_said, with_model

DEFAULT = PRESETS["default"]


def locked(workbench: Workbench, run_id: int) -> dict[int, str]:
    """The locked scans of a training, with their labels."""
    with workbench.store.reading() as session:
        snapshot = json.loads(workbench.blobs.get(session.get_one(Run, run_id).snapshot))
    return {entry["scan"]: entry["plane"] for entry in snapshot["test"]}


def view(workbench: Workbench, run_id: int) -> RunView:
    return service.run(workbench, run_id)


def test_only_what_differs_is_named() -> None:
    head, upper = DEFAULT.stages
    other = DEFAULT.but(
        size=224,
        stages=(head, replace(upper, epochs=12)),
        augmentation=replace(DEFAULT.augmentation, rotation=0.0),
    )
    found = compare_runs.differing([DEFAULT.to_json(), other.to_json(), DEFAULT.to_json()])
    assert found == {
        "size": (256, 224, 256),
        "augmentation.rotation": (15.0, 0.0, 15.0),
        "stages.1.epochs": (8, 12, 8),
    }


def test_settings_read_back_from_the_database_are_the_same_settings() -> None:
    stored = json.loads(json.dumps(DEFAULT.to_json()))
    assert compare_runs.differing([DEFAULT.to_json(), stored]) == {}


def test_a_stage_that_one_training_lacks_is_none_there() -> None:
    short = DEFAULT.but(stages=DEFAULT.stages[:1])
    found = compare_runs.differing([short.to_json(), DEFAULT.to_json()])
    assert found["stages.1.learn"] == (None, "conv5")
    assert {name.split(".")[1] for name in found} == {"1"}


def test_an_older_training_did_not_do_what_its_version_did_not_know() -> None:
    old = json.loads(json.dumps(DEFAULT.to_json()))
    del old["phantoms"], old["augmentation"]["writing"], old["stages"][0]["patience"]
    assert compare_runs.differing([old, DEFAULT.to_json()]) == {}
    assert compare_runs.differing([old, DEFAULT.but(phantoms=20).to_json()]) == {
        "phantoms": (0, 20)
    }


def test_scans_are_told_apart_by_what_they_show_and_their_label() -> None:
    first = dict.fromkeys("abcd", "brain")
    second = {"b": "brain", "c": "femur", **dict.fromkeys("xyz", "brain")}
    assert compare_runs.data_difference(first, second) == DataDifference(
        same=1, added=3, removed=2, relabelled=1
    )


def test_trainings_tell_how_their_scans_differ(workbench: Workbench) -> None:
    numbers = label_scans(workbench)
    first = ended_run(workbench)
    learning = [number for number in numbers if number not in locked(workbench, first)]
    undo(workbench, learning[0], WHO)
    annotate(workbench, learning[1], Plane.CERVIX, WHO)
    second = ended_run(workbench)

    found = compare_runs.learnt_from(workbench, view(workbench, first), view(workbench, second))

    assert found == DataDifference(same=len(learning) - 2, added=0, removed=1, relabelled=1)


def test_a_list_of_scans_that_is_gone_is_no_failure(workbench: Workbench) -> None:
    label_scans(workbench)
    first, second = view(workbench, ended_run(workbench)), view(workbench, ended_run(workbench))
    workbench.blobs.delete(first.snapshot)
    assert compare_runs.learnt_from(workbench, first, second) is None


def test_an_ended_training_with_curves_can_be_compared(workbench: Workbench) -> None:
    label_scans(workbench)
    ended_run(workbench, accuracies=())
    second = ended_run(workbench)
    service.start(workbench, WHO)
    [only] = compare_runs.comparable(service.runs(workbench))
    assert only.id == second
    [drawn] = service.add_curves(workbench, [only])
    assert compare_runs.best_accuracy(drawn) == 0.8
    assert only.seconds == 360
    assert only.parent_name == workbench.champion().version.name


def test_models_are_measured_on_the_locked_scans_that_all_of_them_have_read(
    workbench: Workbench,
) -> None:
    label_scans(workbench)
    ids = [ended_run(workbench) for _ in range(3)]
    labels = locked(workbench, ids[0])
    wrong = {scan: next(p for p in PLANES if p != plane) for scan, plane in labels.items()}
    one, two, _ = (
        with_model(workbench, run, seed) for run, seed in zip(ids, (2, 3, 4), strict=True)
    )
    has_said(workbench, one, labels)
    last = max(labels)
    has_said(workbench, two, {scan: plane for scan, plane in wrong.items() if scan != last})

    tested = run_accuracies.tested(workbench, [view(workbench, run) for run in ids])

    assert tested.scans == len(labels) - 1
    assert {run: found.value for run, found in tested.accuracy.items()} == {ids[0]: 1, ids[1]: 0}


def test_figures_are_kept_until_a_label_or_a_prediction_is_new(workbench: Workbench) -> None:
    label_scans(workbench)
    runs = [ended_run(workbench)]
    labels = locked(workbench, runs[0])
    model = with_model(workbench, runs[0], 2)
    first, *others = labels
    has_said(workbench, model, {scan: labels[scan] for scan in others})

    def measured() -> run_accuracies.Tested:
        return run_accuracies.tested(workbench, [view(workbench, runs[0])])

    def kept() -> tuple[run_accuracies.Tested | None, bool]:
        return run_accuracies.tested_before(workbench, [view(workbench, runs[0])])

    assert kept() == (None, False)
    before = measured()
    assert before.scans == len(others)
    assert measured() is before
    assert kept() == (before, True)
    has_said(workbench, model, {first: labels[first]})
    assert kept() == (before, False)
    assert measured().scans == len(labels)
    annotate(workbench, first, next(p for p in PLANES if p != labels[first]), WHO)
    assert measured().accuracy[runs[0]].value == pytest.approx(len(others) / len(labels))


def test_a_training_without_a_model_has_no_accuracy(workbench: Workbench) -> None:
    label_scans(workbench)
    run = view(workbench, ended_run(workbench))
    assert run_accuracies.tested(workbench, [run]) == run_accuracies.Tested(0, 0, {})


@pytest.mark.parametrize("name", list(PRESETS))
def test_every_setting_of_a_preset_is_named_once(name: str) -> None:
    named = compare_runs.flat(PRESETS[name].to_json())
    assert len(PRESETS[name].stages) == sum(key.endswith(".learn") for key in named)
    assert "augmentation" not in named
    assert "stages" not in named
