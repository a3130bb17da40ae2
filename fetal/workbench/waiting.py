"""Scans that wait until a person has decided what is blanked on them, or to leave them out."""

import threading
from collections.abc import Collection, Sequence
from dataclasses import replace

from fetal.scans import encode_png
from fetal.scans.masking import Change, Tool, changed
from fetal.store import audit
from fetal.workbench.bench import Workbench
from fetal.workbench.incoming import Outcome, Taken
from fetal.workbench.intake import predicting
from fetal.workbench.taking import take_read
from fetal.workbench.unsure import Gate, Held, Watch, WhenUnsure

MEGABYTES = 400
"""The most that waiting scans may take of the memory, in units of 1,000,000 bytes."""


class WaitingRoom:
    """Where scans wait, in memory alone: they are gone when the program ends.

    Args:
        megabytes: how much memory they may take together, in units of 1,000,000 bytes.
    """

    def __init__(self, megabytes: float = MEGABYTES) -> None:
        self._most = round(megabytes * 1_000_000)
        self._bytes = 0
        self._newest = 0
        self._held: dict[int, Held] = {}
        self._lock = threading.Lock()

    def add(self, held: Held) -> int | None:
        """Let a scan wait; one of the same pixels that waits for this person already gives way.

        Args:
            held: the scan.

        Returns:
            Its number; none where no more fit.
        """
        with self._lock:
            for number, other in self._held.items():
                if (other.who, other.scan.digest) == (held.who, held.scan.digest):
                    self._bytes -= _size(other)
                    self._put(number, held)
                    return number
            if self._bytes + _size(held) > self._most:
                return None
            self._newest += 1
            self._put(self._newest, held)
            return self._newest

    def of(self, who: str) -> dict[int, Held]:
        """Give what waits for a person, by number, the first that came first.

        Args:
            who: the person.
        """
        with self._lock:
            return {number: held for number, held in self._held.items() if held.who == who}

    def take_out(self, number: int) -> Held | None:
        """Take a scan out, for whoever decides on it first.

        Args:
            number: the scan.

        Returns:
            The scan; none where it is decided on already.
        """
        with self._lock:
            held = self._held.pop(number, None)
            if held is not None:
                self._bytes -= _size(held)
            return held

    def put_back(self, number: int, held: Held) -> None:
        """Let a scan wait on that could not be stored.

        Args:
            number: the scan.
            held: what `take_out` gave.
        """
        with self._lock:
            self._put(number, held)
            self._held = dict(sorted(self._held.items()))

    def _put(self, number: int, held: Held) -> None:
        self._held[number] = held
        self._bytes += _size(held)


def keep(
    bench: Workbench,
    room: WaitingRoom,
    number: int,
    who: str,
    changes: Sequence[Change] = (),
    *,
    watch: Watch | None = None,
) -> Taken | None:
    """Store a scan that waited, as the person wants it to be blanked.

    Args:
        bench: the workbench.
        room: where it waits.
        number: the scan.
        who: the person who decides.
        changes: what that person changed of the mask.
        watch: who is shown what was stored.

    Returns:
        What became of it; none where it is decided on already.

    Raises:
        NothingLeftError: the changes blank all of it; it waits on.
    """
    held = room.take_out(number)
    if held is None:
        return None
    try:
        # The person has seen what the warnings are about.
        scan = replace(changed(held.scan, held.before, changes), warnings=[])
        taken = take_read(
            bench,
            held.file,
            replace(held.read, scan=scan, png=encode_png(scan.pixels)),
            who=who,
            owner=held.owner,
            source=held.source,
            champion=predicting(bench),
            gate=Gate(WhenUnsure.KEEP, watch),
            decided=_counted(changes),
        )
        if held.then is not None and taken.scan_id is not None:
            held.then(taken.scan_id)
        return taken
    except BaseException:
        room.put_back(number, held)
        raise


def leave_out(
    bench: Workbench, room: WaitingRoom, numbers: Collection[int], who: str
) -> dict[int, Taken]:
    """Let go of scans that waited; nothing of them is stored.

    Args:
        bench: the workbench.
        room: where they wait.
        numbers: the scans.
        who: the person who decides.

    Returns:
        What became of each, without those that are decided on already.
    """
    out = {number: held for number in numbers if (held := room.take_out(number)) is not None}
    if out:
        with bench.store.session() as session:
            audit.record(session, who, "leave unsure scans out", scans=len(out))
    return {
        number: Taken(held.file, Outcome.LEFT_OUT, None, "You left it out; nothing was stored.")
        for number, held in out.items()
    }


def _counted(changes: Sequence[Change]) -> dict[str, int]:
    return {tool.value: sum(change.tool is tool for change in changes) for tool in Tool}


def _size(held: Held) -> int:
    return held.scan.pixels.nbytes + held.before.nbytes + len(held.read.png or b"")
