from dataclasses import replace

import pytest

from fetal.store.tables import Run
from fetal.training.settings import PRESETS
from fetal.workbench import Workbench
from fetal.workbench.retraining import service
from fetal.workbench.retraining.compare_runs import differing
from tests.support.labelling import label_scans
from tests.workbench.training_rows import ended_run

DEFAULT = PRESETS["default"]


def test_a_training_takes_as_long_as_the_same_one_took_before(workbench: Workbench) -> None:
    label_scans(workbench)
    ended_run(workbench, minutes=500)
    assert service.outlook(workbench).minutes == pytest.approx(500)


def test_another_schedule_under_the_same_name_is_not_taken_for_the_same(
    workbench: Workbench,
) -> None:
    label_scans(workbench)
    ended_run(workbench, minutes=500)
    longer = DEFAULT.but(stages=tuple(replace(stage, epochs=9) for stage in DEFAULT.stages))
    assert service.outlook(workbench, longer).minutes < 250


def test_a_second_reader_that_learns_too_takes_longer(workbench: Workbench) -> None:
    label_scans(workbench)
    along = DEFAULT.but(second_reader=4)
    assert service.outlook(workbench, along).minutes > service.outlook(workbench).minutes
    ended_run(workbench, minutes=500)
    assert service.outlook(workbench, along).minutes < 250


def test_a_training_of_an_older_version_counts_and_differs_in_nothing_that_it_did_not_know(
    workbench: Workbench,
) -> None:
    label_scans(workbench)
    older = ended_run(workbench, minutes=500)
    with workbench.store.session() as session:
        run = session.get_one(Run, older)
        known = {name: value for name, value in run.settings.items() if name != "early_phantoms"}
        stages = [{name: one[name] for name in one if name != "keeps"} for one in known["stages"]]
        run.settings = {**known, "stages": stages}
    assert service.outlook(workbench).minutes == pytest.approx(500)
    [seen] = service.runs(workbench)
    assert differing([seen.settings, DEFAULT.to_json()]) == {}
