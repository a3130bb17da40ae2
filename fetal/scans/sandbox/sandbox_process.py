"""A process of this program that works for another one and can be killed at any moment.

Questions and answers are pickles over its standard input and output. The process trusts whoever
started it; that one takes arrays, dates and the plain records of `fetal.scans` for an answer and
nothing else, since a file that is read there might have taken the process over.

Libraries were weighed: docs/contributor.md, “What is ours and why”.
"""

import logging
import os
import pickle
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import is_dataclass
from enum import Enum
from typing import Any, BinaryIO

from fetal.scans.errors import ScanError, TooMuchMemoryError, TooSlowError, UnreadableError
from fetal.scans.limits import Limits

_STARTED, _VALUE, _END, _REFUSED, _MEMORY, _FAILED = range(6)
_START_SECONDS = 60
_LAST_MOMENTS = 1.0
_ONE_THREAD = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
_KEPT_MEMORY = {
    "MALLOC_MMAP_THRESHOLD_": str(32 << 20),
    "MALLOC_TRIM_THRESHOLD_": str(64 << 20),
    "MALLOC_TOP_PAD_": str(16 << 20),
}
"""Has the GNU C library keep the memory of one picture for the next.

It would give each array back to the system, and clearing it anew takes a tenth of all the time.
"""
_ARRAYS = {
    ("numpy", "dtype"),
    ("numpy", "ndarray"),
    ("numpy._core.multiarray", "_reconstruct"),
    ("numpy._core.multiarray", "scalar"),
    ("numpy._core.numeric", "_frombuffer"),
    ("datetime", "date"),
}
logger = logging.getLogger(__name__)


class SandboxProcess:
    """A process that is started when it is first asked, and anew after it ended or was killed.

    It answers one question at a time; several threads must take turns.

    Args:
        module: the module of `fetal.scans` whose `main` it runs.
    """

    def __init__(self, module: str) -> None:
        # Not `-m`: a module that runs as the main one pickles under another name.
        self._program = f"from {module} import main; main()"
        self._process: subprocess.Popen[bytes] | None = None

    def ask(self, limits: Limits, function: Callable[..., Any], *arguments: Any) -> Iterator[Any]:
        """Have a function run in the process.

        A process whose answers are not taken to their end is killed.

        Args:
            limits: how long the answers together may take, and how much memory.
            function: of a module; a generator's values come one by one.
            arguments: what it is given.

        Yields:
            What the function gives.

        Raises:
            ScanError: the function raised it, or the process had to be ended or broke down.
            StartError: there is no process to ask.
        """
        process = self._running()
        deadline = _Deadline(process, limits.seconds)
        answered = False
        try:
            with deadline:
                _send(process, (function, arguments, limits))
            while True:
                with deadline:
                    kind, value = _received(process)
                if kind == _VALUE:
                    yield value
                    continue
                # A process that ran out of memory starts anew: little may be left in it.
                answered = kind != _MEMORY
                if kind == _END:
                    return
                raise _refusal(kind, value, limits)
        except _EndedError as error:
            raise _end(_code(process), limits, deadline.passed) from error
        finally:
            if not answered or deadline.passed:
                self.kill()

    def kill(self) -> None:
        """End the process, if there is one."""
        process, self._process = self._process, None
        if process is None:
            return
        process.kill()
        process.wait()
        for pipe in (process.stdin, process.stdout):
            if pipe is not None:
                # What was still to be written has nobody left to read it.
                with suppress(OSError):
                    pipe.close()

    def _running(self) -> "subprocess.Popen[bytes]":
        if self._process is None or self._process.poll() is not None:
            self.kill()
            self._process = subprocess.Popen(
                [sys.executable, "-c", self._program],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                env=os.environ | _ONE_THREAD | _KEPT_MEMORY,
            )
            self._await_start(self._process)
        return self._process

    def _await_start(self, process: "subprocess.Popen[bytes]") -> None:
        # Apart from the time that a file has: a busy machine takes its time over this.
        try:
            with _Deadline(process, _START_SECONDS):
                _received(process)
        except _EndedError as error:
            self.kill()
            raise StartError from error


def serve() -> None:
    """Answer what is asked until nobody asks any more; run in the process that can be killed."""
    questions = os.fdopen(os.dup(sys.stdin.fileno()), "rb")
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    # What decoders print must not come between the answers, and may repeat what a file says of
    # a patient.
    nowhere = os.open(os.devnull, os.O_RDWR)
    for stream in (sys.stdin, sys.stdout, sys.stderr):
        os.dup2(nowhere, stream.fileno())
    # Ctrl-C is for the program that started this one, which then ends it.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with suppress(EOFError, BrokenPipeError):
        _tell(answers, (_STARTED, None))
        while True:
            function, arguments, limits = pickle.load(questions)
            _bound(limits)
            for answer in _answers(function, arguments):
                _tell(answers, answer)


class StartError(RuntimeError):
    """The process cannot be started, whatever it is to do."""

    def __init__(self) -> None:
        super().__init__(
            "The process that reads files apart from the app did not start: please look into the "
            "app’s log, and for free memory."
        )


class _EndedError(Exception):
    """Nothing more is to be had from a process."""


class _Deadline:
    """Kills a process that was waited for too long; the waits for one question add up."""

    def __init__(self, process: "subprocess.Popen[bytes]", seconds: float) -> None:
        self.passed = False
        self._process = process
        self._left = seconds

    def __enter__(self) -> None:
        self._since = time.monotonic()
        self._timer = threading.Timer(max(0.0, self._left), self._kill)
        self._timer.daemon = True
        self._timer.start()

    def __exit__(self, *_: object) -> None:
        self._timer.cancel()
        self._left -= time.monotonic() - self._since

    def _kill(self) -> None:
        self.passed = True
        self._process.kill()


class _Answers(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> Any:
        if (module, name) in _ARRAYS:
            return super().find_class(module, name)
        if module.startswith("fetal.scans.") and "." not in name:
            found = super().find_class(module, name)
            plain = isinstance(found, type) and (
                is_dataclass(found) or issubclass(found, (tuple, Enum))
            )
            if plain and found.__module__ == module:
                return found
        raise pickle.UnpicklingError(f"no answer holds a {module}.{name}")


def _send(process: "subprocess.Popen[bytes]", question: object) -> None:
    assert process.stdin is not None
    try:
        pickle.dump(question, process.stdin, pickle.HIGHEST_PROTOCOL)
        process.stdin.flush()
    except OSError as error:
        raise _EndedError from error


def _received(process: "subprocess.Popen[bytes]") -> tuple[int, Any]:
    assert process.stdout is not None
    try:
        kind, value = _Answers(process.stdout).load()
    # It may have written half an answer, or anything at all.
    except Exception as error:
        raise _EndedError from error
    return kind, value


def _tell(answers: BinaryIO, answer: tuple[int, Any]) -> None:
    pickle.dump(answer, answers, pickle.HIGHEST_PROTOCOL)
    answers.flush()


def _answers(function: Callable[..., Any], arguments: tuple[Any, ...]) -> Iterator[tuple[int, Any]]:
    try:
        found = function(*arguments)
        for value in found if isinstance(found, Iterator) else [found]:
            yield _VALUE, value
        yield _END, None
    except ScanError as error:
        yield _REFUSED, str(error)
    except MemoryError:
        yield _MEMORY, None
    except Exception as error:
        # The kind alone: what a decoder says of a file may hold what the file says of a patient.
        yield _FAILED, type(error).__name__


def _code(process: "subprocess.Popen[bytes]") -> int:
    # One that gave an answer which is none has not ended.
    with suppress(subprocess.TimeoutExpired):
        return process.wait(_LAST_MOMENTS)
    return 0


def _refusal(kind: int, value: Any, limits: Limits) -> ScanError:
    if kind == _REFUSED:
        return ScanError(str(value))
    if kind == _MEMORY:
        logger.warning("A file was refused: reading it took too much memory")
        return TooMuchMemoryError(limits.memory_megabytes)
    logger.error("A file could not be read (%s)", value)
    return UnreadableError()


def _end(code: int, limits: Limits, too_long: bool) -> ScanError:
    if too_long or -code == getattr(signal, "SIGXCPU", 0):
        logger.warning("A file was refused: reading it took too long")
        return TooSlowError(limits.seconds)
    if -code == getattr(signal, "SIGKILL", 0):
        # Nobody here killed it: systems do that where memory runs out.
        logger.warning("A file was refused: the system ended the process that read it")
        return TooMuchMemoryError(limits.memory_megabytes)
    logger.error("A file was refused: the process that read it broke down (%d)", code)
    return UnreadableError()


def _bound(limits: Limits) -> None:
    try:
        import resource
    except ImportError:
        # Windows has no such bounds.
        return
    used = resource.getrusage(resource.RUSAGE_SELF)
    # For the case that nobody is left to kill this process.
    seconds = int(used.ru_utime + used.ru_stime + limits.seconds) + 1
    for which, wanted in (
        (resource.RLIMIT_AS, limits.memory_megabytes * 1_000_000),
        (resource.RLIMIT_CPU, seconds),
        # The image of a process that broke down would hold the scan with its patient's name.
        (resource.RLIMIT_CORE, 0),
    ):
        _, most = resource.getrlimit(which)
        bound = wanted if most == resource.RLIM_INFINITY else min(wanted, most)
        with suppress(ValueError, OSError):
            resource.setrlimit(which, (bound, most))
