import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path

import pytest

from fetal.jobs.waiting_jobs import queued_run
from fetal.worker import Worker
from tests.jobs.conftest import Site
from tests.support.waiting import alive, until

PROCESS = Path(__file__).with_name("worker_process.py")

Start = Callable[[str], "subprocess.Popen[bytes]"]


@pytest.fixture
def start_worker(site: Site) -> Iterator[Start]:
    started: list[subprocess.Popen[bytes]] = []

    def start(mode: str) -> "subprocess.Popen[bytes]":
        process = subprocess.Popen(
            [sys.executable, str(PROCESS), str(site.workspace.folder), *site.command(mode)]
        )
        started.append(process)
        return process

    yield start
    for process in started:
        process.kill()
        process.wait()


def test_a_click_reaches_a_worker_that_is_already_there(site: Site, start_worker: Start) -> None:
    site.change(slot=None, status="cancelled")
    start_worker("finish")
    until(lambda: site.workers())
    site.run_id = site.add_run()
    until(lambda: site.run().status == "done")


def test_a_worker_killed_in_mid_epoch_takes_its_training_along_and_the_next_goes_on(
    site: Site, start_worker: Start, long_ago: datetime
) -> None:
    worker = start_worker("hang once")
    until(lambda: site.run().progress.get("step") == 3)
    (training,) = site.starts()
    os.kill(worker.pid, signal.SIGKILL)
    until(lambda: not alive(training), 10)
    assert site.run().status == "running"
    site.change(heartbeat_at=long_ago)
    start_worker("hang once")
    until(lambda: site.run().status == "done")
    assert site.run().attempts == 2
    assert site.made().name == "v2 · today"


def test_two_workers_never_train_the_same_run(site: Site, start_worker: Start) -> None:
    for _ in range(2):
        start_worker("hang")
    until(lambda: len(site.workers()) == 2)
    until(lambda: site.run().progress.get("step") == 3)
    polls = [queued_run(site.store) for _ in range(3)]
    assert polls == [None] * 3
    assert len(site.starts()) == 1


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_worker_that_is_asked_to_stop_leaves_nothing_behind(
    site: Site, start_worker: Start, number: signal.Signals
) -> None:
    worker = start_worker("hang")
    until(lambda: site.run().progress.get("step") == 3)
    (training,) = site.starts()
    worker.send_signal(number)
    assert worker.wait(15) == 0
    assert not alive(training)
    assert site.run().status == "queued"


def test_a_worker_can_live_in_a_thread(site: Site) -> None:
    worker = Worker(site.workspace, site.command("finish"))
    thread = threading.Thread(target=worker.run)
    thread.start()
    until(lambda: site.run().status == "done")
    worker.stop()
    thread.join(15)
    assert not thread.is_alive()


def test_a_worker_goes_with_the_process_that_started_it(site: Site) -> None:
    environment = os.environ | {"FETAL_WORKSPACE": str(site.workspace.folder)}
    site.change(slot=None, status="cancelled")
    worker = subprocess.Popen(
        [sys.executable, "-m", "fetal.worker"], stdin=subprocess.PIPE, env=environment
    )
    until(lambda: site.workers())
    assert worker.stdin is not None
    worker.stdin.close()
    assert worker.wait(15) == 0


def test_a_worker_starts_without_a_deep_learning_library() -> None:
    code = (
        "import sys, fetal.worker; "
        "print({'tensorflow', 'keras', 'streamlit', 'openvino'} & {*sys.modules})"
    )
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert answer.stdout.strip() == "set()"
