"""A first retraining that gives very many patients a split."""

from collections.abc import Mapping

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from fetal.store.tables import Patient, Run
from fetal.training.settings import PRESETS
from fetal.workbench import Workbench
from fetal.workbench.datasets.snapshot import keep_splits
from fetal.workbench.retraining import prepare, service
from fetal.workbench.retraining.prepare import claim
from tests.support.labelling import WHO, labelled_rows


def without_split(workbench: Workbench) -> int:
    with workbench.store.reading() as session:
        return session.scalars(select(func.count()).where(Patient.split.is_(None))).one()


def test_they_get_it_a_part_at_a_time_before_the_run_is_there(
    each_workbench: Workbench, monkeypatch: pytest.MonkeyPatch
) -> None:
    labelled_rows(each_workbench)
    monkeypatch.setattr(prepare, "PATIENTS_AT_ONCE", 5)
    seen: list[tuple[int, int | None]] = []

    def watched(session: Session, splits: Mapping[str, str]) -> int:
        seen.append((len(splits), session.scalar(select(func.count(Run.id)))))
        return keep_splits(session, splits)

    monkeypatch.setattr(prepare, "keep_splits", watched)
    run = service.start(each_workbench, WHO)
    assert seen == [(5, 0), (5, 0), (2, 0)]
    assert (run.status, without_split(each_workbench)) == ("queued", 0)


def test_who_comes_second_writes_no_split(
    each_workbench: Workbench, monkeypatch: pytest.MonkeyPatch
) -> None:
    labelled_rows(each_workbench)
    monkeypatch.setattr(prepare, "PATIENTS_AT_ONCE", 5)
    several = [PRESETS["default"], PRESETS["default"], PRESETS["default"].but(seed=1)]
    prepared = [prepare.prepare(each_workbench, settings) for settings in several]
    first, same, other = (
        claim(each_workbench, WHO, *one) for one in zip(several, prepared, strict=True)
    )
    assert first is not None
    assert same == first
    assert other is None
    assert without_split(each_workbench) == 0
