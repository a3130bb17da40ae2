"""How many scans a model has learnt from: told at once, and right after imports and erasures."""

from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import event, select

from fetal.bundle import write_bundle
from fetal.scans import read_scan
from fetal.store.tables import ModelVersion, ScanRow
from fetal.workbench import Workbench
from fetal.workbench.datasets.label_index import label_index
from fetal.workbench.datasets.lineage import note_learnt
from fetal.workbench.ingest.deid_policy import OPEN
from fetal.workbench.ingest.upload import UploadedFile, add_scans
from fetal.workbench.privacy.erasure import erase
from tests.support.drawn import file
from tests.support.labelling import WHO
from tests.support.tiny_model import tiny_model


def test_the_count_follows_imports_and_erasures(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, reopen: Callable[[], Workbench]
) -> None:
    contents = [file(seed).data for seed in range(3)]
    bundle = tiny_model()

    def copy_graph(place: Path) -> None:
        for name in ("graph.xml", "graph.bin"):
            (place / name).write_bytes((bundle.folder / name).read_bytes())

    write_bundle(
        tmp_path / "learnt",
        bundle.card,
        copy_graph,
        [read_scan(one, "a.png").digest for one in contents],
    )
    monkeypatch.setenv("FETAL_MODEL", str(tmp_path / "learnt"))
    workbench = reopen()
    asked: list[str] = []

    def counted() -> tuple[int, bool]:
        """The count, and whether the scans had to be counted for it."""
        note_learnt(workbench.store)
        asked.clear()
        with workbench.store.reading() as session:
            version = session.get_one(ModelVersion, workbench.champion().version.id)
            count = label_index(workbench).learnt_counts.of(session, version)
        return count, any("FROM learnt_scan" in one for one in asked)

    event.listen(
        workbench.store.engine, "before_cursor_execute", lambda *given: asked.append(given[2])
    )
    assert counted() == (0, True)
    for content in contents:
        add_scans(workbench, [UploadedFile("a.png", content)], who=WHO, patient="p", gate=OPEN)
    assert counted() == (3, True)
    assert counted() == (3, False)
    with workbench.store.reading() as session:
        name = session.scalars(select(ScanRow.name)).first()
    assert name is not None
    erase(workbench, name, WHO)
    assert counted() == (2, True)
