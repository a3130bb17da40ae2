"""A computer account on which this program never ran, watched."""

import os
import socket
import subprocess
import sys
import urllib.request
from pathlib import Path

from tests.support.tiny_model import tiny_model

ROOT = Path(__file__).parents[2]
WATCHED = Path(__file__).with_name("watched")


class Account:
    """Starts programs with a home folder of their own, and tells what they did."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.home, self.temporary = folder / "home", folder / "temporary"
        self.notes = folder / "attempts"
        for made in (self.home, self.temporary, folder / "here"):
            made.mkdir()
        # As a person's shell has it: above all without CI, in which libraries behave.
        self.environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(self.home),
            "TMPDIR": str(self.temporary),
            "PYTHONPATH": os.pathsep.join((str(WATCHED), str(ROOT))),
            "PYTHONDONTWRITEBYTECODE": "1",
            "FETAL_TEST_ATTEMPTS": str(self.notes),
            "FETAL_MODEL": str(tiny_model().folder),
            "FETAL_WORKSPACE": str(folder / "workspace"),
        }

    def start(self, *words: object) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-m", *map(str, words)],
            cwd=self.folder / "here",
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def run(self, *words: object) -> None:
        process = self.start("fetal.cli", *words)
        told, _ = process.communicate(timeout=600)
        assert process.returncode == 0, told

    def attempts(self) -> str:
        return self.notes.read_text() if self.notes.exists() else ""

    def left(self) -> list[str]:
        """What stands outside the workspace."""
        places = (self.home, self.temporary, self.folder / "here")
        return sorted(str(path) for place in places for path in place.rglob("*"))


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def answers(port: int) -> bool:
    address = f"http://127.0.0.1:{port}/_stcore/health"
    try:
        return bool(urllib.request.urlopen(address, timeout=1).status == 200)
    except OSError:
        return False
