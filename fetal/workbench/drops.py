"""Drops of files that go on in the background, while pages are left and come back."""

import threading
from collections.abc import Sequence

from fetal.scans.reader import ReadFile
from fetal.workbench.before import BeforePictures, marked, reduced
from fetal.workbench.bench import Workbench
from fetal.workbench.intake import add_scans
from fetal.workbench.taking import Incoming, Taken
from fetal.workbench.unsure import Gate, Held, WhenUnsure
from fetal.workbench.waiting import WaitingRoom


class Drop:
    """A drop of files on its way in; a page can leave it and come back.

    Args:
        total: how many files were dropped.
        room: where scans wait that a person has to look at first.

    Attributes:
        total: how many files were dropped, those in archives too once they are known.
        before: the stored scans' pictures as they arrived.
        failure: one sentence where something other than a file stopped it, else none.
    """

    def __init__(self, total: int, room: WaitingRoom) -> None:
        self.total = total
        self.before = BeforePictures()
        self._room = room
        self.failure: str | None = None
        self._done = 0
        self._taken: list[Taken] = []
        self._stop = threading.Event()
        self._ended = threading.Event()

    @property
    def done(self) -> int:
        """How many files are through."""
        return self._done

    @property
    def results(self) -> list[Taken]:
        """What became of the files, and of the frames of films, that are through."""
        return list(self._taken)

    def settle(self, number: int, taken: Taken) -> None:
        """Put what became of a scan that waited in the place of its waiting.

        Args:
            number: the number under which it waited, in this drop or an earlier one.
            taken: what became of it.
        """
        places = [place for place, one in enumerate(self._taken) if one.waiting == number]
        for place in places:
            self._taken[place] = taken
        if not places:
            self._taken.append(taken)

    def hold(self, held: Held) -> int | None:
        """Let a scan wait (`Watch`)."""
        return self._room.add(held)

    def show(self, scan_id: int, read: ReadFile) -> None:
        """Keep a stored scan's picture as it arrived for a while (`Watch`)."""
        if read.scan is not None and read.before is not None:
            self.before.add(scan_id, reduced(marked(read.before, read.scan)))

    @property
    def finished(self) -> bool:
        """Whether it has ended: all files are through, or it was stopped, or it failed."""
        return self._ended.is_set()

    def stop(self) -> None:
        """Stop after the present file; what is stored stays."""
        self._stop.set()

    def wait(self, seconds: float | None = None) -> bool:
        """Wait for the end.

        Args:
            seconds: at most so long; none is without limit.

        Returns:
            Whether it has ended.
        """
        return self._ended.wait(seconds)

    def _run(
        self,
        bench: Workbench,
        files: Sequence[Incoming],
        who: str,
        patient: str | None,
        every: bool,
    ) -> None:
        try:
            add_scans(
                bench,
                files,
                who=who,
                patient=patient,
                stop=self._stop.is_set,
                on_taken=self._taken.append,
                on_progress=self._progress,
                gate=Gate(WhenUnsure.from_environment(), self, every),
            )
        except Exception as error:
            # Nobody is above this thread to hear of it: the page tells the person.
            self.failure = (
                f"The drop stopped after {self.done} of {self.total} files ({error}). "
                f"What was added is kept; drop the others again."
            )
        finally:
            self._ended.set()

    def _progress(self, done: int, total: int) -> None:
        # Archives turn out to hold more than was dropped.
        self._done, self.total = done, total


class IntakeDesk:
    """Takes drops in the background, so that the person need not wait on the page.

    Args:
        bench: the workbench.

    Attributes:
        room: where scans wait that somebody has to look at first.

    Example:
        >>> drop = IntakeDesk(bench).start([Incoming("a.png", data)], "Ann", None)
        >>> drop.wait()
        True
    """

    def __init__(self, bench: Workbench) -> None:
        self._bench = bench
        self.room = WaitingRoom()

    def start(
        self,
        files: Sequence[Incoming],
        who: str,
        patient: str | None = None,
        *,
        every: bool = False,
    ) -> Drop:
        """Start taking a drop.

        Args:
            files: the drop.
            who: the person.
            patient: the patient's identifier for files that name none.
            every: let every scan wait until the person has looked at it.

        Returns:
            The drop, at once.
        """
        drop = Drop(len(files), self.room)
        threading.Thread(
            target=drop._run,
            args=(self._bench, files, who, patient, every),
            name="intake",
            daemon=True,
        ).start()
        return drop
