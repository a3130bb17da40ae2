"""Reads files in processes that can be killed, many at once, ahead of whoever takes them."""

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from queue import LifoQueue
from types import TracebackType
from typing import Any, Self, TypeVar

from fetal.scans.errors import ScanError
from fetal.scans.limits import Limits
from fetal.scans.sandbox.sandbox_process import SandboxProcess
from fetal.scans.sandboxed_reading.file_reader import ReadFile, read_file

_MOST = 8
_MODULE = "fetal.scans.sandboxed_reading.file_reader"
_AHEAD = 2
"""Files that wait, read or to be read, for each reader."""

Item = TypeVar("Item")


class ReaderPool:
    """Some processes that read files; a file that brings one down is refused, and it starts anew.

    Several threads may ask at once: those for whom no process is free wait.

    Args:
        count: how many; none is one for each core, at most 8. Each starts when it is needed.

    Attributes:
        count: how many there are.

    Example:
        >>> with ReaderPool(1) as readers:
        ...     found = list(readers.read(["a.png"], lambda name: (b"", name)))
        >>> found[0][1].scan is None
        True
    """

    def __init__(self, count: int | None = None) -> None:
        self.count = count or min(os.cpu_count() or 1, _MOST)
        # The one used last comes first: a file now and then needs one process and not all.
        self._idle: LifoQueue[SandboxProcess] = LifoQueue()
        self._processes = [SandboxProcess(_MODULE) for _ in range(self.count)]
        for process in self._processes:
            self._idle.put(process)
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
        for process in self._processes:
            process.kill()
        self._threads.shutdown(cancel_futures=True)
        # A reading that was under way may have started its process anew.
        for process in self._processes:
            process.kill()

    def ask(self, limits: Limits, function: Callable[..., Any], *arguments: Any) -> Iterator[Any]:
        """Have a function of `fetal.scans` run in a process, which nobody else asks meanwhile.

        Args:
            limits: how long the answers together may take, and how much memory.
            function: what is to run; a generator's values come one by one.
            arguments: what it is given.

        Yields:
            What the function gives.

        Raises:
            ScanError: the function raised it, or the process had to be ended or broke down.
        """
        process = self._idle.get()
        try:
            yield from process.ask(limits, function, *arguments)
        finally:
            self._idle.put(process)

    def read_one(self, data: bytes, name: str) -> ReadFile:
        """Read a file.

        Args:
            data: its content.
            name: its name.

        Returns:
            The scan, or why there is none.
        """
        limits = Limits.from_environment()
        try:
            read: ReadFile
            [read] = self.ask(limits, read_file, data, name, limits)
            return read
        except ScanError as error:
            return ReadFile(None, None, str(error))

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
        except ScanError as error:
            return _done(ReadFile(None, None, str(error)))
        return self._threads.submit(self.read_one, data, name)


def _done(answer: ReadFile) -> "Future[ReadFile]":
    future: Future[ReadFile] = Future()
    future.set_result(answer)
    return future
