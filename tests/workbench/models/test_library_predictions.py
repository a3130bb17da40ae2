"""Stored scans on a cluster: predicted once, kept in the workspace, and told in a table."""

from pathlib import Path

import pyarrow.parquet as pq
import pytest
from sqlalchemy import func, select

from fetal.jobs.on_cluster import cluster_scoring
from fetal.store.tables import PredictionRow, ScanRow
from fetal.workbench import Workbench
from fetal.workbench.catalogue import scans
from fetal.workbench.core.actor import Actor, NotPermittedError
from fetal.workbench.core.permissions import Role
from fetal.workbench.models import promotion
from fetal.workbench.models.library_predictions import DAMAGED, predict_library
from tests.support.labelling import add_version
from tests.support.tiny_model import tiny_model


def _predicted(workbench: Workbench, version: int) -> int:
    with workbench.store.reading() as session:
        said = select(func.count()).where(PredictionRow.model_id == version)
        return session.scalars(said).one()


def test_a_promotion_is_followed_on_a_cluster_and_the_library_told(
    workbench: Workbench, five_scans: list[int], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cluster_scoring, "MANY", 2)
    monkeypatch.setattr(cluster_scoring, "SHARD", 2)
    with workbench.store.reading() as session:
        lost = session.get(ScanRow, five_scans[3])
    assert lost is not None
    workbench.blobs.delete(lost.blob)
    version = add_version(workbench, tiny_model(2, "v2"))
    promotion.promote(workbench, version, "Ann")
    assert promotion.refresh(workbench, version) == [lost.name]
    assert _predicted(workbench, version) == 4
    shown = scans.scan(workbench, five_scans[0])
    assert shown.model_name == "v2"

    # One scan is left to predict, which needs no process.
    out = tmp_path / "library.parquet"
    assert predict_library(workbench, out, "Ann") == (5, [lost.name])
    rows = pq.read_table(out).to_pylist()
    assert [row["source"] for row in rows] == [
        scans.scan(workbench, number).name for number in five_scans
    ]
    assert rows[0]["plane"] == shown.predicted
    assert rows[0]["confidence"] == pytest.approx(shown.confidence, abs=1e-6)
    assert [row["error"] for row in rows] == [None, None, None, DAMAGED, None]
    assert {row["model"] for row in rows} == {"v2"}


def test_who_may_not_export_gets_no_table(
    workbench: Workbench, five_scans: list[int], tmp_path: Path
) -> None:
    reader = workbench.acting_as(Actor.with_roles("Ann", 1, [Role.READER]))
    with pytest.raises(NotPermittedError):
        predict_library(reader, tmp_path / "library.parquet", "Ann")
    assert not (tmp_path / "library.parquet").exists()
