"""`fetal serve` and `fetal worker`."""

import contextlib
import ctypes
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType

import click

from fetal.cli import options
from fetal.cli.output import say

_PACKAGE = Path(__file__).parents[1]
_APP_FOLDERS = (_PACKAGE.parent, _PACKAGE / "app")
"""Where the app's pages lie: in a checkout, in an installed package."""

_LOOPBACK = ("localhost", "127.0.0.1", "::1")

_LOOK_SECONDS = 0.2
_GOODBYE_SECONDS = 20
_PATIENCE = (1.0, 60.0)
"""How long, at least and at most, to wait before a worker that ended is started again."""

_PR_SET_PDEATHSIG = 1


@click.command()
@click.option("--port", default=8501, show_default=True, help="The port of the app.")
@click.option(
    "--address",
    default="127.0.0.1",
    show_default=True,
    help="Where it listens. Beyond this computer, put a proxy with HTTPS and sign-in before it.",
)
@click.option(
    "--host",
    "hosts",
    multiple=True,
    envvar="FETAL_HOSTS",
    help="A name under which browsers reach it, such as fetal.hospital.example; may be repeated. "
    "This computer’s own name for itself, localhost, always works.",
)
@click.option("--worker/--no-worker", default=True, help="Bring a worker, which trains.")
@click.option("--browser/--no-browser", default=False, help="Open the app in a browser.")
@options.workspace
def serve(port: int, address: str, hosts: tuple[str, ...], worker: bool, browser: bool) -> None:
    """Start the app, and beside it a worker that trains."""
    folder = next((place for place in _APP_FOLDERS if (place / "streamlit_app.py").exists()), None)
    if folder is None:
        raise click.ClickException(
            f"The app's pages were expected in {_APP_FOLDERS[0]}; they are not there. "
            "Install the program again."
        )
    _check_free(address, port)
    # The app runs in its own folder: a workspace named relative to this one must stay the same.
    environment = os.environ | {
        "FETAL_WORKSPACE": str(Path(os.environ.get("FETAL_WORKSPACE") or "workspace").absolute())
    }
    say(f"The app is at http://{_reachable(address)}:{port} (stop it with Ctrl+C).")
    with _stopping_on_signals():
        house = _House(_app_command(port, address, hosts, browser), folder, environment, worker)
        code = house.live((_reachable(address), port))
    sys.exit(code)


@click.command()
@options.workspace
def worker() -> None:
    """Run a worker alone, such as on the machine with the GPU.

    Give it the same FETAL_DATABASE_URL and FETAL_BLOBS as the app. Any number of workers may
    share a workspace.
    """
    import logging

    from fetal.store.workspace import Workspace
    from fetal.worker import Worker

    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    workspace = Workspace.from_environment()
    say(f"Waiting for trainings of the workspace {workspace.folder} (stop with Ctrl+C).")
    Worker(workspace).run()


def _app_command(port: int, address: str, hosts: Sequence[str], browser: bool) -> list[str]:
    named = dict.fromkeys((*_LOOPBACK, address, *hosts))
    return [
        *(sys.executable, "-m", "pages.parts.offline", "run", "streamlit_app.py"),
        *("--server.port", str(port)),
        *("--server.address", address),
        *(part for name in named for part in ("--server.allowedHosts", name)),
        *("--server.headless", "false" if browser else "true"),
        *("--browser.gatherUsageStats", "false"),
    ]


@dataclass
class _House:
    """The app and its worker, ended together."""

    command: list[str]
    folder: Path
    environment: dict[str, str]
    with_worker: bool
    worker: subprocess.Popen[bytes] | None = None
    _patience: float = field(default=_PATIENCE[0])
    _next_start: float = 0.0

    def live(self, address: tuple[str, int]) -> int:
        """Run both until the app ends; a worker that ends before is started again."""
        app = subprocess.Popen(
            self.command, cwd=self.folder, env=self.environment, preexec_fn=_end_with_parent
        )
        answers = False
        try:
            while app.poll() is None:
                # The first page comes first: on two cores a worker beside it would slow it down.
                answers = answers or _answers(address)
                if answers and self.with_worker:
                    self._look_after_worker()
                time.sleep(_LOOK_SECONDS)
        except KeyboardInterrupt:
            return 0
        finally:
            self._end(app)
        return app.returncode

    def _look_after_worker(self) -> None:
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
        self._next_start = time.monotonic() + self._patience
        self._patience = min(2 * self._patience, _PATIENCE[1])

    def _end(self, app: subprocess.Popen[bytes]) -> None:
        app.terminate()
        if self.worker is not None and self.worker.stdin is not None:
            self.worker.stdin.close()
        for process in (app, self.worker):
            if process is not None:
                _wait(process)


def _wait(process: subprocess.Popen[bytes]) -> None:
    try:
        process.wait(_GOODBYE_SECONDS)
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
def _stopping_on_signals() -> Iterator[None]:
    def stop(_number: int, _frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    before = {
        number: signal.signal(number, stop)
        for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT)
    }
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _check_free(address: str, port: int) -> None:
    if _answers((_reachable(address), port)):
        raise click.ClickException(
            f"Something already answers at port {port}, perhaps this app. "
            f"Open http://{_reachable(address)}:{port}, or choose another one with --port."
        )


def _answers(address: tuple[str, int]) -> bool:
    try:
        socket.create_connection(address, timeout=1).close()
    except OSError:
        return False
    return True


def _reachable(address: str) -> str:
    return "127.0.0.1" if address in ("0.0.0.0", "::", "") else address
