"""A scheduler and workers in programs of their own, which are killed and started again."""

import random
import socket
import subprocess
import sys
import time
from pathlib import Path

import psutil


class KilledCluster:
    """A scheduler and workers, each a program of its own, as systemd would keep them."""

    def __init__(self, folder: Path, workers: int) -> None:
        self._folder = folder
        self._port = free_port()
        self.address = f"tcp://127.0.0.1:{self._port}"
        self._names = ["scheduler", *(f"worker {number}" for number in range(workers))]
        self._running: dict[str, subprocess.Popen[bytes]] = {}
        self.start_missing()

    def start_missing(self) -> None:
        """Start what does not run."""
        for name in self._names:
            process = self._running.get(name)
            if process is None or process.poll() is not None:
                self._running[name] = self._start(name)

    def wait_until_up(self) -> None:
        """Return once the scheduler answers."""
        while True:
            with socket.socket() as asked:
                if asked.connect_ex(("127.0.0.1", self._port)) == 0:
                    return
            time.sleep(0.2)

    def kill_one(self, chance: random.Random) -> str:
        """Kill the scheduler or a worker, with all its processes; returns which kind it was."""
        name = chance.choice(self._names)
        process = psutil.Process(self._running[name].pid)
        for one in [process, *process.children(recursive=True)]:
            one.kill()
        self._running[name].wait()
        return name.split()[0]

    def close(self) -> None:
        """Kill all."""
        for process in self._running.values():
            for one in psutil.Process(process.pid).children(recursive=True):
                one.kill()
            process.kill()
            process.wait()

    def _start(self, name: str) -> "subprocess.Popen[bytes]":
        common = ["--no-dashboard"]
        if name == "scheduler":
            words = ["scheduler", "--host", "127.0.0.1", "--port", str(self._port), *common]
        else:
            words = ["worker", self.address, "--nworkers", "1", "--nthreads", "1", *common]
            words += ["--local-directory", str(self._folder), "--death-timeout", "20"]
        command = [sys.executable, "-m", "dask", *words]
        quiet = subprocess.DEVNULL
        return subprocess.Popen(command, stdout=quiet, stderr=quiet)


def free_port() -> int:
    with socket.socket() as asked:
        asked.bind(("127.0.0.1", 0))
        return int(asked.getsockname()[1])
