"""The app and its worker: started, watched over, ended together."""

import contextlib
import ctypes
import errno
import http.client
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import IO

import click

from fetal.cli.terminal.output import say

_LOOK_SECONDS = 0.2
_STOP_SECONDS = 20
_PAUSE_SECONDS = (1.0, 60.0)
"""How long, at least and at most, to wait before a worker that ended is started again."""

_PR_SET_PDEATHSIG = 1
_NO_ADDRESS = (
    "This computer has no address “{0}”. Give one of its own with --address, or leave it out."
)


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
        """Run both until a person ends them; a worker that ends before is started again.

        Args:
            address: where the app will answer.
            stopping: set where both are to end.

        Raises:
            click.ClickException: the app did not start, or ended by itself.
            Exception: the workspace cannot be used.
        """
        app = subprocess.Popen(
            self.command,
            cwd=self.folder,
            env=self.environment,
            stderr=subprocess.PIPE,
            preexec_fn=_end_with_parent,
        )
        words = _Words(app)
        try:
            # While the app starts: otherwise a fault would first be told by a page.
            _check_workspace()
            while not _answers(address):
                if stopping.wait(_LOOK_SECONDS):
                    return
                if app.poll() is None:
                    continue
                raise click.ClickException(self._why_it_ended(words))
            say(f"The app is at http://{address[0]}:{address[1]} (stop it with Ctrl+C).")
            words.pass_on()
            while app.poll() is None:
                # The first page comes first: on two cores a worker beside it would slow it down.
                if self.with_worker:
                    self._keep_worker_running()
                if stopping.wait(_LOOK_SECONDS):
                    return
        finally:
            self._end(app)
            words.close()
        raise click.ClickException(f"The app ended by itself (exit status {app.returncode}).")

    def _why_it_ended(self, words: "_Words") -> str:
        command = f"{Path(sys.executable).name} -m streamlit run streamlit_app.py"
        return (
            f"The app did not start: {words.last()}. To see all that it says, run “{command}” in "
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

    def _end(self, app: subprocess.Popen[bytes]) -> None:
        app.terminate()
        if self.worker is not None and self.worker.stdin is not None:
            self.worker.stdin.close()
        for process in (app, self.worker):
            if process is not None:
                _wait(process)


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


def check_free(address: str, port: int) -> None:
    """Make sure that the app can listen at an address.

    Args:
        address: the computer's address or name.
        port: the port.

    Raises:
        click.ClickException: it cannot; the text says why.
    """
    where = reachable(address)
    taken = (
        f"Something already answers at port {port}, perhaps this app. Open http://{where}:{port}, "
        "or choose another one with --port."
    )
    try:
        family = socket.getaddrinfo(address or None, port, flags=socket.AI_PASSIVE)[0][0]
        socket.create_server((address, port), family=family).close()
    except socket.gaierror as error:
        raise click.ClickException(_NO_ADDRESS.format(address)) from error
    except OSError as error:
        sentences = {
            errno.EADDRINUSE: taken,
            errno.EACCES: f"Port {port} is for administrators. Choose one from 1024 with --port.",
            errno.EADDRNOTAVAIL: _NO_ADDRESS.format(address),
        }
        unknown = f"The app cannot listen at {address}, port {port}: {error.strerror}."
        raise click.ClickException(sentences.get(error.errno or 0, unknown)) from error
    # Some systems let two programs listen, one at a wildcard.
    if _listens((where, port)):
        raise click.ClickException(taken)


def reachable(address: str) -> str:
    """Return the address by which this computer itself reaches what listens at an address."""
    return "127.0.0.1" if address in ("0.0.0.0", "::", "") else address


def _check_workspace() -> None:
    from fetal.store.database import Store
    from fetal.store.workspace import Workspace
    from fetal.workbench.privacy.pseudonym_key import open_key

    store = Store.open(Workspace.from_environment())
    try:
        open_key(store)
    finally:
        store.close()


def _answers(address: tuple[str, int]) -> bool:
    connection = http.client.HTTPConnection(*address, timeout=1)
    try:
        connection.request("GET", "/_stcore/health")
        return connection.getresponse().status == http.HTTPStatus.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def _listens(address: tuple[str, int]) -> bool:
    try:
        socket.create_connection(address, timeout=1).close()
    except OSError:
        return False
    return True


class _Words:
    """What the app writes on standard error: kept while it starts, then passed on.

    Args:
        app: the app, whose standard error is a pipe.
    """

    def __init__(self, app: subprocess.Popen[bytes]) -> None:
        self._kept: list[bytes] = []
        self._passing = False
        self._lock = threading.Lock()
        self._reader = threading.Thread(target=self._read, args=(app.stderr,), daemon=True)
        self._reader.start()

    def pass_on(self) -> None:
        """Pass on what was kept, and all that comes."""
        with self._lock:
            self._passing = True
            self._write(b"".join(self._kept))

    def last(self) -> str:
        """The last line of an app that has ended: with Python's errors, the error itself."""
        self.close()
        lines = b"".join(self._kept).decode(errors="replace").strip().splitlines()
        return lines[-1].strip().rstrip(".") if lines else "it ended without a word"

    def close(self) -> None:
        """Wait until all is read."""
        self._reader.join(_STOP_SECONDS)

    def _read(self, pipe: IO[bytes]) -> None:
        with pipe:
            for line in pipe:
                with self._lock:
                    if self._passing:
                        self._write(line)
                    else:
                        self._kept.append(line)

    def _write(self, words: bytes) -> None:
        with contextlib.suppress(OSError):
            os.write(2, words)
