from uuid import uuid4

import pytest
from sqlalchemy import select

from fetal.bundle import BundleError
from fetal.scans import PseudonymKeyError
from fetal.store.tables import ModelVersion, Promotion
from fetal.store.workspace import Workspace
from fetal.workbench import NoModelError, open_workbench
from fetal.workbench.catalogue.damage import find_damage
from fetal.workbench.models import promotion
from fetal.workbench.open import worker_workbench
from tests.support.tiny_model import tiny_model


def test_the_shipped_model_predicts_in_a_new_workspace(bench):
    champion = bench.champion()
    assert champion.version.origin == "shipped"
    assert champion.version.name == "tiny"
    assert champion.version.is_champion
    assert champion.model.bundle.digest == tiny_model().digest


def test_the_shipped_model_is_registered_once(open_bench):
    for _ in range(3):
        bench = open_bench()
    with bench.store.reading() as session:
        assert len(session.scalars(select(ModelVersion)).all()) == 1
        assert len(session.scalars(select(Promotion)).all()) == 1


def test_a_workspace_keeps_its_model_when_the_program_ships_another(open_bench, monkeypatch):
    first = open_bench().champion().model.bundle.digest
    monkeypatch.setenv("FETAL_MODEL", str(tiny_model(2, "later").folder))
    assert open_bench().champion().model.bundle.digest == first


def test_a_model_of_a_later_program_waits_to_be_compared(open_bench, monkeypatch):
    open_bench()
    monkeypatch.setenv("FETAL_MODEL", str(tiny_model(2, "later").folder))
    for _ in range(2):
        bench = open_bench()
    found = [(version.name, version.is_champion) for version in promotion.versions(bench)]
    assert sorted(found) == [("later", False), ("tiny", True)]


def test_another_key_is_refused(open_bench):
    bench = open_bench()
    bench.workspace.key_file.write_bytes(bytes(range(32)))
    with pytest.raises(PseudonymKeyError, match="Put the right key file back"):
        open_bench()


def test_a_worker_on_another_machine_predicts_without_the_key(open_bench):
    bench = open_bench()
    bench.workspace.key_file.unlink()
    worker = worker_workbench(bench.workspace, bench.store)
    assert worker.champion().model.name == "tiny"
    assert not bench.workspace.key_file.exists()


def test_a_promotion_takes_effect_at_once_in_every_open_workbench(open_bench):
    here, there = open_bench(), open_bench()
    before = there.champion()
    other = tiny_model(2, "other")
    here.blobs.put_folder("models/other", other.folder)
    with here.store.session() as session:
        version = ModelVersion(
            name="other", digest=other.digest, location="models/other", card=other.card.to_json()
        )
        session.add(version)
        session.flush()
        session.add(Promotion(model_id=version.id, kind="promote", who="Ann"))
    after = there.champion()
    assert (before.version.name, after.version.name) == ("tiny", "other")
    assert after.model.bundle.digest == other.digest
    assert there.champion().model is after.model


def test_a_workspace_without_a_model_says_what_to_do(open_bench, monkeypatch, tmp_path):
    monkeypatch.setenv("FETAL_MODEL", str(tmp_path / "nothing"))
    with pytest.raises(NoModelError, match="FETAL_MODEL"):
        open_bench().champion()


def test_a_damaged_copy_of_a_remote_model_heals_itself(tmp_path, monkeypatch):
    monkeypatch.setenv("FETAL_MODEL", str(tiny_model().folder))
    workspace = Workspace.at(tmp_path / "workspace", blobs_url=f"memory://{uuid4().hex}")
    bench = open_workbench(workspace)
    name = bench.champion().version.name
    bench.close()
    [graph] = workspace.folder.rglob("graph.bin")
    graph.write_bytes(b"x" * graph.stat().st_size)
    again = open_workbench(workspace)
    assert again.champion().version.name == name
    again.close()


@pytest.mark.parametrize(
    "damage", [lambda graph: graph.unlink(), lambda graph: graph.write_bytes(b"")]
)
def test_a_damaged_model_that_came_with_the_program_is_stored_again(open_bench, damage):
    bench = open_bench()
    [graph] = (bench.workspace.folder / "blobs" / "models").rglob("graph.bin")
    damage(graph)
    assert bench.champion().model.bundle.digest == tiny_model().digest
    assert list(find_damage(bench)) == []


def test_a_damaged_model_that_did_not_is_refused(open_bench, monkeypatch, tmp_path):
    bench = open_bench()
    monkeypatch.setenv("FETAL_MODEL", str(tmp_path))
    [graph] = (bench.workspace.folder / "blobs" / "models").rglob("graph.bin")
    graph.write_bytes(b"")
    with pytest.raises(BundleError, match="damaged"):
        bench.champion()
