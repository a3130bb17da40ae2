from dataclasses import replace

import pytest

from fetal.training.settings import PRESETS
from fetal.workbench import Workbench
from fetal.workbench.retraining import service
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
