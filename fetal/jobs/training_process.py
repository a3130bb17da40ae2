"""The training as a process of its own: started, listened to, and ended for certain.

The process runs in its own process group, so that whatever it starts ends with it; and it holds
a pipe from the worker as its input, at whose end it exits: no training outlives its worker.
"""

import contextlib
import fcntl
import os
import queue
import signal
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import IO, Self

from fetal.training.events import TrainingEvent, from_line

TRAINING = (sys.executable, "-m", "fetal.training.process")
POLITE_SECONDS = 1.5
LOCK_SECONDS = 30.0
TAIL_LINES = 60
NICENESS = 10


@dataclass(frozen=True, slots=True)
class ProcessEnded:
    """The process has ended, and all that it said has been handed on."""


class FolderBusyError(RuntimeError):
    """An earlier training process still works in the run's folder."""


class Child:
    """One training process.

    Args:
        job: the file that says what to train; its folder is the run's.
        command: the program and its first arguments; the job file is added.

    Raises:
        FolderBusyError: an earlier process of the same run is still at work.
    """

    def __init__(self, job: Path, command: Sequence[str] = TRAINING) -> None:
        self._events: queue.SimpleQueue[TrainingEvent | ProcessEnded] = queue.SimpleQueue()
        self._tail: deque[str] = deque(maxlen=TAIL_LINES)
        self._lock = _lock(job.parent / "lock")
        try:
            # The lock goes to the child as well: it is free once supervisor and child are gone.
            self._process = subprocess.Popen(
                [*command, str(job)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                start_new_session=True,
                pass_fds=(self._lock,),
            )
        except OSError:
            os.close(self._lock)
            raise
        # Predictions and pages come first on a machine that does both.
        os.setpriority(os.PRIO_PROCESS, self._process.pid, NICENESS)
        self._readers = [
            threading.Thread(target=self._read_events, daemon=True),
            threading.Thread(target=self._read_errors, daemon=True),
        ]
        for reader in self._readers:
            reader.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    @property
    def pid(self) -> int:
        """The process's number, which is its group's too."""
        return self._process.pid

    def next_event(self, seconds: float) -> TrainingEvent | ProcessEnded | None:
        """Wait for the next event.

        Args:
            seconds: how long to wait.

        Returns:
            The event, or that the process has ended; None if nothing came.
        """
        try:
            return self._events.get(timeout=seconds)
        except queue.Empty:
            # Something that the process started may hold its output open after it is gone.
            return ProcessEnded() if self._process.poll() is not None else None

    def exit_code(self) -> int:
        """Wait for the process to end; negative where a signal ended it."""
        return self._process.wait()

    def tail(self) -> str:
        """The last lines that the process wrote beside its events, for the log."""
        self._readers[1].join(timeout=POLITE_SECONDS)
        return "\n".join(self._tail)

    def stop(self) -> None:
        """End the process and all it started: politely, then within seconds for certain."""
        if self._process.poll() is None:
            self._signal(signal.SIGTERM)
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(POLITE_SECONDS)
        self._signal(signal.SIGKILL)
        self._process.wait()
        for reader in self._readers:
            reader.join(timeout=POLITE_SECONDS)
        if self._process.stdin:
            self._process.stdin.close()
        if self._lock >= 0:
            os.close(self._lock)
            self._lock = -1

    def _signal(self, number: signal.Signals) -> None:
        try:
            os.killpg(self._process.pid, number)
        except (ProcessLookupError, PermissionError):
            return

    def _read_events(self) -> None:
        for line in _lines(self._process.stdout):
            try:
                event = from_line(line)
            except ValueError:
                self._tail.append(line)
                continue
            # What this version does not know, or only the database keeps, is not for us.
            if isinstance(event, TrainingEvent):
                self._events.put(event)
        self._events.put(ProcessEnded())

    def _read_errors(self) -> None:
        for line in _lines(self._process.stderr):
            self._tail.append(line)


def _lines(stream: IO[bytes] | None) -> Iterator[str]:
    assert stream is not None
    with stream:
        for line in stream:
            yield line.decode(errors="replace").rstrip()


def _lock(path: Path) -> int:
    """Hold a lock that lives as long as any process that holds its descriptor."""
    handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    deadline = time.monotonic() + LOCK_SECONDS
    while True:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return handle
        except BlockingIOError:
            if time.monotonic() > deadline:
                os.close(handle)
                raise FolderBusyError(
                    f"An earlier training still works in {path.parent}; it was expected to have "
                    "ended. Stop it, or restart this machine, then press “Try again”."
                ) from None
            time.sleep(0.2)
