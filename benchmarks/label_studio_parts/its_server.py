"""Label Studio in an environment of its own, on a local SQLite database, with scans to label.

It is started as its documentation says (https://labelstud.io/guide/start), without what asks other
computers for something: figures of use, reports of errors, the newest version.
"""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from xml.sax.saxutils import quoteattr

import requests

from fetal.planes import PLANES

VERSION = "1.23.2"
EMAIL, PASSWORD = "bench@example.org", "bench-and-bench"
_TOKEN = "0123456789abcdef0123456789abcdef01234567"
_SETTINGS = {
    "COLLECT_ANALYTICS": "false",
    "LATEST_VERSION_CHECK": "false",
    "SENTRY_DSN": "",
    "FRONTEND_SENTRY_DSN": "",
    "LABEL_STUDIO_ENABLE_LEGACY_API_TOKEN": "true",
}
_FILES_AT_ONCE = 50


@dataclass(frozen=True)
class Environment:
    """Where Label Studio is installed and keeps its data.

    Attributes:
        folder: of both; what is there from the time before is used again.
    """

    folder: Path

    def install(self) -> None:
        """Install it, unless it is there."""
        if self._program.exists():
            return
        print(f"Installing Label Studio {VERSION} into {self.folder} …", flush=True)
        subprocess.run([sys.executable, "-m", "venv", self._programs], check=True)
        pip = self._programs / "bin" / "pip"
        subprocess.run([pip, "install", "--quiet", f"label-studio=={VERSION}"], check=True)

    def version(self) -> str:
        """The version that is installed."""
        found = subprocess.run(
            [self._programs / "bin" / "pip", "list", "--format", "freeze"],
            check=True,
            capture_output=True,
            text=True,
        )
        named = (line.partition("==") for line in found.stdout.splitlines())
        return next(version for name, _, version in named if name == "label-studio")

    @contextmanager
    def serving(self) -> Iterator[tuple[subprocess.Popen[bytes], str]]:
        """Start it, and end it.

        Yields:
            Its process, and its address as soon as it answers there.
        """
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        data = self.folder / "data"
        data.mkdir(parents=True, exist_ok=True)
        address = f"http://127.0.0.1:{port}"
        process = subprocess.Popen(
            [
                *(self._program, "start", "--no-browser", "--internal-host", "127.0.0.1"),
                *("--port", str(port), "--data-dir", str(data)),
                *("--username", EMAIL, "--password", PASSWORD, "--user-token", _TOKEN),
            ],
            env=os.environ | _SETTINGS,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            while not _answers(f"{address}/health"):
                if process.poll() is not None:
                    raise SystemExit(f"Label Studio ended with {process.returncode} at its start.")
                time.sleep(0.05)
            yield process, address
        finally:
            process.terminate()
            process.wait()

    @property
    def _programs(self) -> Path:
        return self.folder / "programs"

    @property
    def _program(self) -> Path:
        return self._programs / "bin" / "label-studio"


def new_project(address: str, scans: list[Path]) -> int:
    """Make a project in which each scan gets one of the planes, by a digit, and bring scans in.

    Args:
        address: of the server.
        scans: files, which come in the order of their list.

    Returns:
        The project's number.
    """
    choices = "".join(
        f"<Choice value={quoteattr(plane.title)} hotkey='{digit}'/>"
        for digit, plane in enumerate(PLANES, start=1)
    )
    made = _post(
        f"{address}/api/projects/",
        json={
            "title": "Planes",
            "label_config": "<View><Image name='scan' value='$image'/>"
            f"<Choices name='plane' toName='scan' choice='single'>{choices}</Choices></View>",
            "sampling": "Sequential sampling",
        },
    )
    project = int(made["id"])
    for first in range(0, len(scans), _FILES_AT_ONCE):
        some = scans[first : first + _FILES_AT_ONCE]
        files = {one.name: (one.name, one.read_bytes()) for one in some}
        _post(f"{address}/api/projects/{project}/import", files=files)
    return project


def labels_of(address: str, project: int) -> int:
    """Count the scans of a project that have a label."""
    answer = requests.get(f"{address}/api/projects/{project}/", headers=_headers(), timeout=60)
    answer.raise_for_status()
    return int(answer.json()["num_tasks_with_annotations"])


def _post(address: str, **sent: Any) -> dict[str, Any]:
    answer = requests.post(address, headers=_headers(), timeout=600, **sent)
    answer.raise_for_status()
    found: dict[str, Any] = answer.json()
    return found


def _headers() -> dict[str, str]:
    return {"Authorization": f"Token {_TOKEN}"}


def _answers(address: str) -> bool:
    try:
        return requests.get(address, timeout=1).ok
    except requests.RequestException:
        return False
