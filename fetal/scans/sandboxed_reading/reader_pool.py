"""Reads files in processes that can be killed, many at once, ahead of whoever takes them.

Libraries were weighed: docs/contributor.md, “What is ours and why”.
"""

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
_AHEAD = 4
"""Files that wait, read or to be read, for each reader."""
_AHEAD_BYTES = 200_000_000
"""From so many bytes on, of files that wait and of what was read of them, no more are begun."""
_GROUP_BYTES = 50_000_000

Item = TypeVar("Item")
Loaded = tuple[bytes, str] | ReadFile
How = Callable[..., ReadFile]


class ReaderPool:
    """Some processes that read files; a file that brings one down is refused, and it starts anew.

    Several threads may ask at once: those for whom no process is free wait.

    Args:
        count: how many; if None, one for each core, at most 8. Each starts when it is needed.

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

    def warm_up(self, count: int) -> None:
        """Start processes in the background.

        Args:
            count: how many are to be there, at most all.
        """
        for _ in range(min(count, self.count)):
            self._threads.submit(self._started)

    def _started(self) -> None:
        list(self.ask(Limits.from_environment(), bool))

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

    def read_one(self, data: bytes, name: str, how: How = read_file) -> ReadFile:
        """Read a file.

        Args:
            data: its content.
            name: its name.
            how: a function of `file_reader` that reads it.

        Returns:
            The scan, or why there is none.
        """
        limits = Limits.from_environment()
        try:
            read: ReadFile
            [read] = self.ask(limits, how, data, name, limits)
            return read
        except ScanError as error:
            return ReadFile(None, None, str(error))

    def read(
        self, items: Iterable[Item], load: Callable[[Item], Loaded]
    ) -> Iterator[tuple[Item, ReadFile]]:
        """Read files in order; a few are read ahead, so memory stays bounded for any number.

        Args:
            items: what stands for the files; taken as readers come free.
            load: gives an item's content and name, or what is known of it without reading; it is
                called in this thread, and what it raises as `ScanError` or `OSError` refuses that
                file.

        Yields:
            Each item with its scan or its refusal, in the items' order.
        """
        for group in self.read_groups(items, load, 1):
            yield from group

    def read_groups(
        self,
        items: Iterable[Item],
        load: Callable[[Item], Loaded],
        most: int,
        how: How = read_file,
    ) -> Iterator[list[tuple[Item, ReadFile]]]:
        """Read files as `read` does, and give together what is ready together.

        Args:
            items: as in `read`.
            load: as in `read`.
            most: how many files a group may have.
            how: a function of `file_reader` that reads one.

        Yields:
            Groups of items with their scans or refusals, in the items' order: the next file, which
            is waited for, and those after it that are read already. Large scans come in smaller
            groups.
        """
        waiting: deque[tuple[Item, Future[ReadFile], int]] = deque()
        source = iter(items)
        more = True
        while more or waiting:
            while more and not self._enough(waiting):
                try:
                    item = next(source)
                except StopIteration:
                    more = False
                else:
                    waiting.append((item, *self._begin(item, load, how)))
            if waiting:
                yield _ready(waiting, most)

    def _enough(self, waiting: "deque[tuple[Item, Future[ReadFile], int]]") -> bool:
        if len(waiting) > _AHEAD * self.count:
            return True
        return sum(max(size, _held(future)) for _, future, size in waiting) > _AHEAD_BYTES

    def _begin(
        self, item: Item, load: Callable[[Item], Loaded], how: How
    ) -> tuple["Future[ReadFile]", int]:
        """Have a file read; gives what will come of it, and the bytes that the file takes."""
        try:
            loaded = load(item)
        except OSError as error:
            loaded = ReadFile(None, None, f"The file cannot be read ({error.strerror}).")
        except ScanError as error:
            loaded = ReadFile(None, None, str(error))
        if isinstance(loaded, ReadFile):
            known: Future[ReadFile] = Future()
            known.set_result(loaded)
            return known, 0
        data, name = loaded
        return self._threads.submit(self.read_one, data, name, how), len(data)


def _held(future: "Future[ReadFile]") -> int:
    """The bytes that what was read takes, once it is read and where nothing went wrong."""
    read = future.done() and future.exception() is None
    return future.result().nbytes if read else 0


def _ready(
    waiting: "deque[tuple[Item, Future[ReadFile], int]]", most: int
) -> list[tuple[Item, ReadFile]]:
    """Take the first of those that wait, and those after it that are read already."""
    item, future, _ = waiting.popleft()
    read = future.result()
    group, size = [(item, read)], read.nbytes
    while waiting and len(group) < most and waiting[0][1].done() and size < _GROUP_BYTES:
        item, future, _ = waiting.popleft()
        read = future.result()
        group.append((item, read))
        size += read.nbytes
    return group
