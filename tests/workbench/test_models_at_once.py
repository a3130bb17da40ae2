"""Eight people promote, roll back, register and predict at once, on both databases."""

import threading
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest
from sqlalchemy import func, select

from fetal.bundle import copy_with_card
from fetal.jobs.register_model import register
from fetal.predict import Model
from fetal.store.tables import ModelVersion, PredictionRow, Promotion, Run
from fetal.store.workspace import Workspace
from fetal.workbench import Workbench, open_workbench
from fetal.workbench.catalogue import scans
from fetal.workbench.ingest.upload import add_scans
from fetal.workbench.models import promotion
from tests.support.at_once import CALLERS, at_once, raised
from tests.support.drawn import file
from tests.support.tiny_model import tiny_model


@pytest.fixture
def challengers(each_workbench: Workbench, tmp_path: Path) -> list[int]:
    """Three versions beside the first champion."""
    return [add(each_workbench, another_model(tmp_path, number)).id for number in range(3)]


def another_model(place: Path, number: int) -> Path:
    """The folder of another model that calls itself “v2”."""
    card = replace(tiny_model().card, name="v2", limits=[f"Is number {number}."])
    return copy_with_card(tiny_model(), card, place / f"model {number}").folder


def add(workbench: Workbench, folder: Path) -> ModelVersion:
    """Register a model as the result of a run."""
    with workbench.store.session() as session:
        run = Run(status="done", settings={}, snapshot="", snapshot_counts={}, who="Ann")
        session.add(run)
    return register(workbench.store, folder, run)


def steps(workbench: Workbench) -> list[tuple[int | None, int]]:
    """Every change of the champion, as (before, after)."""
    with workbench.store.reading() as session:
        rows = session.scalars(select(Promotion).order_by(Promotion.id)).all()
    return [(row.previous_id, row.model_id) for row in rows]


def test_promotions_at_once_follow_one_another(
    each_workbench: Workbench, challengers: list[int]
) -> None:
    calls = [
        lambda model=model: promotion.promote(each_workbench, model, "Ann")
        for model in [*challengers, *challengers, *challengers[:2]]
    ]
    assert raised(at_once(calls)) == []
    made = steps(each_workbench)
    assert len(made) >= 4
    assert [before for before, _ in made[1:]] == [after for _, after in made[:-1]]
    assert all(before != after for before, after in made)


def test_eight_who_roll_the_same_model_back_go_back_one_step(
    each_workbench: Workbench, challengers: list[int]
) -> None:
    first = each_workbench.champion().version.id
    for model in challengers:
        promotion.promote(each_workbench, model, "Ann")
    seen = challengers[-1]
    results = at_once([lambda: promotion.roll_back(each_workbench, "Ann", seen)] * CALLERS)
    refused = raised(results)
    assert len(refused) == CALLERS - 1
    assert all(isinstance(error, promotion.ChampionMovedError) for error in refused)
    assert each_workbench.champion().version.id == challengers[1]
    assert promotion.roll_back(each_workbench, "Ann").id == challengers[0]
    assert promotion.roll_back(each_workbench, "Ann").id == first


def test_nobody_promotes_in_place_of_a_champion_that_is_another_by_now(
    each_workbench: Workbench, challengers: list[int]
) -> None:
    seen = each_workbench.champion().version.id
    calls = [
        lambda model=model: promotion.promote(each_workbench, model, "Ann", instead_of=seen)
        for model in challengers
    ]
    refused = raised(at_once(calls))
    assert [type(error) for error in refused] == [promotion.ChampionMovedError] * 2
    assert len(steps(each_workbench)) == 2


def test_a_step_that_an_older_program_wrote_down_three_times_counts_once(
    each_workbench: Workbench, challengers: list[int]
) -> None:
    first = each_workbench.champion().version.id
    for model in challengers:
        promotion.promote(each_workbench, model, "Ann")
    with each_workbench.store.session() as session:
        for _ in range(3):
            session.add(
                Promotion(
                    model_id=challengers[1], previous_id=challengers[2], kind="rollback", who="Ann"
                )
            )
    assert promotion.roll_back(each_workbench, "Ann").id == challengers[0]
    assert promotion.roll_back(each_workbench, "Ann").id == first


def test_processes_that_open_a_new_workspace_at_once_have_one_first_champion(
    any_workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FETAL_MODEL", str(tiny_model().folder))
    workbenches = at_once([lambda: open_workbench(any_workspace)] * CALLERS)
    assert raised(workbenches) == []
    with workbenches[0].store.reading() as session:
        assert session.scalar(select(func.count(ModelVersion.id))) == 1
        assert session.scalar(select(func.count(Promotion.id))) == 1
    assert {workbench.champion().version.id for workbench in workbenches} == {1}
    for workbench in workbenches:
        workbench.close()


def test_models_of_one_name_registered_at_once_get_names_of_their_own(
    each_workbench: Workbench, tmp_path: Path
) -> None:
    folders = [another_model(tmp_path, number) for number in range(3)]
    versions = at_once([partial(add, each_workbench, folders[one]) for one in (0, 1, 2, 2)])
    assert raised(versions) == []
    assert len({version.id for version in versions}) == 3
    assert len({version.name for version in versions}) == 3


def test_a_scan_that_eight_people_look_at_has_one_prediction_of_a_model(
    each_workbench: Workbench, challengers: list[int]
) -> None:
    [taken] = add_scans(each_workbench, [file(1)], who="Ann", patient="4711")
    promotion.promote(each_workbench, challengers[0], "Ann")
    number = taken.scan_id
    assert number is not None
    calls: list[Callable[[], object]] = []
    calls += [lambda: scans.explanation(each_workbench, number)] * (CALLERS // 2)
    calls += [lambda: promotion.refresh(each_workbench, challengers[0])] * (CALLERS // 2)
    assert raised(at_once(calls)) == []
    with each_workbench.store.reading() as session:
        said = session.scalars(
            select(PredictionRow.model_id).order_by(PredictionRow.model_id)
        ).all()
    assert said == sorted([1, challengers[0]])


def test_a_model_that_loads_slowly_keeps_nobody_from_another(
    each_workbench: Workbench, challengers: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    champion = each_workbench.champion()
    loads, go_on = threading.Event(), threading.Event()
    open_folder = each_workbench._open

    def slowly(version: ModelVersion) -> Model:
        loads.set()
        assert go_on.wait(60)
        return open_folder(version)

    monkeypatch.setattr(each_workbench, "_open", slowly)
    slow = threading.Thread(target=lambda: each_workbench.model(challengers[0]))
    slow.start()
    assert loads.wait(60)
    monkeypatch.setattr(each_workbench, "_open", open_folder)
    assert each_workbench.champion().model is champion.model
    assert each_workbench.model(challengers[1]).bundle.card.limits == ["Is number 1."]
    go_on.set()
    slow.join()
    assert each_workbench.model(challengers[0]).bundle.card.limits == ["Is number 0."]
