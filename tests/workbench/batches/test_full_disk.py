"""A job on a full disk says so in one sentence, and goes on once there is room."""

from pathlib import Path

import pyarrow.parquet as pq
import pytest

from fetal.jobs.batches.asked_for import ArchiveJob
from fetal.jobs.batches.batch_lease import BatchLease, at_work
from fetal.jobs.batches.batch_queue import begin_batch
from fetal.store.states import BatchKind, RunState
from fetal.store.workspace import Workspace
from fetal.workbench import Workbench, open_workbench
from fetal.workbench.batches.archive_jobs import predict_archive_into
from fetal.workbench.batches.batch_list import batch_job
from fetal.workbench.batches.library_jobs import predict_library_into
from fetal.workbench.batches.steer_batches import repeat_batch
from tests.support.batch_worker import do_waiting_job
from tests.support.begun import begin
from tests.support.small_disk import SmallDisk, small_disk
from tests.support.tiny_model import tiny_model
from tests.support.waiting import until

FULL = "The disk is full, so nothing was written. Make room on it, then try again."


def test_a_table_on_a_full_disk_is_written_once_there_is_room(
    workbench: Workbench, five_scans: list[int], tmp_path: Path
) -> None:
    with small_disk(tmp_path / "disk", "4k") as disk:
        out = tmp_path / "disk" / "all.parquet"
        with pytest.raises(OSError, match="space"):
            predict_library_into(workbench, out, "Ann")
        failed = batch_job(workbench, "1")
        assert (failed.status, failed.reason, failed.may_repeat) == (RunState.FAILED, FULL, True)
        assert not list((tmp_path / "disk").iterdir())
        disk.resize("1m")
        assert repeat_batch(workbench, "1", "Ann").status is RunState.QUEUED
        assert do_waiting_job(workbench)
        assert batch_job(workbench, "1").status is RunState.DONE
        assert pq.read_table(out).num_rows == 5


def test_an_archive_on_a_full_disk_can_be_tried_again(workbench: Workbench, tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk", "4k"):
        job = ArchiveJob(str(tmp_path), str(tmp_path / "disk" / "all.parquet"))
        with pytest.raises(Exception, match="full"):
            predict_archive_into(workbench, job, "Ann")
        failed = batch_job(workbench, "1")
        assert (failed.status, failed.reason) == (RunState.FAILED, FULL)
        assert repeat_batch(workbench, "1", "Ann").status is RunState.QUEUED


def test_an_end_that_the_workspace_s_disk_has_no_room_for_is_written_later(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FETAL_MODEL", str(tiny_model().folder))
    with small_disk(tmp_path / "disk", "8m") as disk:
        workbench = open_workbench(Workspace.at(begin(tmp_path / "disk" / "workspace")))
        with pytest.raises(RuntimeError), at_work(begin_look(workbench)):
            fail_on_full(disk, workbench)
        assert batch_job(workbench, "1").status is RunState.RUNNING
        disk.make_room()
        until(lambda: batch_job(workbench, "1").status is RunState.FAILED)
        reason = batch_job(workbench, "1").reason
        assert reason is not None
        assert "log" in reason
        workbench.close()


def fail_on_full(disk: SmallDisk, workbench: Workbench) -> None:
    # Else the last changes could be written where earlier ones were.
    with workbench.store.engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    disk.fill()
    raise RuntimeError


def begin_look(workbench: Workbench) -> BatchLease:
    kind = BatchKind.LOOKALIKES
    return begin_batch(workbench.store, kind, "Look", "Ann", slot=str(kind))
