"""Where scans wait until a person has decided on them: in memory, and nowhere else."""

import threading
from collections.abc import Collection

from fetal.scans.sandboxed_reading.file_reader import ReadFile
from fetal.workbench.ingest.deid_policy import QuarantinedScan

MEGABYTES = 400
"""The most that waiting scans may take of the memory, in units of 1,000,000 bytes."""


class Memory:
    """How much waiting scans take together, in all quarantines of this process.

    Args:
        megabytes: the most that they may take, in units of 1,000,000 bytes.
    """

    def __init__(self, megabytes: float = MEGABYTES) -> None:
        self._most = round(megabytes * 1_000_000)
        self._bytes = 0
        self._newest = 0
        self._lock = threading.Lock()

    def fits(self, size: int) -> bool:
        """Return whether so many more bytes fit."""
        with self._lock:
            return self._bytes + size <= self._most

    def add(self, size: int) -> None:
        """Count so many more bytes, or fewer where it is negative."""
        with self._lock:
            self._bytes += size

    def next_number(self) -> int:
        """Return a number that no other waiting scan of this process has or had."""
        with self._lock:
            self._newest += 1
            return self._newest


class Quarantine:
    """Where the scans of one browser wait, in memory alone: they are gone when the program ends.

    Args:
        memory: what they may take together with those in other quarantines. If None, this one has
            the usual amount for itself.
    """

    def __init__(self, memory: Memory | None = None) -> None:
        self._memory = memory or Memory()
        self._held: dict[int, QuarantinedScan] = {}
        self._left: dict[int, QuarantinedScan] = {}
        self._lock = threading.Lock()

    def add(self, held: QuarantinedScan) -> int | None:
        """Let a scan wait; one of the same pixels that waits for this person already gives way.

        Args:
            held: the scan.

        Returns:
            Its number; none where no more fit.
        """
        with self._lock:
            for number, other in self._held.items():
                if (other.who, other.scan.digest) == (held.who, held.scan.digest):
                    self._memory.add(-_size(other))
                    self._put(number, held)
                    return number
            if not self._memory.fits(_size(held)):
                self._let_go_of_left()
            if not self._memory.fits(_size(held)):
                return None
            number = self._memory.next_number()
            self._put(number, held)
            return number

    def of(self, who: str) -> dict[int, QuarantinedScan]:
        """Return what waits for a person, by number, the first that came first.

        Args:
            who: the person.
        """
        with self._lock:
            return {number: held for number, held in self._held.items() if held.who == who}

    def take_out(self, number: int) -> QuarantinedScan | None:
        """Take a scan out, for whoever decides on it first.

        Args:
            number: the scan.

        Returns:
            The scan; none where it is decided on already.
        """
        with self._lock:
            held = self._held.pop(number, None)
            if held is not None:
                self._memory.add(-_size(held))
            return held

    def put_back(self, number: int, held: QuarantinedScan) -> None:
        """Let a scan wait on that could not be stored.

        Args:
            number: the scan.
            held: what `take_out` gave.
        """
        with self._lock:
            self._put(number, held)
            self._held = dict(sorted(self._held.items()))

    def leave_out(self, numbers: Collection[int]) -> dict[int, QuarantinedScan]:
        """Take scans out that nobody wants; until others follow, they can be brought back.

        Args:
            numbers: the scans.

        Returns:
            Those that were not decided on already.
        """
        with self._lock:
            out = {number: self._held.pop(number) for number in numbers if number in self._held}
            if out:
                self._let_go_of_left()
                self._left = out
            return out

    def left_out(self, who: str) -> dict[int, QuarantinedScan]:
        """Return what a person left out last and can bring back, by number.

        Args:
            who: the person.
        """
        with self._lock:
            return {number: held for number, held in self._left.items() if held.who == who}

    def bring_back(self, who: str) -> dict[int, QuarantinedScan]:
        """Let what a person left out last wait again.

        Args:
            who: the person.

        Returns:
            The scans, by their old numbers.
        """
        with self._lock:
            back = {number: held for number, held in self._left.items() if held.who == who}
            self._left = {n: held for n, held in self._left.items() if n not in back}
            self._held = dict(sorted({**self._held, **back}.items()))
            return back

    def patients(self) -> set[str]:
        """Return the pseudonyms of the patients of all that is in the quarantine."""
        with self._lock:
            everything = (*self._held.values(), *self._left.values())
            return {held.owner.pseudonym for held in everything}

    def let_go(self, patients: Collection[str] | None = None) -> None:
        """Forget all that is in the quarantine, undecided.

        Args:
            patients: only of these, by their pseudonyms. If None, of all.
        """
        with self._lock:
            for place in (self._held, self._left):
                for number, held in list(place.items()):
                    if patients is None or held.owner.pseudonym in patients:
                        del place[number]
                        self._memory.add(-_size(held))

    def _let_go_of_left(self) -> None:
        self._memory.add(-sum(_size(held) for held in self._left.values()))
        self._left = {}

    def _put(self, number: int, held: QuarantinedScan) -> None:
        self._held[number] = held
        self._memory.add(_size(held))


class QuarantineWatch:
    """Lets scans wait in a quarantine while nobody looks on (`Watch`), as in an import.

    Args:
        quarantine: where they wait.
    """

    def __init__(self, quarantine: Quarantine) -> None:
        self._quarantine = quarantine

    def hold(self, held: QuarantinedScan) -> int | None:
        """Let a scan wait (`Watch`)."""
        return self._quarantine.add(held)

    def show(self, scan_id: int, read: ReadFile) -> None:
        """Do nothing: nobody looks on (`Watch`)."""


def _size(held: QuarantinedScan) -> int:
    return held.scan.pixels.nbytes + held.before.nbytes + len(held.read.png or b"")
