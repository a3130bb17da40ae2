from collections.abc import Callable
from pathlib import Path
from uuid import uuid4

import pytest
from sqlalchemy import select

from fetal.bundle import BundleError
from fetal.scans import PseudonymKeyError
from fetal.store.tables import ModelVersion, Promotion
from fetal.store.workspace import Workspace
from fetal.workbench import NoModelError, Workbench, open_workbench
from fetal.workbench.catalogue.damage import find_damage
from fetal.workbench.models import promotion
from fetal.workbench.open import worker_workbench
from tests.support.tiny_model import tiny_model


def test_the_shipped_model_predicts_in_a_new_workspace(workbench: Workbench) -> None:
    champion = workbench.champion()
    assert champion.version.origin == "shipped"
    assert champion.version.name == "tiny"
    assert champion.version.is_champion
    assert champion.model.bundle.digest == tiny_model().digest


def test_the_shipped_model_is_registered_once(reopen: Callable[[], Workbench]) -> None:
    for _ in range(3):
        workbench = reopen()
    with workbench.store.reading() as session:
        assert len(session.scalars(select(ModelVersion)).all()) == 1
        assert len(session.scalars(select(Promotion)).all()) == 1


def test_a_workspace_keeps_its_model_when_the_program_ships_another(
    reopen: Callable[[], Workbench], monkeypatch: pytest.MonkeyPatch
) -> None:
    first = reopen().champion().model.bundle.digest
    monkeypatch.setenv("FETAL_MODEL", str(tiny_model(2, "later").folder))
    assert reopen().champion().model.bundle.digest == first


def test_a_model_of_a_later_program_waits_to_be_compared(
    reopen: Callable[[], Workbench], monkeypatch: pytest.MonkeyPatch
) -> None:
    reopen()
    monkeypatch.setenv("FETAL_MODEL", str(tiny_model(2, "later").folder))
    for _ in range(2):
        workbench = reopen()
    found = [(version.name, version.is_champion) for version in promotion.versions(workbench)]
    assert sorted(found) == [("later", False), ("tiny", True)]


def test_another_key_is_refused(reopen: Callable[[], Workbench]) -> None:
    workbench = reopen()
    workbench.workspace.key_file.write_bytes(bytes(range(32)))
    with pytest.raises(PseudonymKeyError, match="Put the right key file back"):
        reopen()


def test_a_worker_on_another_machine_predicts_without_the_key(
    reopen: Callable[[], Workbench],
) -> None:
    workbench = reopen()
    workbench.workspace.key_file.unlink()
    worker = worker_workbench(workbench.workspace, workbench.store)
    assert worker.champion().model.name == "tiny"
    assert not workbench.workspace.key_file.exists()


def test_a_promotion_takes_effect_at_once_in_every_open_workbench(
    reopen: Callable[[], Workbench],
) -> None:
    here, there = reopen(), reopen()
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


def test_a_workspace_without_a_model_says_what_to_do(
    reopen: Callable[[], Workbench], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("FETAL_MODEL", str(tmp_path / "nothing"))
    with pytest.raises(NoModelError, match="FETAL_MODEL"):
        reopen().champion()


def test_a_damaged_copy_of_a_remote_model_heals_itself(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FETAL_MODEL", str(tiny_model().folder))
    workspace = Workspace.at(tmp_path / "workspace", blobs_url=f"memory://{uuid4().hex}")
    workbench = open_workbench(workspace)
    name = workbench.champion().version.name
    workbench.close()
    [graph] = workspace.folder.rglob("graph.bin")
    graph.write_bytes(b"x" * graph.stat().st_size)
    again = open_workbench(workspace)
    assert again.champion().version.name == name
    again.close()


@pytest.mark.parametrize(
    "damage", [lambda graph: graph.unlink(), lambda graph: graph.write_bytes(b"")]
)
def test_a_damaged_model_that_came_with_the_program_is_stored_again(
    reopen: Callable[[], Workbench], damage: Callable[[Path], object]
) -> None:
    workbench = reopen()
    [graph] = (workbench.workspace.folder / "blobs" / "models").rglob("graph.bin")
    damage(graph)
    assert workbench.champion().model.bundle.digest == tiny_model().digest
    assert list(find_damage(workbench)) == []


def test_a_damaged_model_that_did_not_is_refused(
    reopen: Callable[[], Workbench], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    workbench = reopen()
    monkeypatch.setenv("FETAL_MODEL", str(tmp_path))
    [graph] = (workbench.workspace.folder / "blobs" / "models").rglob("graph.bin")
    graph.write_bytes(b"")
    with pytest.raises(BundleError, match="damaged"):
        workbench.champion()
