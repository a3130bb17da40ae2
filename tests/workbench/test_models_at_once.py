"""Eight people promote, roll back, register and predict at once, on both databases."""

import threading
from dataclasses import replace

import pytest
from sqlalchemy import func, select

from fetal.bundle import copy_with_card
from fetal.jobs.register_model import register
from fetal.store.tables import ModelVersion, PredictionRow, Promotion, Run
from fetal.workbench import open_workbench
from fetal.workbench.catalogue import scans
from fetal.workbench.core.job_queue import job_queue
from fetal.workbench.ingest.upload import add_scans
from fetal.workbench.models import promotion
from tests.support.at_once import CALLERS, at_once, raised
from tests.support.drawn import file
from tests.support.tiny_model import tiny_model


@pytest.fixture
def challengers(both_bench, tmp_path):
    """Three versions beside the first champion."""
    # Who makes the queue's tables first is a matter of tests/jobs.
    job_queue(both_bench)
    return [add(both_bench, another_model(tmp_path, number)).id for number in range(3)]


def another_model(place, number):
    """The folder of another model that calls itself “v2”."""
    card = replace(tiny_model().card, name="v2", limits=[f"Is number {number}."])
    return copy_with_card(tiny_model(), card, place / f"model {number}").folder


def add(bench, folder):
    """Register a model as the result of a run."""
    with bench.store.session() as session:
        run = Run(status="done", settings={}, snapshot="", snapshot_counts={}, who="Ann")
        session.add(run)
    return register(bench.store, folder, run)


def steps(bench):
    """Every change of the champion, as (before, after)."""
    with bench.store.reading() as session:
        rows = session.scalars(select(Promotion).order_by(Promotion.id)).all()
    return [(row.previous_id, row.model_id) for row in rows]


def test_promotions_at_once_follow_one_another(both_bench, challengers):
    calls = [
        lambda model=model: promotion.promote(both_bench, model, "Ann")
        for model in [*challengers, *challengers, *challengers[:2]]
    ]
    assert raised(at_once(calls)) == []
    made = steps(both_bench)
    assert len(made) >= 4
    assert [before for before, _ in made[1:]] == [after for _, after in made[:-1]]
    assert all(before != after for before, after in made)


def test_eight_who_roll_the_same_model_back_go_back_one_step(both_bench, challengers):
    first = both_bench.champion().version.id
    for model in challengers:
        promotion.promote(both_bench, model, "Ann")
    seen = challengers[-1]
    results = at_once([lambda: promotion.roll_back(both_bench, "Ann", seen)] * CALLERS)
    refused = raised(results)
    assert len(refused) == CALLERS - 1
    assert all(isinstance(error, promotion.ChampionMovedError) for error in refused)
    assert both_bench.champion().version.id == challengers[1]
    assert promotion.roll_back(both_bench, "Ann").id == challengers[0]
    assert promotion.roll_back(both_bench, "Ann").id == first


def test_nobody_promotes_in_place_of_a_champion_that_is_another_by_now(both_bench, challengers):
    seen = both_bench.champion().version.id
    calls = [
        lambda model=model: promotion.promote(both_bench, model, "Ann", instead_of=seen)
        for model in challengers
    ]
    refused = raised(at_once(calls))
    assert [type(error) for error in refused] == [promotion.ChampionMovedError] * 2
    assert len(steps(both_bench)) == 2


def test_a_step_that_an_older_program_wrote_down_three_times_counts_once(both_bench, challengers):
    first = both_bench.champion().version.id
    for model in challengers:
        promotion.promote(both_bench, model, "Ann")
    with both_bench.store.session() as session:
        for _ in range(3):
            session.add(
                Promotion(
                    model_id=challengers[1], previous_id=challengers[2], kind="rollback", who="Ann"
                )
            )
    assert promotion.roll_back(both_bench, "Ann").id == challengers[0]
    assert promotion.roll_back(both_bench, "Ann").id == first


def test_processes_that_open_a_new_workspace_at_once_have_one_first_champion(
    any_workspace, monkeypatch
):
    monkeypatch.setenv("FETAL_MODEL", str(tiny_model().folder))
    benches = at_once([lambda: open_workbench(any_workspace)] * CALLERS)
    assert raised(benches) == []
    with benches[0].store.reading() as session:
        assert session.scalar(select(func.count(ModelVersion.id))) == 1
        assert session.scalar(select(func.count(Promotion.id))) == 1
    assert {bench.champion().version.id for bench in benches} == {1}
    for bench in benches:
        bench.close()


def test_models_of_one_name_registered_at_once_get_names_of_their_own(both_bench, tmp_path):
    folders = [another_model(tmp_path, number) for number in range(3)]
    versions = at_once([lambda one=one: add(both_bench, folders[one]) for one in (0, 1, 2, 2)])
    assert raised(versions) == []
    assert len({version.id for version in versions}) == 3
    assert len({version.name for version in versions}) == 3


def test_a_scan_that_eight_people_look_at_has_one_prediction_of_a_model(both_bench, challengers):
    [taken] = add_scans(both_bench, [file(1)], who="Ann", patient="4711")
    promotion.promote(both_bench, challengers[0], "Ann")
    calls = [lambda: scans.explanation(both_bench, taken.scan_id)] * (CALLERS // 2)
    calls += [lambda: promotion.refresh(both_bench, challengers[0])] * (CALLERS // 2)
    assert raised(at_once(calls)) == []
    with both_bench.store.reading() as session:
        said = session.scalars(
            select(PredictionRow.model_id).order_by(PredictionRow.model_id)
        ).all()
    assert said == sorted([1, challengers[0]])


def test_a_model_that_loads_slowly_keeps_nobody_from_another(both_bench, challengers, monkeypatch):
    champion = both_bench.champion()
    loads, go_on = threading.Event(), threading.Event()
    open_folder = both_bench._open

    def slowly(version):
        loads.set()
        assert go_on.wait(60)
        return open_folder(version)

    monkeypatch.setattr(both_bench, "_open", slowly)
    slow = threading.Thread(target=lambda: both_bench.model(challengers[0]))
    slow.start()
    assert loads.wait(60)
    monkeypatch.setattr(both_bench, "_open", open_folder)
    assert both_bench.champion().model is champion.model
    assert both_bench.model(challengers[1]).bundle.card.limits == ["Is number 1."]
    go_on.set()
    slow.join()
    assert both_bench.model(challengers[0]).bundle.card.limits == ["Is number 0."]
