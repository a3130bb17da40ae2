"""Reads many scans at once, ahead of whoever takes them, in processes that can be killed."""

import os
import pickle
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from queue import SimpleQueue
from types import TracebackType
from typing import Self, TypeVar

from fetal.scans.reader import ReadFile

SECONDS = 60.0
"""How long a reader may take over one file before it is killed."""
_MOST = 8
_PROGRAM = "from fetal.scans.reader import main; main()"
"""Not `-m`: a module that runs as the main one pickles under another name."""
_AHEAD = 2
"""Files that wait, read or to be read, for each reader."""
_ENDED = (
    "Expected a picture that can be read within {seconds:.0f} seconds and in little memory; "
    "reading this file had to be stopped: please export the scan again, as a single frame."
)

Item = TypeVar("Item")


class Readers:
    """Some processes that read scans; a file that brings one down is refused, and it starts anew.

    Args:
        count: how many; none is one for each core, at most 8.
        seconds: how long one file may take.

    Attributes:
        count: how many there are.
        seconds: how long one file may take; it can be changed between files.

    Example:
        >>> with Readers(1) as readers:
        ...     found = list(readers.read(["a.png"], lambda name: (b"", name)))
        >>> found[0][1].scan is None
        True
    """

    def __init__(self, count: int | None = None, seconds: float = SECONDS) -> None:
        self.count = count or min(os.cpu_count() or 1, _MOST)
        self.seconds = seconds
        self._idle: SimpleQueue[_Child] = SimpleQueue()
        self._children = [_Child() for _ in range(self.count)]
        for child in self._children:
            self._idle.put(child)
        self._threads = ThreadPoolExecutor(self.count, thread_name_prefix="reader")

    def __enter__(self) -> Self:
        """The readers."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """End them."""
        self.close()

    def close(self) -> None:
        """End the processes; what is being read is given up."""
        for child in self._children:
            child.kill()
        self._threads.shutdown(cancel_futures=True)
        # A reading that was under way may have started its process anew.
        for child in self._children:
            child.kill()

    def read(
        self, items: Iterable[Item], load: Callable[[Item], tuple[bytes, str]]
    ) -> Iterator[tuple[Item, ReadFile]]:
        """Read files in order; a few are read ahead, so memory stays bounded for any number.

        Args:
            items: what stands for the files; taken as readers come free.
            load: gives an item's content and name; it is called in this thread, and what it
                raises as `ScanError` or `OSError` refuses that file.

        Yields:
            Each item with its scan or its refusal, in the items' order.
        """
        waiting: deque[tuple[Item, Future[ReadFile]]] = deque()
        for item in items:
            waiting.append((item, self._begin(item, load)))
            if len(waiting) > _AHEAD * self.count:
                first, future = waiting.popleft()
                yield first, future.result()
        while waiting:
            first, future = waiting.popleft()
            yield first, future.result()

    def _begin(self, item: Item, load: Callable[[Item], tuple[bytes, str]]) -> "Future[ReadFile]":
        try:
            data, name = load(item)
        except OSError as error:
            return _done(ReadFile(None, None, f"The file cannot be read ({error.strerror})."))
        except ValueError as error:
            return _done(ReadFile(None, None, str(error)))
        return self._threads.submit(self._read_one, data, name)

    def _read_one(self, data: bytes, name: str) -> ReadFile:
        child = self._idle.get()
        try:
            return child.read(data, name, self.seconds)
        finally:
            self._idle.put(child)


class _Child:
    """One reading process, started when it is first needed and again when it was killed."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None

    def read(self, data: bytes, name: str, seconds: float) -> ReadFile:
        process = self._running()
        too_long = threading.Timer(seconds, process.kill)
        too_long.start()
        try:
            if process.stdin is None or process.stdout is None:
                raise EOFError
            pickle.dump((data, name), process.stdin, pickle.HIGHEST_PROTOCOL)
            process.stdin.flush()
            answer = pickle.load(process.stdout)
            return answer if isinstance(answer, ReadFile) else ReadFile(None, None, _ended(seconds))
        except (EOFError, OSError, pickle.UnpicklingError):
            self.kill()
            return ReadFile(None, None, _ended(seconds))
        finally:
            too_long.cancel()

    def kill(self) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        process.kill()
        process.wait()
        for pipe in (process.stdin, process.stdout):
            if pipe is not None:
                try:
                    pipe.close()
                except OSError:
                    # What was still to be written has nobody left to read it.
                    continue

    def _running(self) -> "subprocess.Popen[bytes]":
        if self._process is None or self._process.poll() is not None:
            self.kill()
            self._process = subprocess.Popen(
                [sys.executable, "-c", _PROGRAM],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                env=os.environ | {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"},
            )
        return self._process


def _ended(seconds: float) -> str:
    return _ENDED.format(seconds=seconds)


def _done(answer: ReadFile) -> "Future[ReadFile]":
    future: Future[ReadFile] = Future()
    future.set_result(answer)
    return future
