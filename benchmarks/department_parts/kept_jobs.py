"""Batch jobs that go on all the while, and are tried again where their program was killed."""

import shutil
from collections import Counter
from pathlib import Path

import pyarrow.parquet as pq
from sqlalchemy import delete, func, select

from fetal.store.labelling.labelling_tables import ScanFeature
from fetal.store.states import BatchKind, RunState
from fetal.store.tables import PredictionRow, Promotion, ScanRow
from fetal.store.workspace import Workspace
from fetal.workbench import open_workbench
from fetal.workbench.batches.ask_for_batches import (
    ask_for_library,
    ask_for_look,
    ask_for_rescoring,
    table,
)
from fetal.workbench.batches.batch_list import BatchView, batch_jobs
from fetal.workbench.batches.steer_batches import repeat_batch

_ASK = {
    BatchKind.LIBRARY: ask_for_library,
    BatchKind.LOOKALIKES: ask_for_look,
    BatchKind.RESCORING: ask_for_rescoring,
}
_WHO = "Dora"


class KeptJobs:
    """Three kinds of jobs, of which one of each waits or works at any time.

    What they compute is forgotten before each, so that there is something to do.

    Args:
        folder: the worker's, in which what was asked for and the tables lie.
        key: the pseudonyms' key of the department.
        settings: the department's.
    """

    def __init__(self, folder: Path, key: Path, settings: dict[str, str]) -> None:
        shutil.copy(key, folder / key.name)
        self._workbench = open_workbench(
            Workspace.at(
                folder,
                database_url=settings["FETAL_DATABASE_URL"],
                blobs_url=settings["FETAL_BLOBS"],
            )
        )
        self.repeated: Counter[str] = Counter()
        with self._workbench.store.session() as session:
            session.add(Promotion(model_id=1, kind="promote", who=_WHO))

    def keep(self) -> None:
        """Ask for what neither waits nor works, and repeat what ended early."""
        for kind in _ASK:
            self._keep(kind, again=True)

    def settle(self) -> list[str]:
        """Repeat what ended early and ask for nothing new; returns what is not done."""
        return [name for kind in _ASK for name in self._keep(kind, again=False)]

    def in_words(self) -> list[str]:
        """How many ended how, and whether anything that a job confirmed is lost."""
        views = batch_jobs(self._workbench, 5000)
        told = Counter(f"{one.title.split()[0]} {one.status.value}" for one in views)
        with self._workbench.store.reading() as session:
            scans = session.scalar(select(func.count()).select_from(ScanRow)) or 0
        return [
            "jobs: " + ", ".join(f"{words} {count}" for words, count in sorted(told.items())),
            f"jobs tried again after a kill: {self.repeated.total()}",
            f"newest table: {self._rows()} lines, each scan once; {scans} scans",
        ]

    def close(self) -> None:
        """Close the workbench."""
        self._workbench.close()

    def _rows(self) -> int:
        for one in batch_jobs(self._workbench, 5000):
            if one.kind is BatchKind.LIBRARY and one.status is RunState.DONE:
                names = pq.read_table(table(self._workbench, one.name, _WHO))["source"]
                assert len(set(names.to_pylist())) == len(names)
                return len(names)
        return 0

    def _keep(self, kind: BatchKind, *, again: bool) -> list[str]:
        newest = self._newest(kind)
        if newest is not None and newest.status in (RunState.FAILED, RunState.CANCELLED):
            self.repeated[kind.value] += 1
            repeat_batch(self._workbench, newest.name, _WHO)
        elif again and (newest is None or not newest.is_active):
            self._forget(kind)
            _ASK[kind](self._workbench, _WHO)
        return [newest.name] if newest is not None and newest.status is not RunState.DONE else []

    def _newest(self, kind: BatchKind) -> BatchView | None:
        return next((one for one in batch_jobs(self._workbench, 50) if one.kind is kind), None)

    def _forget(self, kind: BatchKind) -> None:
        kept = ScanFeature if kind is BatchKind.LOOKALIKES else PredictionRow
        with self._workbench.store.session() as session:
            session.execute(delete(kept))
