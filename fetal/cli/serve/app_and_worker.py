"""The app and its worker: started, watched over, ended together."""

import contextlib
import ctypes
import logging
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType

import click

from fetal.cli.serve.app_output import AppOutput
from fetal.cli.serve.listening import answers
from fetal.cli.terminal.output import say

logger = logging.getLogger(__name__)

_LOOK_SECONDS = 0.2
_STOP_SECONDS = 20
_PAUSE_SECONDS = (1.0, 60.0)
"""How long, at least and at most, to wait before what ended by itself is started again."""

_ONE_THREAD = {"OPENBLAS_NUM_THREADS": "1"}
"""For numpy in the app, whose matrices are small.

On a busy computer two threads of OpenBLAS wait for one another ten times as long as one computes.
OpenVINO has threads of its own.
"""

_PR_SET_PDEATHSIG = 1


@dataclass
class AppAndWorker:
    """The app and its worker, ended together."""

    command: list[str]
    folder: Path
    environment: dict[str, str]
    with_worker: bool
    worker: subprocess.Popen[bytes] | None = None
    _pause: float = field(default=_PAUSE_SECONDS[0])
    _next_start: float = 0.0

    def run(self, address: tuple[str, int], stopping: threading.Event) -> None:
        """Run both until a person ends them; what ends by itself before is started again.

        Args:
            address: where the app will answer.
            stopping: set where both are to end.

        Raises:
            click.ClickException: the app did not start.
            Exception: the workspace cannot be used.
        """
        pause = _PAUSE_SECONDS[0]
        while True:
            began = time.monotonic()
            status = self._run_app(address, stopping)
            if status is None:
                return
            if time.monotonic() - began > _PAUSE_SECONDS[1]:
                pause = _PAUSE_SECONDS[0]
            logger.warning("The app ended by itself (exit status %d). It is started again.", status)
            if stopping.wait(pause):
                return
            pause = min(2 * pause, _PAUSE_SECONDS[1])

    def _run_app(self, address: tuple[str, int], stopping: threading.Event) -> int | None:
        """Run the app until it ends, and return its exit status; None if a person ended it."""
        app = subprocess.Popen(
            self.command,
            cwd=self.folder,
            env=_ONE_THREAD | self.environment,
            stderr=subprocess.PIPE,
            preexec_fn=_end_with_parent,
        )
        output = AppOutput(app)
        try:
            # While the app starts: otherwise a fault would first be told by a page.
            _check_workspace()
            while not answers(address):
                if stopping.wait(_LOOK_SECONDS):
                    return None
                if app.poll() is None:
                    continue
                raise click.ClickException(self._why_it_ended(output))
            say(f"The app is at http://{address[0]}:{address[1]} (stop it with Ctrl+C).")
            output.pass_on()
            while app.poll() is None:
                # The first page comes first: on two cores a worker beside it would slow it down.
                if self.with_worker:
                    self._keep_worker_running()
                if stopping.wait(_LOOK_SECONDS):
                    return None
            return app.returncode
        except BaseException:
            self._end_worker()
            raise
        finally:
            self._end(app, stopping)
            output.close()

    def _why_it_ended(self, output: AppOutput) -> str:
        command = f"{Path(sys.executable).name} -m streamlit run streamlit_app.py"
        return (
            f"The app did not start: {output.last()}. To see all that it says, run “{command}” in "
            f"{self.folder}."
        )

    def _keep_worker_running(self) -> None:
        running = self.worker is not None and self.worker.poll() is None
        if running or time.monotonic() < self._next_start:
            return
        # It stops at the end of this pipe, so that it never outlives this process.
        self.worker = subprocess.Popen(
            [sys.executable, "-m", "fetal.worker"],
            stdin=subprocess.PIPE,
            env=self.environment,
            preexec_fn=_yield_to_app,
        )
        self._next_start = time.monotonic() + self._pause
        self._pause = min(2 * self._pause, _PAUSE_SECONDS[1])

    def _end(self, app: subprocess.Popen[bytes], stopping: threading.Event) -> None:
        app.terminate()
        if stopping.is_set():
            self._end_worker()
        _wait(app)

    def _end_worker(self) -> None:
        if self.worker is not None and self.worker.stdin is not None:
            self.worker.stdin.close()
            _wait(self.worker)


def _wait(process: subprocess.Popen[bytes]) -> None:
    try:
        process.wait(_STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _yield_to_app() -> None:
    # Trainings, which inherit it, use what people who look at scans leave.
    os.nice(10)


def _end_with_parent() -> None:
    """Ask Linux to end the app when this process is killed hard; elsewhere it stays."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)


@contextlib.contextmanager
def stopping_on_signals() -> Iterator[threading.Event]:
    """Take signals for a wish to end, and give them back at the end.

    Yields:
        What is set by a signal. An exception would be lost where a process is just being forked.
    """
    stopping = threading.Event()

    def stop(_number: int, _frame: FrameType | None) -> None:
        stopping.set()

    before = {
        number: signal.signal(number, stop)
        for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT)
    }
    try:
        yield stopping
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _check_workspace() -> None:
    from fetal.store.database import Store
    from fetal.store.workspace import Workspace
    from fetal.workbench.privacy.pseudonym_key import open_key

    store = Store.open(Workspace.from_environment())
    try:
        open_key(store)
    finally:
        store.close()
