"""A process that reads scans for another one, so that a bad file can only end this process.

It is started by `fetal.scans.readers` and speaks in pickles over its standard input and output:
both ends are this program, and the content of a file travels as bytes only.
"""

import logging
import os
import pickle
import signal
import sys
from contextlib import suppress
from dataclasses import dataclass

from fetal.scans.errors import ScanError
from fetal.scans.png import encode_png
from fetal.scans.reading import Scan, read_scan

MEGABYTES = 4_000
"""How much memory a reader may ask for, in units of 1,000,000 bytes."""
MEMORY = (
    "Expected a picture that can be read in little memory, received one that needs more than the "
    "program allows: please export the single frame at its screen size."
)
DAMAGED = (
    "Expected a complete picture, received one that cannot be read, or not in little memory: "
    "please copy or export the scan again."
)
logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class ReadFile:
    """What reading a file gave.

    Attributes:
        scan: the scan; none where it was refused.
        png: the scan's pixels as the store keeps them; none where it was refused.
        refusal: the sentence that says why it was refused; none where it was not.
    """

    scan: Scan | None
    png: bytes | None
    refusal: str | None


def read_file(data: bytes, name: str) -> ReadFile:
    """Read a file and pack its pixels.

    Args:
        data: its content.
        name: its name.

    Returns:
        The scan, or why there is none.
    """
    try:
        scan = read_scan(data, name)
        return ReadFile(scan, encode_png(scan.pixels), None)
    except ScanError as error:
        return ReadFile(None, None, str(error))
    except MemoryError:
        return ReadFile(None, None, MEMORY)


def main() -> None:
    """Read files until there are no more."""
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    # Whatever a decoder prints must not come between the answers.
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    # Ctrl-C is for the program that started this one, which then ends it.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _bound_memory()
    import cv2

    # There is a reader for each core: more threads would only stand in one another's way.
    cv2.setNumThreads(1)
    with suppress(EOFError, BrokenPipeError):
        while True:
            data, name = pickle.load(sys.stdin.buffer)
            pickle.dump(_read(data, name), answers, pickle.HIGHEST_PROTOCOL)
            answers.flush()


def _read(data: bytes, name: str) -> ReadFile:
    try:
        return read_file(data, name)
    except Exception as error:
        # The kind alone: what a decoder says of a file may hold what the file says of a patient.
        logger.error("A file could not be read (%s)", type(error).__name__)
        return ReadFile(None, None, DAMAGED)


def _bound_memory() -> None:
    try:
        import resource
    except ImportError:
        # Windows has no such bound.
        return
    _, most = resource.getrlimit(resource.RLIMIT_AS)
    wanted = MEGABYTES * 1_000_000
    bound = wanted if most == resource.RLIM_INFINITY else min(wanted, most)
    with suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_AS, (bound, most))
