import os
import signal
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.tiny_model import tiny_model
from tests.support.waiting import alive, until

ROOT = Path(__file__).parents[2]


class Served(subprocess.Popen[bytes]):
    """The process that serves, and where."""

    port: int


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    """The app and its worker, started as the README says."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environment = os.environ | {"FETAL_MODEL": str(tiny_model().folder)}
    command = [sys.executable, "-m", "fetal.cli", "serve", "--port", str(port)]
    process = Served(
        [*command, "--workspace", str(tmp_path / "workspace")], env=environment, cwd=ROOT
    )
    process.port = port
    yield process
    process.kill()
    process.wait()


def children(pid: int) -> list[int]:
    found = []
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = path.read_text().rsplit(")", 1)[1].split()
        except OSError:
            continue
        if int(fields[1]) == pid:
            found.append(int(path.parent.name))
    return found


def answers(port: int) -> bool:
    try:
        return bool(urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=1).status == 200)
    except OSError:
        return False


@pytest.mark.parametrize(
    "how",
    [signal.SIGTERM, signal.SIGKILL, pytest.param(signal.SIGINT, marks=pytest.mark.slow)],
)
def test_the_app_brings_a_worker_and_neither_outlives_it(
    served: Served, how: signal.Signals
) -> None:
    until(lambda: answers(served.port), 60)
    family = until(lambda: len(children(served.pid)) == 2 and children(served.pid))
    served.send_signal(how)
    until(lambda: not any(alive(pid) for pid in family), 30)


def test_a_worker_that_dies_is_replaced(served: Served) -> None:
    until(lambda: answers(served.port), 60)
    app, worker = sorted(until(lambda: len(children(served.pid)) == 2 and children(served.pid)))
    os.kill(worker, signal.SIGKILL)
    until(lambda: len(set(children(served.pid)) - {app, worker}) == 1, 30)
